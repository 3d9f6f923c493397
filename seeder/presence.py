"""What the tracker hears of a peer: where it stands in each item, and how many neighbours it lacks.

Before it asks for new ones it parts with one that is of no use, when there is one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from seeder.mesh import Mesh
from swarm.acquaintance import Acquaintances
from swarm.exchange import Exchange
from swarm.tally import tally_of
from swarm.tracker_messages import NO_SEQUENCE, Announce, Leave, ToTracker

_RETRY_ANNOUNCE_S = 1.5
"""After a neighbour was lost, or while more can be had, the next announce comes this soon."""
_STRAIN_MS = 5_000
"""The strain on the uplink is measured over no less than this: blocks go out in a burst with each segment."""


@dataclass(slots=True)
class Standing:
    """Where the peer stands in an item: media sequence numbers of the playhead and of the held range (-1: none)."""

    position: int = NO_SEQUENCE
    first: int = NO_SEQUENCE
    last: int = NO_SEQUENCE


class Announcing(Protocol):
    """Whose presence it is."""

    exchange: Exchange
    mesh: Mesh

    @property
    def joined(self) -> bool:
        """Whether the tracker has let this peer in."""

    @property
    def meets(self) -> bool:
        """Whether it meets others now."""

    def now(self) -> int:
        """The clock of the exchange, in ms."""

    def part_with(self, peer: bytes, reason: str) -> None:
        """Part with a neighbour."""


class Presence:
    """Announces every watched item, as often as it pays. `degree` is how many neighbours are looked for."""

    def __init__(self, owner: Announcing, send: Callable[[ToTracker], bool], degree: int) -> None:
        self.announce_ms = 10_000
        self._owner = owner
        self._send = send
        self._degree = degree
        self._watched: dict[str, Standing] = {}
        self._acquaintances = Acquaintances(degree)
        self._due = asyncio.Event()
        self._hurry: asyncio.TimerHandle | None = None
        self._strain = 0
        self._measured = 0

    def watch(self, item: str) -> Standing:
        """Announce an item from now on; the caller keeps the standing up to date."""
        standing = self._watched.setdefault(item, Standing())
        self._announce(item)
        return standing

    def leave(self, item: str) -> None:
        """Stop announcing an item; the connections stay, for they are the course's."""
        if self._watched.pop(item, None) is not None:
            self._send(Leave(item))

    def announce(self) -> None:
        """Announce everything now."""
        self._due.set()

    def lack(self) -> None:
        """Announce soon when neighbours are lacking: one was lost, or the tracker knows more than it named at once."""
        if self._owner.meets and self._owner.mesh.wanted and self._hurry is None:
            self._hurry = asyncio.get_running_loop().call_later(_RETRY_ANNOUNCE_S, self._due.set)

    async def run(self) -> None:
        """Announce until cancelled."""
        while True:
            self._due.clear()
            self._drop_hurry()
            self._announce_all()
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._due.wait()
            except TimeoutError:
                continue

    def close(self) -> None:
        """Hurry no more."""
        self._drop_hurry()

    def _announce_all(self) -> None:
        if not self._owner.joined:
            return
        self._owner.mesh.doubt_silent()
        self._measure_strain()
        if self._owner.meets:
            self._review()
        for item in list(self._watched):
            self._announce(item)

    def _announce(self, item: str) -> None:
        owner, standing = self._owner, self._watched[item]
        if not owner.joined:
            return
        # Whoever gives nothing is not sent to others, who would get nothing; it may ask for neighbours all the same.
        slots = owner.mesh.slots if owner.meets and owner.exchange.uploading else 0
        want = owner.mesh.wanted if owner.meets else 0
        place = (standing.position, standing.first, standing.last)
        failed = owner.mesh.take_failed()
        self._send(Announce(item, *place, slots, want, owner.mesh.neighbours, failed, self._strain))

    def _measure_strain(self) -> None:
        now = self._owner.now()
        if now - self._measured >= _STRAIN_MS:
            self._strain, self._measured = self._owner.exchange.uploads.strain(now), now

    def _review(self) -> None:
        owner = self._owner
        places = [(item, standing.position) for item, standing in self._watched.items()]
        neighbours = owner.exchange.neighbours.values()
        tallies = [tally_of(neighbour, owner.exchange.me, places) for neighbour in neighbours]
        poor = self._acquaintances.review(tallies, owner.now()) if self._degree else None
        if poor is not None:
            owner.mesh.avoid(poor)
            owner.part_with(poor, "poor")

    def _pause_s(self) -> float:
        owner = self._owner
        lonely = owner.meets and self._degree > 0 and not owner.mesh.neighbours
        return min(self.announce_ms / 1000, _RETRY_ANNOUNCE_S) if lonely else self.announce_ms / 1000

    def _drop_hurry(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None
