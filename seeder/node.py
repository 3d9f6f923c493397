"""The shell of one peer in one course: drives `swarm.exchange` with connections, the tracker, HTTP and the clock."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from seeder.certificate import Certificate
from seeder.fetches import Fetches
from seeder.http_source import HttpSource
from seeder.mesh import Mesh
from seeder.origin_api import Grant
from seeder.presence import Presence, Standing
from seeder.tracker_client import TrackerClient
from swarm.exchange import Exchange, ExchangeSettings
from swarm.exchange_events import (
    AbortHttp,
    Close,
    Demanded,
    Event,
    Failed,
    FetchHttp,
    FetchProof,
    Finished,
    SendBlocks,
    SendControl,
)
from swarm.library import Listing
from swarm.load import Duty as ItemDuty
from swarm.peer_messages import SEEDER, VIEWER
from swarm.policy import load_parameters
from swarm.tracker_messages import (
    Answered,
    Candidates,
    Duty,
    FromTracker,
    Gone,
    Offered,
    Refused,
    Report,
    Trickled,
    Welcome,
)

logger = logging.getLogger(__name__)
_LEAST_POLL_S = 0.004
"""Decisions are made so often at most: bytes arrive in many small pieces."""
_BUFFER_POLL_MS = 50
_MOST_WAIT_MS = 1000
_MODES = ("mesh", "site", "seeders", "off")
"""From the freest to the strictest: whom a viewer may meet."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Who this peer is. `role` is VIEWER or SEEDER, `admin_token` what buys a seeder's ticket, `degree` how many
    neighbours it looks for and `most_links` how many it takes; with `p2p` off it only reports. `upload` caps what it
    sends, in bytes/s (0: no cap)."""

    role: int
    agent: str
    cache_bytes: int
    degree: int
    most_links: int
    admin_token: str | None = None
    p2p: bool = True
    upload: int = 0


class NodeListener(Protocol):
    """What the owner of a node wants to hear. Nothing here may raise."""

    def finished(self, event: Finished) -> None:
        """A wanted segment is complete and verified."""

    def failed(self, event: Failed) -> None:
        """A wanted segment cannot be had now."""

    def demanded(self, segment: bytes) -> None:
        """A neighbour wants an offered segment that is not in memory."""

    def duty(self, item: str) -> None:
        """The duty in an item changed."""


class Node:
    """One peer of one course."""

    def __init__(
        self,
        course: str,
        settings: NodeSettings,
        source: HttpSource,
        certificate: Certificate,
        listener: NodeListener,
    ) -> None:
        self.course = course
        self.settings = settings
        self.source = source
        self.report_ms = 5000
        self.grant: Grant | None = None
        self._listener = listener
        self._certificate = certificate
        self._parameters = load_parameters()
        self.exchange = Exchange(self._exchange_settings(), self._parameters)
        self.tracker = TrackerClient(source.lasting, self, self._ask, self._tracker_url, settings.agent)
        self.mesh = Mesh(self, self.tracker.send, certificate, settings.degree, settings.most_links)
        self._presence = Presence(self, self.tracker.send, settings.degree)
        self._fetches = Fetches(source, self.exchange, self.now, self._soon)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._polled = 0.0
        self._closed = False

    def _exchange_settings(self) -> ExchangeSettings:
        own = self.settings
        # What a seeder offers it can always fetch again.
        again = own.role == SEEDER
        return ExchangeSettings(own.role, own.agent, own.cache_bytes, own.upload, own.p2p, lambda _: again)

    # The owner's side

    def join(self) -> None:
        """Enter the swarm: talk to the tracker, announce what is watched, meet peers."""
        self._start(self.tracker.run())
        self._start(self._presence.run())

    def watch(self, item: str) -> Standing:
        """Announce an item from now on; the caller keeps the standing up to date. All items of the course share the
        connections."""
        return self._presence.watch(item)

    def leave(self, item: str) -> None:
        """Stop announcing an item; the connections stay."""
        self._presence.leave(item)

    def now(self) -> int:
        """The clock of the exchange, in ms."""
        return int(self._loop.time() * 1000)

    def want(self, listing: Listing, deadline: int, *, urgent: bool = False, spare: bool = False) -> None:
        """Get a segment by `deadline` (ms on `now`'s clock)."""
        self.exchange.want(listing, deadline, self.now(), urgent=urgent, spare=spare)
        self._soon()

    def unwant(self, segment: bytes) -> None:
        """A segment is no longer needed."""
        self.exchange.unwant(segment, self.now())
        self._soon()

    def offer(self, listing: Listing) -> None:
        """Announce a segment that can be had on demand."""
        self.exchange.offer(listing)
        self._soon()

    def store(self, listing: Listing, data: bytes) -> None:
        """Take a whole segment from the owner's store. Raises BadBytes."""
        self.exchange.store(listing, data)
        self._soon()

    def report(self, report: Report) -> bool:
        """Send telemetry; False while the tracker is away."""
        return self.tracker.send(report)

    async def close(self) -> None:
        """Leave the swarm and release everything."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._presence.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(self._fetches.close(), *tasks, return_exceptions=True)
        await self.mesh.close()

    # The tracker

    def granted(self, grant: Grant) -> None:
        before = self.grant.mode if self.grant is not None else grant.mode
        self.grant = grant
        self.mesh.stun = grant.stun
        self._steer(grant.mode, before)
        if grant.upload:
            own = self.settings.upload or grant.upload // 8
            self.exchange.set_upload_cap(max(min(own, grant.upload // 8), 1))

    def heard(self, message: FromTracker) -> None:
        match message:
            case Welcome():
                self.exchange.me = self.mesh.me = message.peer
                self._presence.announce_ms, self.report_ms = message.announce_ms, message.report_ms
                self._presence.announce()
            case Candidates():
                self._introduced(message)
            case Offered():
                if self.meets and self._may_meet(message.role):
                    self.mesh.offered(message)
            case Answered():
                self.mesh.answered(message)
            case Trickled():
                self.mesh.trickled(message)
            case Gone():
                self.mesh.gone(message)
            case Duty():
                self.exchange.duties[message.item] = ItemDuty(message.stripe, message.stripes, message.members)
                self._listener.duty(message.item)
                self._soon()
            case Refused():
                logger.info("the tracker refused (%s): %s", message.reason, message.message)

    def lost(self) -> None:
        """Links stay; only introductions wait."""

    async def _ask(self) -> Grant:
        return await self.source.ticket(self.course, self._certificate.fingerprint, self.settings.admin_token)

    def _tracker_url(self, grant: Grant) -> str:
        url = self.source.url(grant.tracker)
        return url.replace("http", "ws", 1) if url.startswith("http") else url

    @property
    def joined(self) -> bool:
        """Whether the tracker has let this peer in."""
        return self.tracker.joined

    @property
    def meets(self) -> bool:
        """Whether this peer meets others now: it wants to and may."""
        return self.settings.p2p and self.grant is not None and self.grant.mode != "off"

    def _may_meet(self, role: int) -> bool:
        """Introductions and offers may be on their way when a ticket becomes stricter."""
        open_to_viewers = self.settings.role == SEEDER or self.grant is None or self.grant.mode != "seeders"
        return role == SEEDER or open_to_viewers

    def _introduced(self, message: Candidates) -> None:
        if self.meets:
            allowed = tuple(one for one in message.peers if self._may_meet(one.role))
            self.mesh.candidates(Candidates(message.item, allowed))
        if message.peers:
            self._presence.lack()

    def _steer(self, mode: str, before: str) -> None:
        """Give up what a stricter ticket forbids. Who may be met under the new mode only the tracker knows: it
        introduces them again."""
        self.exchange.set_uploads(self.meets, self.now())
        if not self.meets:
            self._part()
        elif self.settings.role == VIEWER and _MODES.index(mode) > _MODES.index(before):
            self._part(VIEWER)
        self._soon()

    def _part(self, role: int | None = None) -> None:
        """Say goodbye to all neighbours, or those of one role, and give up links that are under way."""
        for peer, neighbour in list(self.exchange.neighbours.items()):
            if role is None or neighbour.role == role:
                self.part_with(peer, "leave")
        self.mesh.drop_all(role)

    def part_with(self, peer: bytes, reason: str) -> None:
        """Part with a neighbour."""
        self.exchange.close(peer, reason, self.now())
        self._carry_all()

    # The links

    def link_opened(self, peer: bytes, role: int) -> None:
        self.exchange.peer_opened(peer, role, self.now())
        self._soon()

    def link_closed(self, peer: bytes) -> None:
        self.exchange.peer_closed(peer, self.now())
        if not self._closed:
            self._presence.lack()
        self._soon()

    def link_control(self, peer: bytes, message: bytes) -> None:
        self.exchange.control_received(peer, message, self.now())
        self._soon()

    def link_blocks(self, peer: bytes, message: bytes) -> None:
        self.exchange.blocks_received(peer, message, self.now())
        self._soon()

    def link_drained(self, peer: bytes) -> None:
        self._soon()

    # The exchange

    def _soon(self) -> None:
        """Poll as soon as the least pause between polls allows."""
        self._poll_at(max(self._polled + _LEAST_POLL_S, self._loop.time()))

    def _poll_at(self, due: float) -> None:
        if self._closed:
            return
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        self._timer = self._loop.call_at(due, self._poll)

    def _poll(self) -> None:
        self._timer = None
        self._polled = self._loop.time()
        now = self.now()
        full = False
        for peer, size in self.mesh.buffered():
            full = full or size > 0
            self.exchange.buffered(peer, size, now)
        wake = self.exchange.poll(now)
        self._carry_all()
        wait_ms = min(max(wake - now, 1), _BUFFER_POLL_MS if full else _MOST_WAIT_MS)
        self._poll_at(self._polled + wait_ms / 1000)

    def _carry_all(self) -> None:
        for event in self.exchange.take_events():
            self._carry(event)

    def _carry(self, event: Event) -> None:
        match event:
            case SendControl():
                self.mesh.send_control(event.peer, event.data)
            case SendBlocks():
                self.mesh.send_blocks(event.peer, event.data, self._low_mark(event.peer))
            case Close():
                self.mesh.part(event.peer, event.reason, fault=event.fault)
            case FetchHttp():
                self._fetches.fetch(event)
            case AbortHttp():
                self._fetches.abort(event)
            case FetchProof():
                self._fetches.fetch_proof(event.segment)
            case Finished():
                self._listener.finished(event)
            case Failed():
                self._listener.failed(event)
            case Demanded():
                self._listener.demanded(event.segment)

    def _low_mark(self, peer: bytes) -> int:
        """Half of what may stand in the send buffer, so that it never runs dry between two events."""
        neighbour = self.exchange.neighbours.get(peer)
        return max(neighbour.room() + neighbour.buffered, 0) // 2 if neighbour is not None else 0

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
