"""A player without pictures: start, stall, end and the live edge, under a clock that only the test moves."""

from hypothesis import given
from hypothesis import strategies as st

from seeder.playhead import ENDED, PLAYING, STALLED, STARTING, Playhead

LENGTH = 4000


def listed(tracks: tuple[str, ...] = ("v", "a"), count: int = 5, live: bool = False, first: int = 0) -> Playhead:
    playhead = Playhead(tracks, live, began=1000)
    for track in tracks:
        for sequence in range(first, first + count):
            playhead.listed(track, sequence, 1_000_000 + sequence * LENGTH, LENGTH)
    playhead.place(LENGTH)
    return playhead


def give(playhead: Playhead, sequence: int, now: int) -> None:
    for track in playhead.tracks:
        playhead.got(track, sequence, now)


def test_a_lecture_starts_at_its_beginning_when_all_tracks_are_there() -> None:
    playhead = listed()
    assert (playhead.current, playhead.position) == (0, 1_000_000)
    playhead.got("v", 0, 1100)
    assert playhead.state == STARTING
    playhead.got("a", 0, 1150)
    assert (playhead.state, playhead.startup_ms) == (PLAYING, 150)


def test_a_class_starts_three_target_durations_behind() -> None:
    playhead = listed(count=10, live=True, first=20)
    assert playhead.edge_ms - playhead.position == 3 * LENGTH
    assert playhead.current == 27
    assert listed(count=2, live=True).current == 0


def test_a_class_that_has_just_begun_starts_with_its_second_segment() -> None:
    playhead = listed(count=1, live=True)
    assert (playhead.position, playhead.wanted(20_000)) == (-1, [])
    for track in playhead.tracks:
        playhead.listed(track, 1, 1_000_000 + LENGTH, LENGTH)
        playhead.place(LENGTH)
    assert playhead.current == 0
    assert [sequence for sequence, _ in playhead.wanted(20_000)] == [0, 1]


def test_a_class_of_a_single_segment_can_be_played_when_it_is_over() -> None:
    playhead = listed(count=1, live=True)
    for track in playhead.tracks:
        playhead.ends(track)
    playhead.place(LENGTH)
    assert playhead.current == 0


def test_a_stall_lasts_from_the_dry_moment_to_the_missing_segment() -> None:
    playhead = listed()
    give(playhead, 0, 1000)
    playhead.advance(1000 + LENGTH + 700)
    assert (playhead.state, playhead.stalls, playhead.played_ms) == (STALLED, 1, LENGTH)
    assert playhead.stalled_until(1000 + LENGTH + 700) == 700
    playhead.got("v", 1, 1000 + LENGTH + 800)
    assert playhead.state == STALLED
    playhead.got("a", 1, 1000 + LENGTH + 900)
    assert (playhead.state, playhead.stalled_ms) == (PLAYING, 900)


def test_it_ends_without_a_stall() -> None:
    playhead = listed(count=2)
    for track in playhead.tracks:
        playhead.ends(track)
    give(playhead, 0, 1000)
    give(playhead, 1, 1200)
    playhead.advance(60_000)
    assert (playhead.state, playhead.stalls, playhead.played_ms) == (ENDED, 0, 2 * LENGTH)


def test_a_shorter_track_does_not_hold_the_end_up() -> None:
    playhead = Playhead(("v", "a"), live=False, began=0)
    for sequence in range(3):
        playhead.listed("v", sequence, sequence * LENGTH, LENGTH)
    for sequence in range(2):
        playhead.listed("a", sequence, sequence * LENGTH, LENGTH)
    playhead.place(LENGTH)
    for track in playhead.tracks:
        playhead.ends(track)
    for sequence in range(3):
        playhead.got("v", sequence, 0)
    for sequence in range(2):
        playhead.got("a", sequence, 0)
    assert playhead.buffered_ms == 3 * LENGTH


def test_what_is_wanted_begins_under_the_playhead() -> None:
    playhead = listed(count=20)
    assert playhead.wanted(1) == [(0, 0.0)]
    give(playhead, 0, 1000)
    playhead.advance(3000)
    assert playhead.wanted(10_000) == [(0, 0.0), (1, 2000.0), (2, 6000.0)]


def test_a_class_that_fell_out_of_the_window_catches_up() -> None:
    playhead = listed(count=10, live=True)
    give(playhead, 7, 1000)
    playhead.advance(1000 + LENGTH)
    for sequence in range(10, 40):
        for track in playhead.tracks:
            playhead.listed(track, sequence, 1_000_000 + sequence * LENGTH, LENGTH)
    playhead.catch_up(LENGTH, first=25)
    assert playhead.current == 37
    playhead.catch_up(LENGTH, first=30)
    assert playhead.current == 37


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000)), max_size=60))
def test_time_is_played_or_stalled_and_nothing_else(events: list[tuple[int, int]]) -> None:
    playhead = listed(count=10)
    now = 1000
    for sequence, pause in events:
        now += pause
        playhead.advance(now)
        give(playhead, sequence, now)
    playhead.advance(now)
    if playhead.startup_ms is not None:
        spent = playhead.startup_ms + playhead.played_ms + playhead.stalled_until(now)
        assert abs(spent - (now - 1000)) <= 1 + playhead.stalls
    assert playhead.played_ms == max(playhead.position - 1_000_000, 0)
