"""The connections of one peer: who is met, offered to, answered, kept and given up.

The tracker introduces; this side opens a few connections at a time until it has as many neighbours as it wants.
Connections outlive the tracker. It gives new ids to those who come back to it, so a neighbour is known again by its
certificate (docs/tracker-protocol.md, Leave).
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from seeder.bans import Bans
from seeder.certificate import Certificate
from seeder.connection import MAX_REMOTE_CANDIDATES, PeerConnection
from seeder.errors import ConnectionFailed
from seeder.link import Link
from swarm.tracker_messages import (
    MAX_INTRODUCTIONS,
    Answer,
    Answered,
    Candidate,
    Candidates,
    Connection,
    Gone,
    Offer,
    Offered,
    ToTracker,
    Trickle,
    Trickled,
)

logger = logging.getLogger(__name__)
_OFFERS_AT_ONCE = MAX_INTRODUCTIONS
_ANSWERS_AT_ONCE = 8
_SLOW_STUN_S = 2.0
_STUN_PAUSE_S = 60.0
_MOST_FAILED = 64
_MOST_NEIGHBOURS_TOLD = 128
_DOUBT_S = 8.0
_NO_FAILURES = ("replaced", "known", "leave")
"""Ends of an attempt after which the two are connected, or about to be, in another way."""


class MeshListener(Protocol):
    """What the owner of the mesh wants to hear. Nothing here may raise."""

    def link_opened(self, peer: bytes, role: int) -> None:
        """Both channels to a peer are open."""

    def link_closed(self, peer: bytes) -> None:
        """An open connection is gone."""

    def link_control(self, peer: bytes, message: bytes) -> None:
        """A control message arrived."""

    def link_blocks(self, peer: bytes, message: bytes) -> None:
        """A block message arrived."""

    def link_drained(self, peer: bytes) -> None:
        """The send buffer to a peer is low."""


class Mesh:
    """All links of one peer. It wants `degree` neighbours and never has more than `most`."""

    def __init__(
        self,
        listener: MeshListener,
        send: Callable[[ToTracker], bool],
        certificate: Certificate,
        degree: int,
        most: int,
    ) -> None:
        self._listener = listener
        self._send = send
        self._certificate = certificate
        self._degree = degree
        self._most = most
        self._links: dict[bytes, Link] = {}
        self._by_connection: dict[PeerConnection, Link] = {}
        self._failed: deque[bytes] = deque(maxlen=_MOST_FAILED)
        self._bans = Bans()
        self._tasks: set[asyncio.Task[None]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._offers = asyncio.Semaphore(_OFFERS_AT_ONCE)
        self._answers = asyncio.Semaphore(_ANSWERS_AT_ONCE)
        self._next_offer = random.getrandbits(32)
        self._no_stun_until = 0.0
        self.me = b""
        """What the tracker calls this peer now."""
        self.stun: tuple[str, ...] = ()
        self.outcomes: dict[str, int] = {}

    # What stands

    @property
    def neighbours(self) -> tuple[bytes, ...]:
        """Peers with an open connection, by their newest ids, as an announce names them."""
        return tuple(link.named for link in self._links.values() if link.opened)[:_MOST_NEIGHBOURS_TOLD]

    @property
    def wanted(self) -> int:
        """How many introductions to ask for."""
        return max(min(self._degree - len(self._links), MAX_INTRODUCTIONS, self.slots), 0)

    @property
    def slots(self) -> int:
        """How many more connections fit."""
        return max(self._most - len(self._links), 0)

    def take_failed(self) -> tuple[bytes, ...]:
        """Peers that could not be reached since the last call."""
        failed = tuple(self._failed)
        self._failed.clear()
        return failed

    def buffered(self) -> list[tuple[bytes, int]]:
        """Bytes in the send buffer of every open link."""
        return [
            (link.peer, link.connection.buffered) for link in self._links.values() if link.opened and link.connection
        ]

    # What is done

    def send_control(self, peer: bytes, message: bytes) -> None:
        """Send on the control channel of a peer, when it is still there."""
        if connection := self._connection(peer):
            connection.send_control(message)

    def send_blocks(self, peer: bytes, message: bytes, low_mark: int) -> None:
        """Send on the blocks channel of a peer, and tell when no more than `low_mark` bytes are left in its buffer."""
        if connection := self._connection(peer):
            connection.set_low_mark(low_mark)
            connection.send_blocks(message)

    def part(self, peer: bytes, reason: str, *, fault: bool) -> None:
        """Close the link to a peer; one at fault is not met again for ten minutes."""
        if fault:
            link = self._links.get(peer)
            for name in {peer} if link is None else {peer, link.named, link.fingerprint or peer}:
                self._bans.add(name, self._time())
        if connection := self._connection(peer):
            connection.fail(reason)

    def avoid(self, peer: bytes) -> None:
        """Name a peer to the tracker as one that we should not be introduced to again for some minutes."""
        link = self._links.get(peer)
        self._failed.append(peer if link is None else link.named)

    def drop_all(self, role: int | None = None) -> None:
        """Give up all links, or those to one role."""
        for link in list(self._links.values()):
            if role is None or link.role == role:
                self._drop(link, "leave")

    def doubt_silent(self) -> None:
        """Ask those that have said nothing for a while for a sign of life, and give up whoever gives none: aioice by
        itself takes half a minute to notice."""
        for link in self._links.values():
            if link.opened and link.connection is not None and link.connection.silence > _DOUBT_S:
                self._start(self._doubt(link, link.connection))

    async def _doubt(self, link: Link, connection: PeerConnection) -> None:
        if not await connection.alive() and self._links.get(link.peer) is link:
            self._drop(link, "silent")

    async def close(self) -> None:
        """Close all links."""
        for task in self._tasks:
            task.cancel()
        connections = list(self._by_connection)
        await asyncio.gather(*(connection.close() for connection in connections), *self._tasks, return_exceptions=True)
        await asyncio.gather(*self._endings)

    # What the tracker says

    def candidates(self, message: Candidates) -> None:
        """Offer to peers that the tracker introduces."""
        for introduced in message.peers:
            if self.slots == 0 or self._knows(introduced.peer) or self._is_banned(introduced.peer):
                continue
            self._next_offer = (self._next_offer + 1) % 2**32
            link = self._add(introduced.peer, introduced.role, self._next_offer, ours=True)
            self._start(self._offer(link))

    def offered(self, message: Offered) -> None:
        """Answer an offer, when there is room, unless its sender is a neighbour already.

        Of two offers that cross, the one of the lower peer id stands (Glare).
        """
        known = self._links.get(message.peer)
        if self._is_banned(message.peer) or self._is_banned(message.fingerprint):
            return
        if known is not None and known.waits and self.me < message.peer:
            return
        if twin := self._twin(message.fingerprint):
            self._start(self._offered_again(twin, message))
        else:
            self._take(message)

    def answered(self, message: Answered) -> None:
        """Take the answer to an offer of ours, unless it turns out to come from a neighbour."""
        link = self._links.get(message.peer)
        if link is None or not link.waits or link.offer != message.offer or link.connection is None:
            return
        link.role, link.waits = message.role, False
        if self._is_banned(message.fingerprint):
            self._drop(link, "banned")
        elif twin := self._twin(message.fingerprint):
            self._start(self._answered_again(twin, link, message))
        else:
            self._agree(link, message)

    def trickled(self, message: Trickled) -> None:
        """Take late candidates of a peer."""
        link = self._links.get(message.peer)
        if link is None or link.offer != message.offer:
            return
        if link.connection is not None:
            link.connection.add_candidates(message.candidates)
        elif len(link.early) < MAX_REMOTE_CANDIDATES:
            link.early.extend(message.candidates)

    def gone(self, message: Gone) -> None:
        """An offer is void. Open connections stay, whatever the tracker thinks of the peer."""
        link = self._links.get(message.peer)
        if link is not None and not link.opened and link.offer == message.offer:
            self._drop(link, "gone")

    # What a connection says

    def opened(self, connection: PeerConnection) -> None:
        link = self._by_connection[connection]
        link.opened = True
        link.over.set()
        self._count("opened")
        self._listener.link_opened(link.peer, link.role)

    def closed(self, connection: PeerConnection, reason: str) -> None:
        link = self._by_connection.pop(connection, None)
        if link is None:
            return
        self._forget(link)
        self._start(connection.close(), self._endings)
        self._count(reason)
        if link.opened:
            self._listener.link_closed(link.peer)
        elif reason not in _NO_FAILURES:
            self._failed.append(link.peer)

    def control_received(self, connection: PeerConnection, message: bytes) -> None:
        self._listener.link_control(self._by_connection[connection].peer, message)

    def blocks_received(self, connection: PeerConnection, message: bytes) -> None:
        self._listener.link_blocks(self._by_connection[connection].peer, message)

    def drained(self, connection: PeerConnection) -> None:
        self._listener.link_drained(self._by_connection[connection].peer)

    def candidates_found(self, connection: PeerConnection, candidates: tuple[Candidate, ...]) -> None:
        link = self._by_connection[connection]
        if self._time() - link.began > _SLOW_STUN_S:
            self._no_stun_until = self._time() + _STUN_PAUSE_S
        self._send(Trickle(link.peer, link.offer, candidates))

    # Neighbours with a new name

    def _knows(self, peer: bytes) -> bool:
        return peer in self._links or any(link.named == peer for link in self._links.values() if link.opened)

    def _twin(self, fingerprint: bytes) -> Link | None:
        """The open link to whoever has this certificate."""
        return next((link for link in self._links.values() if link.opened and link.fingerprint == fingerprint), None)

    async def _stays(self, twin: Link, named: bytes) -> bool:
        """Keep an open link whose other side is alive, under the new name; give up one whose other side is not."""
        if twin.connection is not None and await twin.connection.alive() and self._links.get(twin.peer) is twin:
            twin.named = named
            self._count("known")
            return True
        self._drop(twin, "silent")
        return False

    async def _offered_again(self, twin: Link, message: Offered) -> None:
        if not await self._stays(twin, message.peer):
            self._take(message)

    async def _answered_again(self, twin: Link, link: Link, message: Answered) -> None:
        if await self._stays(twin, message.peer):
            self._drop(link, "known")
        elif self._links.get(link.peer) is link:
            self._agree(link, message)

    # Set-up

    def _take(self, message: Offered) -> None:
        """Answer an offer in place of all that is under way with its sender."""
        for link in list(self._links.values()):
            if link.peer == message.peer or (link.fingerprint == message.fingerprint and not link.opened):
                self._drop(link, "replaced")
        if self.slots == 0:
            return
        link = self._add(message.peer, message.role, message.offer, ours=False)
        link.fingerprint = message.fingerprint
        self._start(self._answer(link, message.connection, message.fingerprint))

    def _agree(self, link: Link, message: Answered) -> None:
        assert link.connection is not None
        link.fingerprint = message.fingerprint
        self._start(self._accept(link.connection, message.connection, message.fingerprint))

    async def _offer(self, link: Link) -> None:
        async with self._offers:
            if connection := self._connect(link):
                try:
                    offer = Offer(link.peer, link.offer, await connection.offer())
                    link.waits = True
                    self._tell(link, offer)
                except ConnectionFailed as error:
                    self._fail(link, error)
                await link.over.wait()

    async def _answer(self, link: Link, remote: Connection, fingerprint: bytes) -> None:
        async with self._answers:
            if connection := self._connect(link):
                try:
                    self._tell(link, Answer(link.peer, link.offer, await connection.answer(remote, fingerprint)))
                except ConnectionFailed as error:
                    self._fail(link, error)
                await link.over.wait()

    async def _accept(self, connection: PeerConnection, remote: Connection, fingerprint: bytes) -> None:
        try:
            await connection.accept(remote, fingerprint)
        except ConnectionFailed as error:
            connection.fail(error.reason)

    def _connect(self, link: Link) -> PeerConnection | None:
        """Open a connection for a link, unless it was given up while it waited for its turn."""
        if self._links.get(link.peer) is not link:
            return None
        stun = () if self._time() < self._no_stun_until else self.stun
        link.began = self._time()
        link.connection = PeerConnection(self, self._certificate, stun)
        self._by_connection[link.connection] = link
        link.connection.add_candidates(link.early)
        return link.connection

    def _tell(self, link: Link, message: ToTracker) -> None:
        if not self._send(message):
            self._drop(link, "no tracker")

    def _fail(self, link: Link, error: ConnectionFailed) -> None:
        logger.info("connection to %s: %s", link.peer.hex()[:8], error)
        self._drop(link, error.reason)

    def _add(self, peer: bytes, role: int, offer: int, ours: bool) -> Link:
        link = Link(peer, role, offer, ours, self._time())
        self._links[peer] = link
        return link

    def _drop(self, link: Link, reason: str) -> None:
        if link.connection is not None:
            link.connection.fail(reason)
        self._forget(link)

    def _forget(self, link: Link) -> None:
        link.over.set()
        if self._links.get(link.peer) is link:
            del self._links[link.peer]

    def _connection(self, peer: bytes) -> PeerConnection | None:
        link = self._links.get(peer)
        return link.connection if link is not None else None

    def _is_banned(self, name: bytes) -> bool:
        return self._bans.holds(name, self._time())

    def _count(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _start(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]] | None = None) -> None:
        tasks = self._tasks if tasks is None else tasks
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()
