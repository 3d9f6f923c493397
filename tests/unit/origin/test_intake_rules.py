import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.alignment import MAX_LEAD, Alignment
from origin.bandwidth import RateMeter
from origin.errors import SourceError
from origin.media.events import ThumbnailCues
from origin.thumbnails import thumbnail_cues


@given(st.lists(st.sampled_from("abc"), max_size=100))
def test_a_number_is_listed_only_when_every_track_has_it(order: list[str]) -> None:
    alignment, stored = Alignment("abc"), dict.fromkeys("abc", 0)
    for track in order:
        if stored[track] - min(stored.values()) >= MAX_LEAD:
            continue
        before = alignment.head
        moved = alignment.add(track, stored[track])
        stored[track] += 1
        assert alignment.head == min(stored.values()) - 1
        assert moved == (alignment.head > before)


def test_a_source_cannot_skip_repeat_or_run_away() -> None:
    alignment = Alignment(["v", "a"])
    for track, sequence in (("x", 0), ("v", 1), ("v", -1)):
        with pytest.raises(SourceError):
            alignment.add(track, sequence)
    for sequence in range(MAX_LEAD):
        alignment.add("v", sequence)
    with pytest.raises(SourceError, match="ahead"):
        alignment.add("v", MAX_LEAD)
    with pytest.raises(SourceError):
        alignment.add("v", 0)
    with pytest.raises(SourceError):
        Alignment([])


def test_a_short_last_segment_does_not_make_the_peak() -> None:
    meter = RateMeter(1000, 4000)
    meter.add(500_000, 4000)
    meter.add(50_000, 40)
    assert meter.peak == 1_000_000
    assert meter.mean == 1_089_109
    alone = RateMeter(1000, 4000)
    alone.add(50_000, 40)
    assert alone.peak == 10_000_000
    assert RateMeter(1000, 4000).peak == 0


def test_thumbnail_cues_point_into_their_sheets() -> None:
    cues = ThumbnailCues(columns=2, rows=2, tile_width=160, tile_height=90, interval_ms=10_000, count=6)
    text = thumbnail_cues(cues, ["s0", "s1"])
    lines = text.splitlines()
    assert lines[0] == "WEBVTT"
    assert "00:00:30.000 --> 00:00:40.000\ns0.jpg#xywh=160,90,160,90" in text
    assert "00:00:50.000 --> 00:01:00.000\ns1.jpg#xywh=160,0,160,90" in text
    assert "s2.jpg" not in thumbnail_cues(ThumbnailCues(**{**_fields(cues), "count": 99}), ["s0", "s1"])


def _fields(cues: ThumbnailCues) -> dict[str, int]:
    return {name: getattr(cues, name) for name in ThumbnailCues.__struct_fields__}
