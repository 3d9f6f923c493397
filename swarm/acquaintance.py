"""Which neighbour a viewer parts with to meet another: one at a time, rarely, and only one that stands out as poor.

Integers in, a decision out; `web-player/src/engine/acquaintance.ts` mirrors it. A mesh in which everybody is of use
never changes. One is poor when it does less than an eighth of what is usual here, or nothing at all, while it watches
something else; of those near us in the same item only when it also let us down or is far away by round trip, for the
others are there for when they are needed. Whoever brings its share of what we get is depended on and stays; so does
the one of lowest lot, however poor, so that the course's mesh does not fall apart into cliques.
"""

from collections.abc import Sequence
from typing import NamedTuple

PERIOD_MS = 30_000
"""How often neighbours are compared, and the least time between two partings."""
MOST_PAUSE_MS = 480_000
"""Partings that bring nobody better come less and less often, down to this: introductions are limited."""
SETTLED_MS = 30_000
"""Younger ones have had no chance yet."""
IDLE_MS = 60_000
STANDS_OUT = 8
FAR_MS = 200
LEAST_TYPICAL_BYTES = 256 * 1024
"""Where less than this is usual, nobody is in need and the figures say nothing."""
NOBODY = -1
_NEAR_MS = 100
_MOST_HALVINGS = 3


class Figures(NamedTuple):
    """One neighbour over the last minute or so: verified bytes that we used of it, bytes that we gave it, round trip
    (ms), strikes, 1 if it is near us in an item and 1 if it is a seeder, time since it was met (ms), and its lot."""

    useful: int
    given: int
    round_trip: int
    strikes: int
    near: int
    seeder: int
    age: int
    lot: int


class Tally(NamedTuple):
    """A neighbour as the exchange counts it, since it was met at `opened` (ms). The rest as in Figures."""

    peer: bytes
    opened: int
    useful: int
    given: int
    round_trip: int
    strikes: int
    near: int
    seeder: int
    lot: int


def worth(one: Figures) -> int:
    """What a neighbour does for us, and half as much what we do for it; less with each strike and with distance."""
    traffic = (2 * one.useful + one.given) >> min(one.strikes, _MOST_HALVINGS)
    return traffic * _NEAR_MS // (_NEAR_MS + one.round_trip)


def typical_worth(neighbours: Sequence[Figures]) -> int:
    """The median of the viewers that are settled, 0 without any."""
    return _median([worth(one) for one in neighbours if _is_settled(one)])


def poorest(neighbours: Sequence[Figures], degree: int) -> int:
    """Place of the neighbour to part with, or NOBODY. Seeders and newcomers stay, and all stay below `degree`."""
    if degree == 0 or len(neighbours) < degree:
        return NOBODY
    settled = [place for place, one in enumerate(neighbours) if _is_settled(one)]
    if not settled:
        return NOBODY
    typical = typical_worth(neighbours)
    round_trip = _median([neighbours[place].round_trip for place in settled])
    useful = sum(neighbours[place].useful for place in settled)
    kept = min(settled, key=lambda place: (neighbours[place].lot, place))
    poor = [
        place
        for place in settled
        if place != kept
        and not _is_depended_on(neighbours[place], useful, len(settled))
        and _is_poor(neighbours[place], typical, round_trip)
    ]
    return min(poor, key=lambda place: (worth(neighbours[place]), neighbours[place].near, place), default=NOBODY)


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2] if values else 0


def _is_settled(one: Figures) -> bool:
    return not one.seeder and one.age >= SETTLED_MS


def _is_depended_on(one: Figures, all_useful: int, count: int) -> bool:
    return one.useful > 0 and one.useful * count >= all_useful


def _is_poor(one: Figures, typical: int, round_trip: int) -> bool:
    stands_out = typical >= LEAST_TYPICAL_BYTES and worth(one) * STANDS_OUT < typical
    if one.near:
        far = one.round_trip >= FAR_MS and one.round_trip > 4 * round_trip
        return stands_out and (one.strikes > 0 or far)
    return stands_out or (one.useful == 0 and one.given == 0 and one.age >= IDLE_MS)


class Acquaintances:
    """Remembers what each neighbour did, and decides each PERIOD_MS at most. `degree` is how many are kept."""

    def __init__(self, degree: int) -> None:
        self._degree = degree
        self._marks: dict[bytes, tuple[int, int]] = {}
        self._recent: dict[bytes, tuple[int, int]] = {}
        self._compared = 0
        self._parted = 0
        self._pause = 0

    def review(self, tallies: Sequence[Tally], now: int) -> bytes | None:
        """The neighbour to part with now, if any; to be called every few seconds with all that are connected."""
        if now - self._compared < PERIOD_MS:
            return None
        self._compared = now
        figures = self._figures(tallies, now)
        self._judge(tallies, figures)
        if now - self._parted < self._pause:
            return None
        place = poorest(figures, self._degree)
        if place == NOBODY:
            return None
        self._parted = now
        self._pause = min(max(2 * self._pause, PERIOD_MS), MOST_PAUSE_MS)
        return tallies[place].peer

    def _figures(self, tallies: Sequence[Tally], now: int) -> list[Figures]:
        """Half of what was counted before and all that came since: what lies long back fades."""
        recent: dict[bytes, tuple[int, int]] = {}
        for one in tallies:
            useful, given = self._recent.get(one.peer, (0, 0))
            useful_then, given_then = self._marks.get(one.peer, (0, 0))
            recent[one.peer] = (useful // 2 + one.useful - useful_then, given // 2 + one.given - given_then)
        self._recent = recent
        self._marks = {one.peer: (one.useful, one.given) for one in tallies}
        return [
            Figures(*recent[one.peer], one.round_trip, one.strikes, one.near, one.seeder, now - one.opened, one.lot)
            for one in tallies
        ]

    def _judge(self, tallies: Sequence[Tally], figures: Sequence[Figures]) -> None:
        """Whoever came in place of another and does half of what is usual shows that parting pays."""
        typical = typical_worth(figures)
        for one, its in zip(tallies, figures, strict=True):
            came_since = self._pause > 0 and one.opened >= self._parted and _is_settled(its)
            if came_since and its.useful > 0 and 2 * worth(its) >= typical:
                self._pause = 0
