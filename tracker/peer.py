"""A peer: one connection that has joined, and where it stands in each item it watches. All times are ms."""

from dataclasses import dataclass, field
from typing import NamedTuple

from swarm.matching import Standing
from swarm.ticket import Ticket
from swarm.tracker_messages import SEEDER, VIEWER, Introduced
from tracker.addresses import Address, network_of
from tracker.candidates import Vantage

MAX_FAILURES = 256
NOWHERE = Standing(-1, -1, -1, 0)


class Part(NamedTuple):
    """What a peer feeds of each segment: one of so many stripes; -1 is none."""

    stripe: int
    stripes: int


NO_PART = Part(-1, 1)


@dataclass(slots=True, eq=False)
class Peer:
    """One connection's place in a course. `ends` is when its ticket does, `neighbours` are those it named last,
    `failures` those it could not reach and until when that is remembered, `silent` says that it left a ping unanswered
    for too long."""

    connection: int
    id: bytes
    ticket: Ticket
    address: Address
    ends: int
    watches: dict[str, "Watch"] = field(default_factory=dict)
    neighbours: frozenset[bytes] = frozenset()
    failures: dict[bytes, int] = field(default_factory=dict)
    silent: bool = False
    network: str = ""

    def __post_init__(self) -> None:
        self.network = network_of(self.address)

    @property
    def course(self) -> str:
        return self.ticket.course

    @property
    def seeder(self) -> bool:
        return self.ticket.role == "seeder"

    @property
    def role(self) -> int:
        return SEEDER if self.seeder else VIEWER

    @property
    def subject(self) -> tuple[str, str]:
        """Whom limits are counted for: a person within a course, whatever address the person comes from."""
        return self.ticket.course, self.ticket.subject

    @property
    def vantage(self) -> Vantage:
        return Vantage(self.address, self.seeder)

    def avoids(self, other: bytes, now: int) -> bool:
        """Whether there is no use in introducing `other`: they are connected, or could not connect lately."""
        return other in self.neighbours or self.failures.get(other, 0) > now

    def fail(self, others: tuple[bytes, ...], until: int) -> None:
        """Remember whom it could not reach, the newest MAX_FAILURES of them."""
        for other in others:
            self.failures.pop(other, None)
            self.failures[other] = until
        while len(self.failures) > MAX_FAILURES:
            del self.failures[next(iter(self.failures))]

    @property
    def meets(self) -> bool:
        """Whether it may meet anybody at all."""
        return self.ticket.mode != "off"


@dataclass(slots=True, eq=False)
class Watch:
    """A peer in an item. `since` is its first announce or report, `heard` the last; `claimed` counts the slots given
    away since its last announce; `told` is the number of members it was told last, `part` its duty. `weak` says that
    others waited for its uplink when it fed the item alone."""

    peer: Peer
    item: str
    since: int
    heard: int
    standing: Standing = NOWHERE
    claimed: int = 0
    linked: int = 0
    told: int = -1
    part: Part = NO_PART
    weak: bool = False

    @property
    def feeds(self) -> bool:
        return self.part.stripe >= 0

    @property
    def slots(self) -> int:
        """Upload slots that nobody was sent to yet."""
        return max(0, self.standing.slots - self.claimed)

    def introduced(self, known: bool) -> Introduced:
        """What the other side is told; without positions where it watches another item."""
        at = self.standing if known else NOWHERE
        return Introduced(self.peer.id, self.peer.role, at.position, at.first, at.last)


def may_meet(one: Peer, other: Peer) -> bool:
    """Whether the modes of two peers let each learn the other's address.

    `off` meets nobody, `site` only its own network, a viewer in mode `seeders` only seeders; seeders have no need of
    each other.
    """
    if one is other or one.course != other.course or not (one.meets and other.meets):
        return False
    if one.seeder and other.seeder:
        return False
    if "site" in (one.ticket.mode, other.ticket.mode) and one.network != other.network:
        return False
    return (one.seeder or other.seeder) or "seeders" not in (one.ticket.mode, other.ticket.mode)
