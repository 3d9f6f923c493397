"""What the tracker hands to whoever keeps statistics: one bounded sum per item and interval."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemInterval:
    """Sums over all viewers of one item during `interval_ms`; sizes in bytes, times in ms.

    `viewers`, `p2p_viewers` (those with at least one neighbour) and `seeders` are counts at its end; the other figures
    are those of `swarm.tracker_messages.Report`, bounded by the tracker. `startups` holds at most 64 start-up times.
    Item names come from viewers; `course` comes from their tickets, so whoever knows the catalogue drops the figures of
    an item that is not of that course.
    """

    item: str
    interval_ms: int
    viewers: int
    p2p_viewers: int
    seeders: int
    http: int = 0
    peer: int = 0
    seeder: int = 0
    sent: int = 0
    wasted: int = 0
    played: int = 0
    played_ms: int = 0
    stalled_ms: int = 0
    rejected: int = 0
    startups: tuple[int, ...] = ()
    course: str = ""
