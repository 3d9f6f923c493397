"""A class watched by exchanges in memory, whose uplinks are as narrow as a test wants them: how much comes from peers.

Each uplink sends one message at a time, in turn to those that wait, so that a block to one neighbour delays the next.
"""

import heapq
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from swarm.exchange import Exchange, ExchangeSettings
from swarm.exchange_events import Close, Event, FetchHttp, FetchProof, Finished, SendBlocks, SendControl
from swarm.identity import prove
from swarm.library import Listing
from swarm.load import Duty
from swarm.peer_messages import VIEWER
from tests.unit.swarm.memory_network import KEY, PARAMETERS, segment_bytes

_HTTP_PIECE = 32 * 1024
_OVERHEAD = 100
"""What a control message costs on the wire beside its own bytes: IP, UDP, DTLS, SCTP, and its acknowledgement."""


@dataclass(eq=False)
class Member:
    """One viewer: its exchange, its uplink in bytes/s, and what waits there for each neighbour."""

    exchange: Exchange
    uplink: int
    alive: bool = True
    waiting: dict[bytes, deque[bytes]] = field(default_factory=dict)
    sending: bool = False
    wake: int = 0
    played: dict[int, int] = field(default_factory=dict)
    late: int = 0
    turn: deque[bytes] = field(default_factory=deque)
    owed: int = 0
    behind: int = 0


@dataclass
class PacedClass:
    """A live class of `size` bytes every `every` ms. Times in ms, rates in bytes/s.

    Control messages take their share of the uplink, and what left a buffer is under way for `delay` and `pipe`.
    """

    size: int = 250_000
    every: int = 4000
    slack: int = 9000
    delay: int = 20
    pipe: int = 300
    http_rate: int = 2_000_000
    http_delay: int = 30
    learn: int = 100
    apart: int = 2000
    seed: int = 2
    now: int = 1_000_000
    stripes: int = 1
    members: dict[bytes, Member] = field(default_factory=dict)
    http: Counter[int] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    sequence: int = 0
    objects: dict[bytes, bytes] = field(default_factory=dict)
    sequences: dict[bytes, int] = field(default_factory=dict)
    _queue: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0
    _touched: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def join(self, name: bytes, uplink: int) -> Member:
        exchange = Exchange(ExchangeSettings(VIEWER, "test", 32 << 20), PARAMETERS)
        exchange.me = name
        member = self.members[name] = Member(exchange, uplink, behind=self.rng.randrange(self.apart + 1))
        return member

    def connect_all(self, degree: int = 99) -> None:
        """Join every pair, or each with `degree` others by lot."""
        names = list(self.members)
        pairs = {(a, b) for i, a in enumerate(names) for b in names[i + 1 :]}
        if degree < len(names) - 1:
            pairs = set()
            for a in names:
                others = self.rng.sample([n for n in names if n != a], degree // 2)
                pairs |= {(min(a, b), max(a, b)) for b in others}
        self._touched.update(names)
        for a, b in sorted(pairs):
            self.members[a].exchange.peer_opened(b, VIEWER, self.now)
            self.members[b].exchange.peer_opened(a, VIEWER, self.now)

    def appoint(self) -> None:
        """As the tracker does: the first that are there feed."""
        alive = [name for name, member in self.members.items() if member.alive]
        for name in alive:
            place = alive.index(name)
            self.members[name].exchange.duties[KEY.item] = duty(place, min(self.stripes, len(alive)), len(alive))

    def kill(self, name: bytes, notice: int = 15_000) -> None:
        """A viewer vanishes without a word; the others notice after so long."""
        self.members[name].alive = False

        def notice_it() -> None:
            for member in self.members.values():
                if member.alive:
                    member.exchange.peer_closed(name, self.now)
            self._touched.update(self.members)
            self.appoint()

        self.later(notice, notice_it)

    def run(self, segments: int) -> None:
        """Publish and play so many segments."""
        end = self.now + segments * self.every
        for k in range(segments):
            self.later(k * self.every, self._publish)
        self.step_until(end)
        self.step_until(end + self.slack + 1000)

    def _publish(self) -> None:
        self.sequence += 1
        data = segment_bytes(self.sequence, self.size)
        segment_id = prove(data).id
        self.objects[segment_id] = data
        self.sequences[segment_id] = self.sequence
        listing = Listing(KEY, self.sequence, segment_id, self.size, True)
        for name, member in self.members.items():
            if member.alive:
                due = self.now + self.slack + member.behind
                self.later(self.rng.randrange(self.learn + 1), partial(self._want, name, listing, due))

    def _want(self, name: bytes, listing: Listing, deadline: int) -> None:
        member = self._told(name)
        member.exchange.want(listing, deadline, self.now)
        self.later(max(deadline - self.now, 0), lambda: self._due(member, listing.sequence))

    def _due(self, member: Member, sequence: int) -> None:
        if member.alive and sequence not in member.played:
            member.late += 1

    def later(self, delay: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (self.now + delay, self._count, action))

    def step_until(self, end: int) -> None:
        while True:
            self._poll_all()
            wake = min((m.wake for m in self.members.values() if m.alive), default=end)
            due = min(wake, self._queue[0][0]) if self._queue else wake
            if due > end:
                break
            self.now = max(due, self.now)
            while self._queue and self._queue[0][0] <= self.now:
                heapq.heappop(self._queue)[2]()
        self.now = end

    def _told(self, name: bytes) -> Member:
        """A member that hears of something now."""
        self._touched.add(name)
        return self.members[name]

    def _poll_all(self) -> None:
        """Poll whoever was told something, or wanted to be polled by now."""
        for name, member in self.members.items():
            if member.alive and (name in self._touched or member.wake <= self.now):
                self._poll(name, member)
        self._touched.clear()

    def _poll(self, name: bytes, member: Member) -> None:
        while True:
            member.wake = max(member.exchange.poll(self.now), self.now + 1)
            events = member.exchange.take_events()
            if not events:
                return
            for event in events:
                self._carry(name, member, event)

    def _carry(self, name: bytes, member: Member, event: Event) -> None:
        match event:
            case SendControl(peer, data):
                member.owed += len(data) + _OVERHEAD
                self.later(self.delay, lambda: self._control(name, peer, data))
            case SendBlocks(peer, data):
                if peer not in member.waiting:
                    member.waiting[peer] = deque()
                    member.turn.append(peer)
                member.waiting[peer].append(data)
                self._pump(name, member)
            case Close(peer, reason):
                self.closed[reason] += 1
                self.later(self.delay, lambda: self._told(peer).exchange.peer_closed(name, self.now))
            case FetchHttp():
                self.later(self.http_delay, lambda: self._http(member, event, event.offset))
            case FetchProof(segment):
                self.later(self.http_delay, lambda: self._proof(member, segment))
            case Finished(segment):
                member.played[self.sequences[segment]] = self.now
            case _:
                pass

    def _control(self, sender: bytes, peer: bytes, data: bytes) -> None:
        if self.members[peer].alive:
            self._told(peer).exchange.control_received(sender, data, self.now)

    def _pump(self, name: bytes, member: Member) -> None:
        if member.sending:
            return
        for _ in range(len(member.turn)):
            peer = member.turn[0]
            member.turn.rotate(-1)
            if member.waiting[peer]:
                data = member.waiting[peer].popleft()
                member.sending = True
                size, member.owed = len(data) + member.owed, 0
                self.later(max(size * 1000 // member.uplink, 1), partial(self._sent, name, member, peer, data))
                return

    def _sent(self, name: bytes, member: Member, peer: bytes, data: bytes) -> None:
        member.sending = False
        if not member.alive:
            return
        left = sum(len(one) for one in member.waiting[peer])
        self._touched.add(name)
        member.exchange.buffered(peer, left, self.now)
        self.later(self.delay + self.pipe, lambda: self._blocks(name, peer, data))
        self._pump(name, member)

    def _blocks(self, sender: bytes, peer: bytes, data: bytes) -> None:
        if self.members[peer].alive:
            self._told(peer).exchange.blocks_received(sender, data, self.now)

    def _http(self, member: Member, fetch: FetchHttp, at: int) -> None:
        if not member.alive or fetch.segment in {s for s, k in self.sequences.items() if k in member.played}:
            return
        end = min(at + _HTTP_PIECE, fetch.offset + fetch.size)
        part = self.objects[fetch.segment][at:end]
        self._touched.add(member.exchange.me)
        self.http[self.sequences[fetch.segment]] += len(part)
        member.exchange.downloads.http_data(fetch.segment, fetch.first, part, self.now)
        if end < fetch.offset + fetch.size:
            self.later(len(part) * 1000 // self.http_rate, lambda: self._http(member, fetch, end))

    def _proof(self, member: Member, segment: bytes) -> None:
        self._touched.add(member.exchange.me)
        member.exchange.downloads.proof(b"http", segment, prove(self.objects[segment]).encode(), self.now)

    # Figures

    def offload(self, first: int, last: int) -> tuple[float, float]:
        """Offload and its bound for the segments from `first` to `last`."""
        span = range(first, last + 1)
        played = sum(k in m.played for m in self.members.values() for k in span) * self.size
        bound = 1 - len(span) * self.size / played
        uplinks = sum(m.uplink for m in self.members.values() if m.alive)
        alive = sum(m.alive for m in self.members.values())
        bound = min(bound, uplinks * self.every / 1000 / (alive * self.size))
        return 1 - sum(self.http[k] for k in span) / played, bound

    def wasted(self) -> float:
        """Block bytes received for nothing against those played."""
        wasted = sum(m.exchange.counters["wasted"] for m in self.members.values())
        return wasted / (sum(len(m.played) for m in self.members.values()) * self.size)


def duty(place: int, stripes: int, members: int) -> Duty:
    return Duty(place if place < stripes else -1, stripes, members)
