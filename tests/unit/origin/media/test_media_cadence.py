from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from origin.media.cadence import JITTER_SAMPLES, Cadence, SampleClock, Timeline


def shown(times: list[Fraction], rate: int) -> list[int]:
    """Which frame of the source fills each frame of the grid."""
    cadence, grid, held = Cadence(rate), list[int](), 0
    for number, time in enumerate(times):
        count = cadence.offer(time)
        if count is not None:
            grid += [held] * count
            held = number
    last = cadence.end(times[-1] + Fraction(1, rate))
    return grid + [held] * cadence.stall(last)


def regular(rate: Fraction | int, count: int) -> list[Fraction]:
    return [Fraction(number) / rate for number in range(count)]


def test_the_house_rate_passes_through() -> None:
    assert shown(regular(25, 50), 25) == list(range(50))


def test_film_shows_one_frame_of_24_twice() -> None:
    grid = shown(regular(24, 48), 25)
    assert len(grid) == 50
    assert sorted(set(grid)) == list(range(48))
    assert max(grid.count(number) for number in range(48)) == 2


def test_ntsc_repeats_one_frame_in_a_thousand() -> None:
    grid = shown(regular(Fraction(30000, 1001), 1000), 30)
    assert sorted(set(grid)) == list(range(1000))
    assert len(grid) == 1001


@given(st.lists(st.integers(-1, 1), min_size=120, max_size=120))
def test_double_rates_show_every_second_frame_whatever_the_rounding(jitter: list[int]) -> None:
    for rate in (25, 30):
        times = [Fraction(number, 2 * rate) + Fraction(off, 1000) for number, off in enumerate(jitter)]
        times[0] = Fraction(0)
        assert shown(times, rate)[:59] == list(range(0, 118, 2))


@given(st.lists(st.integers(-3, 3), min_size=60, max_size=60))
def test_jitter_of_milliseconds_moves_no_frame_of_the_house_rate(jitter: list[int]) -> None:
    times = [Fraction(number, 25) + Fraction(off, 1000) for number, off in enumerate(jitter)]
    assert shown(times, 25)[:59] == list(range(59))


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=60))
def test_any_timestamps_fill_the_grid_without_gaps(milliseconds: list[int]) -> None:
    times = [Fraction(value, 1000) for value in sorted(milliseconds)]
    grid = shown(times, 30)
    assert grid == sorted(grid)
    assert abs(len(grid) - (times[-1] * 30 + 1)) <= 1


def test_a_late_frame_is_dropped_and_time_never_runs_back() -> None:
    cadence = Cadence(25)
    assert cadence.offer(Fraction(0)) == 0
    assert cadence.offer(Fraction(2)) == 50
    assert cadence.offer(Fraction(1)) is None
    assert cadence.position == 50


def test_a_stalled_picture_is_held_while_sound_goes_on() -> None:
    cadence = Cadence(25)
    cadence.offer(Fraction(0))
    assert cadence.stall(100) == 100
    assert cadence.stall(100) == 0
    assert cadence.offer(Fraction(5)) == 25


def test_sound_is_placed_exactly_once_and_then_flows() -> None:
    clock = SampleClock()
    assert clock.place(480, 1024) == (480, 0)
    assert clock.place(480 + 1024 + JITTER_SAMPLES, 1024) == (0, 0)
    assert clock.next == 480 + 2048


def test_a_gap_in_sound_becomes_silence_and_an_overlap_is_cut() -> None:
    clock = SampleClock()
    clock.place(0, 1000)
    assert clock.place(1000 + JITTER_SAMPLES + 1, 1000) == (JITTER_SAMPLES + 1, 0)
    at = clock.next
    assert clock.place(at - 5000, 6000) == (0, 5000)
    assert clock.place(0, 500) == (0, 500)
    assert clock.next == at + 1000


def test_drift_is_taken_out_before_the_ear_hears_it() -> None:
    clock, furthest = SampleClock(), 0
    for number in range(10_000):
        at = number * 1025
        clock.place(at, 1024)
        furthest = max(furthest, abs(at + 1024 - clock.next))
    assert furthest <= JITTER_SAMPLES


@given(st.lists(st.tuples(st.integers(-10_000, 200_000), st.integers(0, 5000)), max_size=50))
def test_samples_never_overlap(chunks: list[tuple[int, int]]) -> None:
    clock = SampleClock()
    for at, samples in chunks:
        before = clock.next
        silence, drop = clock.place(at, samples)
        assert silence >= 0
        assert 0 <= drop <= samples
        assert clock.next == before + silence + samples - drop


def test_joined_recordings_follow_each_other_and_stay_in_sync() -> None:
    timeline, frame = Timeline(Fraction(1), joined=True), Fraction(1, 25)
    stamps = [(stream, Fraction(1) + number * frame) for number in range(100) for stream in (0, 1)]
    overlap = [(0, Fraction(1)), (1, Fraction(5)), (0, Fraction(1) + frame), (1, Fraction(1)), (1, Fraction(1) + frame)]
    times = [timeline.time(stream, stamp, frame) for stream, stamp in stamps + overlap]
    assert times[:200:2] == times[1:200:2] == [number * frame for number in range(100)]
    assert times[200:] == [4, 4, 4 + frame, 4, 4 + frame]


def test_a_clock_that_may_not_jump_does_not() -> None:
    timeline = Timeline(Fraction(0), joined=False)
    stamps = [Fraction(second) for second in (0, 5, 1, 6)]
    assert [timeline.time(0, stamp, Fraction(0)) for stamp in stamps] == stamps
    assert timeline.end == 6
