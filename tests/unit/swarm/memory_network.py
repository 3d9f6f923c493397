"""Exchanges joined by a network in memory, under a clock that only the test moves."""

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

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
from swarm.identity import prove
from swarm.library import Listing, TrackKey
from swarm.peer_messages import SEEDER, VIEWER
from swarm.policy import load_parameters

PARAMETERS = load_parameters()
KEY = TrackKey("class-1", "v360")
Hook = Callable[[bytes, Event], Event | None]


def segment_bytes(sequence: int, size: int) -> bytes:
    """Deterministic bytes that differ in every block."""
    return b"".join(b"%08d%08d" % (sequence, i) for i in range(size // 16 + 1))[:size]


@dataclass
class Network:
    """All peers, the origin's objects, and what is under way between them; times in ms, rates in bytes/s."""

    delay: int = 10
    rate: int = 2_000_000
    http_delay: int = 20
    http_rate: int = 1_000_000
    http_up: bool = True
    live: bool = True
    now: int = 1_000_000
    peers: dict[bytes, Exchange] = field(default_factory=dict)
    objects: dict[bytes, bytes] = field(default_factory=dict)
    finished: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    sources: dict[tuple[bytes, bytes], dict[bytes, int]] = field(default_factory=dict)
    failed: list[tuple[bytes, bytes]] = field(default_factory=list)
    closed: list[tuple[bytes, bytes, str]] = field(default_factory=list)
    http_bytes: int = 0
    hook: Hook | None = None
    _queue: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _busy: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    _count: int = 0

    def add(
        self, name: bytes, role: int = VIEWER, cache: int = 64 << 20, upload: int = 0, backed: Collection[bytes] = ()
    ) -> Exchange:
        settings = ExchangeSettings(role, "test", cache, upload, backed=lambda one: role == SEEDER or one in backed)
        exchange = Exchange(settings, PARAMETERS)
        exchange.me = name
        self.peers[name] = exchange
        self.finished[name] = {}
        return exchange

    def connect(self, one: bytes, other: bytes) -> None:
        self.peers[one].peer_opened(other, self.peers[other].settings.role, self.now)
        self.peers[other].peer_opened(one, self.peers[one].settings.role, self.now)
        self.settle()

    def disconnect(self, one: bytes, other: bytes) -> None:
        self.peers[one].peer_closed(other, self.now)
        self.peers[other].peer_closed(one, self.now)

    def listing(self, sequence: int, size: int = 250_000) -> Listing:
        data = segment_bytes(sequence, size)
        segment_id = prove(data).id
        self.objects[segment_id] = data
        return Listing(KEY, sequence, segment_id, size, self.live)

    def store(self, name: bytes, listing: Listing) -> None:
        self.peers[name].listed(listing)
        self.peers[name].store(listing, self.objects[listing.id])
        self.settle()

    def later(self, delay: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (self.now + delay, self._count, action))

    def run(self, ms: int) -> None:
        """Let `ms` pass."""
        end = self.now + ms
        while True:
            wake = self.settle()
            due = min(wake, self._queue[0][0]) if self._queue else wake
            if due > end:
                break
            self.now = max(due, self.now)
            while self._queue and self._queue[0][0] <= self.now:
                heapq.heappop(self._queue)[2]()
        self.now = end

    def settle(self) -> int:
        """Poll everybody and send what came of it, until nothing more comes; returns the next wake-up."""
        while True:
            wakes = [exchange.poll(self.now) for exchange in self.peers.values()]
            events = [(name, event) for name, exchange in self.peers.items() for event in exchange.take_events()]
            if not events:
                return max(min(wakes, default=self.now), self.now + 1)
            for name, event in events:
                changed = self.hook(name, event) if self.hook else event
                if changed is not None:
                    self._carry(name, changed)

    def _carry(self, name: bytes, event: Event) -> None:
        match event:
            case SendControl(peer, data):
                self.later(self.delay, lambda: self._control(name, peer, data))
            case SendBlocks(peer, data):
                self._send_blocks(name, peer, data)
            case Close(peer, reason):
                self.closed.append((name, peer, reason))
                if peer in self.peers:
                    self.later(self.delay, lambda: self.peers[peer].peer_closed(name, self.now))
            case FetchHttp():
                self.later(self.http_delay, lambda: self._http(name, event))
            case FetchProof(segment):
                self.later(self.http_delay, lambda: self._proof(name, segment))
            case Finished(segment, came):
                self.finished[name][segment] = self.now
                self.sources[name, segment] = dict(came)
            case Failed(segment):
                self.failed.append((name, segment))
            case AbortHttp() | Demanded():
                pass

    def _control(self, sender: bytes, peer: bytes, data: bytes) -> None:
        if peer in self.peers:
            self.peers[peer].control_received(sender, data, self.now)

    def _send_blocks(self, sender: bytes, peer: bytes, data: bytes) -> None:
        start = max(self._busy.get((sender, peer), 0), self.now)
        end = start + len(data) * 1000 // self.rate
        self._busy[sender, peer] = end
        self.later(end - self.now + self.delay, lambda: self._blocks(sender, peer, data))

    def _blocks(self, sender: bytes, peer: bytes, data: bytes) -> None:
        if sender in self.peers:
            left = max(self._busy.get((sender, peer), 0) - self.now, 0) * self.rate // 1000
            self.peers[sender].buffered(peer, left, self.now)
        if peer in self.peers:
            self.peers[peer].blocks_received(sender, data, self.now)

    def _http(self, name: bytes, fetch: FetchHttp) -> None:
        if not self.http_up:
            self.peers[name].downloads.http_failed(fetch.segment, fetch.first, self.now)
            return
        data = self.objects[fetch.segment][fetch.offset : fetch.offset + fetch.size]
        self.http_bytes += len(data)
        piece = 32 * 1024
        for start in range(0, len(data), piece):
            delay = (start + piece) * 1000 // self.http_rate
            part = data[start : start + piece]
            self.later(delay, partial(self._http_part, name, fetch, part))

    def _http_part(self, name: bytes, fetch: FetchHttp, part: bytes) -> None:
        self.peers[name].downloads.http_data(fetch.segment, fetch.first, part, self.now)

    def _proof(self, name: bytes, segment: bytes) -> None:
        encoded = prove(self.objects[segment]).encode()
        if self.http_up:
            self.peers[name].downloads.proof(b"http", segment, encoded, self.now)
        else:
            self.peers[name].downloads.proof_failed(segment, self.now)
