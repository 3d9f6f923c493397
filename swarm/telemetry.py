"""What the tracker hands to whoever keeps statistics: one bounded sum per item and interval."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

MAX_STARTUPS = 64
MAX_STARTUP_MS = 600_000
Name = Annotated[str, Meta(max_length=64)]
Sum = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Startups = Annotated[tuple[Annotated[int, Meta(ge=0, le=MAX_STARTUP_MS)], ...], Meta(max_length=MAX_STARTUPS)]


@dataclass(frozen=True, slots=True)
class ItemInterval:
    """Sums over all viewers of one item during `interval_ms`; sizes in bytes, times in ms.

    `viewers`, `p2p_viewers` (those with at least one neighbour) and `seeders` are counts at its end; the other figures
    are those of `swarm.tracker_messages.Report`, bounded by the tracker. `startups` holds at most 64 start-up times.
    Item names come from viewers; `course` comes from their tickets, so whoever knows the catalogue drops the figures of
    an item that is not of that course.
    """

    item: Name
    interval_ms: Sum
    viewers: Sum
    p2p_viewers: Sum
    seeders: Sum
    http: Sum = 0
    peer: Sum = 0
    seeder: Sum = 0
    sent: Sum = 0
    wasted: Sum = 0
    played: Sum = 0
    played_ms: Sum = 0
    stalled_ms: Sum = 0
    rejected: Sum = 0
    startups: Startups = ()
    course: Name = ""
