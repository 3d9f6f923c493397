from hypothesis import given
from hypothesis import strategies as st

from origin.records import Segment
from origin.windows import CLOSED_WINDOW_MS, closed_window, live_count, live_window

TIMESCALE = 90_000
REGULAR = TIMESCALE * 384 // 100


def track(durations: list[int]) -> list[Segment]:
    starts = [sum(durations[:i]) for i in range(len(durations))]
    return [Segment(i, "x" * 43, s, d, 1) for i, (s, d) in enumerate(zip(starts, durations, strict=True))]


def test_a_live_window_is_the_last_minute() -> None:
    listed = live_window(track([REGULAR] * 100), TIMESCALE)
    assert [s.msn for s in listed] == list(range(85, 100))


def test_a_live_window_of_long_segments_never_shrinks_below_four() -> None:
    listed = live_window(track([TIMESCALE * 40] * 10), TIMESCALE)
    assert [s.msn for s in listed] == [6, 7, 8, 9]


@given(st.lists(st.integers(1, 4 * REGULAR), max_size=60))
def test_live_windows_end_at_the_head_and_keep_their_length(durations: list[int]) -> None:
    segments = track(durations)
    listed = live_window(segments, TIMESCALE)
    assert list(listed) == segments[len(segments) - len(listed) :]
    assert len(listed) >= min(4, len(segments))
    if len(listed) > 4:
        assert sum(s.duration for s in listed) <= 60 * TIMESCALE


def test_a_closed_window_is_full_only_when_the_next_segment_is_listed() -> None:
    count = CLOSED_WINDOW_MS // 3840
    segments = track([REGULAR] * (count + 1))
    assert closed_window(segments, TIMESCALE, 0).full
    assert len(closed_window(segments, TIMESCALE, 0).segments) == count
    assert not closed_window(segments[:-1], TIMESCALE, 0).full
    assert closed_window(segments, TIMESCALE, (count + 1) * 3840).segments == ()


@given(st.lists(st.integers(1, 4 * REGULAR), min_size=1, max_size=60), st.integers(0, 400_000), st.integers(0, 60))
def test_a_full_window_never_changes_when_segments_come(durations: list[int], start_ms: int, seen: int) -> None:
    segments = track(durations)
    early = closed_window(segments[:seen], TIMESCALE, start_ms)
    late = closed_window(segments, TIMESCALE, start_ms)
    if early.full:
        assert late == early
    assert early.segments == late.segments[: len(early.segments)]
    if late.segments:
        first = late.segments[0]
        assert (first.start + first.duration) * 1000 > start_ms * TIMESCALE
        assert first.msn == 0 or first.start * 1000 <= start_ms * TIMESCALE


def test_live_count_follows_the_segment_length() -> None:
    assert live_count(3840) == 15
    assert live_count(60_000) == 4
    assert live_count(0) == 60_000
