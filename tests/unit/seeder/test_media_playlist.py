"""Media playlists: what the origin writes is read, everything else is refused with one kind of error."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import PlaylistError
from swarm.identity import id_text
from swarm.media_playlist import parse_media_playlist

EPOCH_MS = 1_795_000_000_000


def name(number: int) -> str:
    return id_text(number.to_bytes(32, "big"))


def playlist(count: int = 3, first: int = 7, ended: bool = False) -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f'#EXT-X-MAP:URI="../../media/{name(0)}.mp4"',
    ]
    for number in range(first, first + count):
        moment = datetime.fromtimestamp((EPOCH_MS + number * 3840) / 1000, UTC).isoformat(timespec="milliseconds")
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{moment.replace('+00:00', 'Z')}",
            "#EXTINF:3.840000,",
            f"#BANYAN-SIZE:{1000 + number % 1000}",
            f"../../media/{name(number)}.m4s",
        ]
    lines += ["#EXT-X-ENDLIST"] if ended else []
    return "\n".join(lines) + "\n#BANYAN:v=1,kid=x\n"


@given(st.integers(0, 20), st.integers(0, 10**9), st.booleans())
def test_what_the_origin_writes_is_read(count: int, first: int, ended: bool) -> None:
    parsed = parse_media_playlist(playlist(count, first, ended).encode())
    assert (parsed.target_ms, parsed.ended, parsed.blocking) == (4000, ended, True)
    assert parsed.init == bytes(32)
    assert [s.sequence for s in parsed.segments] == list(range(first, first + count))
    for segment in parsed.segments:
        assert segment.id == segment.sequence.to_bytes(32, "big")
        assert (segment.size, segment.duration_ms) == (1000 + segment.sequence % 1000, 3840)
        assert segment.time_ms == EPOCH_MS + segment.sequence * 3840


def test_one_date_time_dates_all() -> None:
    lines = playlist(5).splitlines()
    dated = [i for i, line in enumerate(lines) if line.startswith("#EXT-X-PROGRAM-DATE-TIME")]
    kept = [line for i, line in enumerate(lines) if i not in dated[1:]]
    parsed = parse_media_playlist("\n".join(kept).encode())
    assert [s.time_ms for s in parsed.segments] == [EPOCH_MS + s.sequence * 3840 for s in parsed.segments]
    undated = [line for i, line in enumerate(lines) if i not in dated]
    assert {s.time_ms for s in parse_media_playlist("\n".join(undated).encode()).segments} == {None}


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(PlaylistError):
        parse_media_playlist(data)


@given(st.integers(0, len(playlist()) - 1), st.characters(exclude_categories=["Cs"]))
def test_a_changed_character_raises_nothing_else(place: int, character: str) -> None:
    text = playlist()
    try:
        parse_media_playlist((text[:place] + character + text[place + 1 :]).encode())
    except PlaylistError:
        return


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#EXTM3U", "#EXTM3V"),
        ("#EXT-X-TARGETDURATION:4\n", ""),
        ("#EXT-X-TARGETDURATION:4", "#EXT-X-TARGETDURATION:0"),
        ("#EXT-X-TARGETDURATION:4", "#EXT-X-TARGETDURATION:99999"),
        ("#EXTINF:3.840000,\n", ""),
        ("#EXTINF:3.840000,", "#EXTINF:0,"),
        ("#EXTINF:3.840000,", "#EXTINF:-1,"),
        ("#EXTINF:3.840000,", "#EXTINF:inf,"),
        ("#BANYAN-SIZE:1007\n", ""),
        ("#BANYAN-SIZE:1007", "#BANYAN-SIZE:0"),
        ("#BANYAN-SIZE:1007", f"#BANYAN-SIZE:{32 * 1024 * 1024 + 1}"),
        (f"../../media/{name(7)}.m4s", f"https://elsewhere.example/media/{name(7)}.m4s"),
        (f"../../media/{name(7)}.m4s", f"../../media/{name(7)}.ts"),
        (f"../../media/{name(7)}.m4s", "../../media/short.m4s"),
        (f"../../media/{name(7)}.m4s", f"../../media/{'B' * 43}.m4s"),
        ("#EXT-X-MEDIA-SEQUENCE:7", "#EXT-X-MEDIA-SEQUENCE:-7"),
        ("#EXT-X-MEDIA-SEQUENCE:7", "#EXT-X-STREAM-INF:BANDWIDTH=1"),
        ("#EXT-X-PROGRAM-DATE-TIME:2", "#EXT-X-PROGRAM-DATE-TIME:x"),
        ('.mp4"', '.exe"'),
    ],
)
def test_what_matters_is_strict(old: str, new: str) -> None:
    assert old in playlist()
    with pytest.raises(PlaylistError):
        parse_media_playlist(playlist().replace(old, new, 1).encode())
