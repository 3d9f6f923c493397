"""Playlists against the rules of RFC 8216 sections 4.3 and 6.2, read back by a strict parser of our own."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.playlists import ALL, LIVE, MediaList, date_time, media_playlist, multivariant_playlist, target_duration
from origin.records import Item, Segment, Track
from swarm.keys import SigningKey
from swarm.playlist import PlaylistGuard, verify_playlist

KEY = SigningKey.generate()
EPOCH = 1_795_000_000_123
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')


def video(track_id: str = "v720", **more: object) -> Track:
    base = Track(track_id, "video", "avc1.64001f", 2_000_000, 1_500_000, 90_000, "i" * 43, 1280, 720, 25.0)
    return replace(base, **more)  # type: ignore[arg-type]


def audio(track_id: str = "a-1", **more: object) -> Track:
    base = Track(track_id, "audio", "mp4a.40.2", 96_000, 90_000, 48_000, "j" * 43, channels=2)
    return replace(base, **more)  # type: ignore[arg-type]


def item(*tracks: Track, segment_ms: int = 3840) -> Item:
    return Item(
        "item1", "course1", "class", "T", "live", 1, EPOCH, None, 0, segment_ms, 1, 0, "", tracks or (video(), audio())
    )


def segments(count: int, first: int = 0, ticks: int = 345_600) -> list[Segment]:
    return [Segment(n, f"{n:043d}", n * ticks, ticks, 1000) for n in range(first, first + count)]


def attributes(line: str) -> dict[str, str]:
    text = line.partition(":")[2]
    found = ATTRIBUTE.findall(text)
    assert ",".join(f"{name}={value}" for name, value in found) == text
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def check_media(text: str) -> list[tuple[float, str, str]]:
    """Read a media playlist strictly; returns (duration, address, date-time) of each segment."""
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[1] == "#EXT-X-VERSION:7"
    for once in ("TARGETDURATION", "MEDIA-SEQUENCE", "MAP", "INDEPENDENT-SEGMENTS"):
        assert sum(line.startswith(f"#EXT-X-{once}") for line in lines) == 1
    target = int(next(line for line in lines if "TARGETDURATION" in line).partition(":")[2])
    entries = []
    duration, when = -1.0, ""
    for line in lines:
        if line.startswith("#EXTINF:"):
            duration = float(line.removeprefix("#EXTINF:").rstrip(","))
            assert int(duration + 0.5) <= target
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            when = line.partition(":")[2]
        elif not line.startswith("#"):
            assert duration >= 0
            assert when
            entries.append((duration, line, when))
            duration, when = -1.0, ""
    return entries


def test_a_live_playlist_promises_blocking_and_never_ends() -> None:
    data = media_playlist(item(), video(), MediaList(segments(15, 7), LIVE, closed=False, blocking=True), KEY)
    text = data.decode()
    entries = check_media(text)
    assert "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n" in text
    assert "#EXT-X-MEDIA-SEQUENCE:7\n" in text
    assert "ENDLIST" not in text
    assert "PLAYLIST-TYPE" not in text
    assert entries[0] == (3.84, f"../../media/{7:043d}.m4s", date_time(EPOCH + 7 * 3840))
    claims = verify_playlist(data, KEY.public)
    assert (claims.track, claims.window, claims.head, claims.time_ms) == ("v720", "live", 21, EPOCH + 21 * 3840)


def test_closed_windows_and_recordings_end() -> None:
    for window in (ALL, "3-6"):
        text = media_playlist(item(), video(), MediaList(segments(4, 3), window, closed=True), KEY).decode()
        assert "#EXT-X-ENDLIST\n" in text
        assert "#EXT-X-PLAYLIST-TYPE:VOD\n" in text
        assert "CAN-BLOCK-RELOAD" not in text


def test_tracks_of_one_item_tell_the_same_times() -> None:
    times = []
    for track, ticks in ((video(), 345_600), (audio(), 184_320)):
        listed = MediaList(segments(300, 0, ticks), ALL, closed=True)
        times.append([when for _, _, when in check_media(media_playlist(item(), track, listed, KEY).decode())])
    assert times[0] == times[1]


@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 20))
def test_heads_only_rise_as_a_class_goes_on(first: int, before: int, more: int) -> None:
    guard = PlaylistGuard("item1", "v720", "live", KEY.public)
    for count in (before, before + more):
        listed = MediaList(segments(count, first), LIVE, closed=False, blocking=True)
        claims = guard.accept(media_playlist(item(), video(), listed, KEY))
        assert claims.head == first + count - 1


@given(st.integers(1, 10_000), st.lists(st.integers(1, 900_000), max_size=8))
def test_no_segment_rounds_above_the_target(segment_ms: int, ticks: list[int]) -> None:
    listed = [Segment(n, "x", 0, t, 1) for n, t in enumerate(ticks)]
    target = target_duration(segment_ms, listed, 90_000)
    assert all(int(t / 90_000 + 0.5) <= target for t in ticks)


def test_the_target_stays_put_while_segments_are_regular() -> None:
    assert {target_duration(3840, segments(n), 90_000) for n in range(5)} == {4}
    assert target_duration(3200, segments(3, 0, 288_000), 90_000) == 4


def test_the_multivariant_playlist_describes_every_track() -> None:
    tracks = (
        video("v720"),
        video("v360", width=640, height=360),
        audio("a-zh", language="zh", name="中文"),
        audio("a-en"),
    )
    data = multivariant_playlist(item(*tracks), KEY)
    lines = data.decode().splitlines()
    media = [attributes(line) for line in lines if line.startswith("#EXT-X-MEDIA:")]
    assert [m["DEFAULT"] for m in media] == ["YES", "NO"]
    assert media[0]["LANGUAGE"] == '"zh"'
    assert media[0]["NAME"] == '"中文"'
    assert {m["GROUP-ID"] for m in media} == {'"audio"'}
    variants = [(attributes(a), b) for a, b in pairwise(lines) if a.startswith("#EXT-X-STREAM-INF")]
    assert [address for _, address in variants] == ["v720.m3u8", "v360.m3u8"]
    assert variants[0][0] == {
        "BANDWIDTH": "2096000",
        "AVERAGE-BANDWIDTH": "1590000",
        "CODECS": '"avc1.64001f,mp4a.40.2"',
        "RESOLUTION": "1280x720",
        "FRAME-RATE": "25.000",
        "AUDIO": '"audio"',
    }
    claims = verify_playlist(data, KEY.public)
    assert (claims.track, claims.window, claims.head) == ("index", "all", -1)


def test_a_start_is_handed_on_to_every_media_playlist() -> None:
    text = multivariant_playlist(item(), KEY, "?start=5").decode()
    assert 'URI="a-1.m3u8?start=5"' in text
    assert "\nv720.m3u8?start=5\n" in text


def test_an_item_of_sound_alone_has_variants_of_sound() -> None:
    text = multivariant_playlist(item(audio()), KEY).decode()
    assert "EXT-X-MEDIA:" not in text
    assert "\na-1.m3u8\n" in text


@pytest.mark.parametrize(
    "name", ['"\n#EXT-X-ENDLIST\n', "a\r\n#BANYAN:v=1", "##BANYAN:BANYAN:v=1", '",URI="https://evil.example/x']
)
def test_a_name_cannot_break_out_of_its_quotes(name: str) -> None:
    data = multivariant_playlist(item(video(), audio(name=name, language=name)), KEY)
    verify_playlist(data, KEY.public)
    line = next(line for line in data.decode().splitlines() if line.startswith("#EXT-X-MEDIA:"))
    assert attributes(line)["URI"] == '"a-1.m3u8"'
    assert "#EXT-X-ENDLIST" not in data.decode().splitlines()


def test_date_times_are_exact() -> None:
    assert date_time(0) == "1970-01-01T00:00:00.000Z"
    assert date_time(1_795_178_871_504) == "2026-11-20T12:47:51.504Z"
