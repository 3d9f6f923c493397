"""Whom a viewer parts with: only one that stands out, and rarely; and whom it never parts with."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.acquaintance import MOST_PAUSE_MS, NOBODY, PERIOD_MS, Acquaintances, Figures, Tally, poorest

MIB = 1024 * 1024
GOOD = Figures(4 * MIB, 4 * MIB, 20, 0, 1, 0, 10**6, 9)
IDLE = Figures(0, 0, 20, 0, 0, 0, 10**6, 9)
KEPT = GOOD._replace(lot=0)
COUNTS = st.integers(0, 2**36)
FIGURES = st.builds(
    Figures, COUNTS, COUNTS, st.integers(0, 5000), st.integers(0, 9), *[st.integers(0, 1)] * 2, COUNTS, COUNTS
)


def among_good(one: Figures) -> bool:
    """Whether it is parted with where all others are good."""
    return poorest([KEPT, *[GOOD] * 6, one], 8) == 7


@pytest.mark.parametrize(
    "one",
    [
        IDLE,
        IDLE._replace(useful=MIB // 2),
        GOOD._replace(useful=0, given=MIB // 2, strikes=1),
        GOOD._replace(useful=0, given=0, round_trip=400),
    ],
    ids=["idle elsewhere", "does little elsewhere", "lets us down", "far away and idle"],
)
def test_one_that_stands_out_is_parted_with(one: Figures) -> None:
    assert among_good(one)


@pytest.mark.parametrize(
    "one",
    [
        IDLE._replace(seeder=1),
        IDLE._replace(age=29_999),
        IDLE._replace(lot=-1),
        IDLE._replace(near=1),
        IDLE._replace(given=2 * MIB),
        GOOD._replace(round_trip=1000),
    ],
    ids=["a seeder", "a newcomer", "of lowest lot", "near, and there when needed", "takes from us", "far but busy"],
)
def test_others_are_kept(one: Figures) -> None:
    assert not among_good(one)


def test_nobody_goes_below_the_degree_and_seeders_keep_all() -> None:
    assert poorest([KEPT, *[GOOD] * 5, IDLE], 8) == NOBODY
    assert poorest([IDLE] * 20, 0) == NOBODY


def test_of_several_the_poorest_goes() -> None:
    neighbours = [KEPT, *[GOOD] * 6, IDLE._replace(given=1000), IDLE, IDLE._replace(near=1, strikes=1)]
    assert poorest(neighbours, 8) == 8


@given(st.lists(FIGURES, max_size=16))
def test_who_brings_the_most_is_never_parted_with(neighbours: list[Figures]) -> None:
    place = poorest(neighbours, 4)
    if place == NOBODY:
        return
    one = neighbours[place]
    viewers = [other for other in neighbours if not other.seeder and other.age >= 30_000]
    assert len(neighbours) >= 4
    assert one in viewers
    assert one.useful == 0 or one.useful < max(other.useful for other in viewers)


class Crowd:
    """A viewer among `good` useful neighbours and others who do nothing."""

    def __init__(self, good: int, idle: int) -> None:
        self.acquaintances = Acquaintances(8)
        self.now = 1_000_000
        self.numbers = 0
        self.members: dict[bytes, tuple[int, int]] = {}
        for number in range(good + idle):
            self.meet(MIB // 4 if number < good else 0)

    def meet(self, per_second: int) -> None:
        self.numbers += 1
        self.members[self.numbers.to_bytes(16, "big")] = (self.now, per_second)

    def run(self, seconds: int, replacement: int | None) -> list[int]:
        """Let time pass; who goes is replaced by one who brings so many bytes/s. Returns when somebody went."""
        went = []
        for _ in range(seconds // 10):
            self.now += 10_000
            tallies = [
                Tally(peer, met, (self.now - met) // 1000 * rate, 0, 20, 0, int(rate > 0), 0, peer[-1])
                for peer, (met, rate) in self.members.items()
            ]
            parted = self.acquaintances.review(tallies, self.now)
            if parted is not None:
                del self.members[parted]
                went.append(self.now)
                if replacement is not None:
                    self.meet(replacement)
        return went


def test_a_healthy_mesh_never_changes() -> None:
    assert Crowd(8, 0).run(7200, MIB // 4) == []


def test_poor_ones_are_replaced_one_at_a_time_and_then_it_ends() -> None:
    went = Crowd(5, 3).run(3600, MIB // 4)
    assert len(went) == 3
    assert all(later - sooner >= PERIOD_MS for sooner, later in pairwise(went))
    assert went[-1] - went[0] <= 300_000


def test_where_nobody_better_comes_it_happens_less_and_less_often() -> None:
    went = Crowd(5, 3).run(4 * 3600, 0)
    pauses = [later - sooner for sooner, later in pairwise(went)]
    assert pauses[-1] >= MOST_PAUSE_MS
    assert len(went) <= 4 * 3600_000 // MOST_PAUSE_MS + 6


def test_where_nobody_comes_one_place_stays_empty() -> None:
    assert len(Crowd(5, 3).run(3600, None)) == 1
