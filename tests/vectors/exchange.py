"""Vectors of swarm/exchange.py: everything that went into one peer of a network in memory, and all that came out.

A step is a compact JSON array that begins with its name. Bytes of segments are told as [object, offset, size], where
object 0 is the first that was listed; byte i * 16 of it begins the text of 8 digits of its sequence and 8 of i.
"""

import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from swarm.blocks import decode_blocks, encode_blocks
from swarm.exchange import Exchange
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
from swarm.identity import id_text
from swarm.library import Listing
from swarm.load import Duty
from swarm.peer_messages import NOT_HELD, Have, Refuse
from tests.unit.swarm.attacker import Stage
from tests.unit.swarm.memory_network import KEY, Network
from tests.unit.swarm.test_exchange_attacks import INWARD, TABLE

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16
_HEADER = 6
_SHORT = 10_000


class Tape:
    """Stands in for one exchange of a network and writes down what it hears and does."""

    def __init__(self, net: Network, exchange: Exchange) -> None:
        self.net = net
        self.exchange = exchange
        self.steps: list[str] = []
        self.downloads = DownloadsTape(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.exchange, name)

    def note(self, *step: Any) -> None:
        self.steps.append(json.dumps(step, separators=(",", ":")))

    def piece(self, data: bytes) -> Any:
        """Bytes of a segment in short; other bytes in hexadecimal."""
        for index, whole in enumerate(self.net.objects.values()):
            offset = whole.find(data)
            if data and offset >= 0:
                return [index, offset, len(data)]
        return data.hex()

    def peer_opened(self, peer: bytes, role: int, now: int) -> None:
        self.note("peer_opened", peer.hex(), role, now)
        self.exchange.peer_opened(peer, role, now)

    def peer_closed(self, peer: bytes, now: int) -> None:
        self.note("peer_closed", peer.hex(), now)
        self.exchange.peer_closed(peer, now)

    def control_received(self, peer: bytes, data: bytes, now: int) -> None:
        self.note("control", peer.hex(), data.hex(), now)
        self.exchange.control_received(peer, data, now)

    def blocks_received(self, peer: bytes, data: bytes, now: int) -> None:
        self.note("blocks", peer.hex(), data[:_HEADER].hex(), self.piece(data[_HEADER:]), now)
        self.exchange.blocks_received(peer, data, now)

    def buffered(self, peer: bytes, size: int, now: int) -> None:
        self.note("buffered", peer.hex(), size, now)
        self.exchange.buffered(peer, size, now)

    def listed(self, listing: Listing) -> None:
        self.note("listed", _place(listing))
        self.exchange.listed(listing)

    def want(self, listing: Listing, deadline: int, now: int, *, urgent: bool = False) -> None:
        self.note("want", _place(listing), deadline, now, urgent)
        self.exchange.want(listing, deadline, now, urgent=urgent)

    def unwant(self, segment_id: bytes, now: int) -> None:
        self.note("unwant", id_text(segment_id), now)
        self.exchange.unwant(segment_id, now)

    def store(self, listing: Listing, data: bytes) -> None:
        self.note("store", _place(listing), self.piece(data))
        self.exchange.store(listing, data)

    def offer(self, listing: Listing) -> None:
        self.note("offer", _place(listing))
        self.exchange.offer(listing)

    def given_up(self, segment_id: bytes) -> None:
        self.note("given_up", id_text(segment_id))
        self.exchange.given_up(segment_id)

    def set_duty(self, duty: Duty) -> None:
        self.note("duty", KEY.item, *astuple(duty))
        self.exchange.duties[KEY.item] = duty

    def poll(self, now: int) -> int:
        wake = self.exchange.poll(now)
        if not self._said_nothing_new(now, wake):
            self.note("poll", now, wake)
        return wake

    def _said_nothing_new(self, now: int, wake: int) -> bool:
        """The same poll again, with nothing in between, is idempotent and would only make the file long."""
        return bool(self.steps) and self.steps[-1] == json.dumps(("poll", now, wake), separators=(",", ":"))

    def take_events(self) -> list[Event]:
        events = self.exchange.take_events()
        if events:
            self.note("events", [self._told(event) for event in events])
        return events

    def _told(self, event: Event) -> list[Any]:
        match event:
            case SendControl(peer, data):
                return ["SendControl", peer.hex(), data.hex()]
            case SendBlocks(peer, data):
                return ["SendBlocks", peer.hex(), data[:_HEADER].hex(), self.piece(data[_HEADER:])]
            case Close(peer, reason, fault):
                return ["Close", peer.hex(), reason, fault]
            case FetchHttp():
                span = [event.first, event.count, event.offset, event.size, event.whole]
                return ["FetchHttp", id_text(event.segment), *span]
            case AbortHttp(segment, first):
                return ["AbortHttp", id_text(segment), first]
            case FetchProof(segment):
                return ["FetchProof", id_text(segment)]
            case Finished(segment, came):
                return ["Finished", id_text(segment), [[_source(source), size] for source, size in came]]
            case Failed(segment, reason):
                return ["Failed", id_text(segment), reason]
        return [type(event).__name__, id_text(event.segment)]


class DownloadsTape:
    """The same for what comes over HTTP."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tape.exchange.downloads, name)

    def http_data(self, segment: bytes, first: int, data: bytes, now: int) -> None:
        self._tape.note("http_data", id_text(segment), first, self._tape.piece(data), now)
        self._tape.exchange.downloads.http_data(segment, first, data, now)

    def http_failed(self, segment: bytes, first: int, now: int) -> None:
        self._tape.note("http_failed", id_text(segment), first, now)
        self._tape.exchange.downloads.http_failed(segment, first, now)

    def proof(self, source: bytes, segment: bytes, encoded: bytes, now: int) -> None:
        self._tape.note("proof", _source(source), id_text(segment), encoded.hex(), now)
        self._tape.exchange.downloads.proof(source, segment, encoded, now)

    def proof_failed(self, segment: bytes, now: int) -> None:
        self._tape.note("proof_failed", id_text(segment), now)
        self._tape.exchange.downloads.proof_failed(segment, now)


def _place(listing: Listing) -> list[Any]:
    return [listing.sequence, id_text(listing.id), listing.size, listing.live]


def _source(source: bytes) -> str:
    return "http" if source == b"http" else source.hex()


def exchange_vectors() -> dict[str, Any]:
    stories: list[Callable[[], tuple[Network, Tape]]] = [
        _relay, _many_sources, _lies, _silence, _capped, _in_step, _origin_down, _evicts, _vanishes, _backed,
    ]  # fmt: skip
    told = [(story.__name__.removeprefix("_"), *story()) for story in stories] + _attacks()
    return {
        "item": KEY.item,
        "track": KEY.track,
        "conversations": [
            {
                "name": name,
                "me": tape.exchange.me.hex(),
                "cache_bytes": tape.exchange.settings.cache_bytes,
                "upload": tape.exchange.settings.upload_bytes_per_s,
                "backed": [id_text(one) for one in net.objects if tape.exchange.settings.backed(one)],
                "objects": [[int(data[:8]), len(data)] for data in net.objects.values()],
                "steps": tape.steps,
                "counters": dict(tape.exchange.counters),
            }
            for name, net, tape in told
        ],
    }


def _attacks() -> list[tuple[str, Network, Tape]]:
    """What hostile peers say, where it is short enough to be written down, and a liar that is found out."""
    tapes: list[Tape] = []

    def watch(net: Network, exchange: Exchange) -> Tape:
        tapes.append(Tape(net, exchange))
        return tapes[-1]

    names = [name for name, _, attack in TABLE if attack not in INWARD]
    for attack in (attack for _, _, attack in TABLE if attack not in INWARD):
        attack(Stage(watch=watch))
    lied = Stage(watch=watch)
    for sequence in range(2, 5):
        lied.say(Refuse(lied.want(lied.net.listing(sequence, 20_000)).request, NOT_HELD), Have(0, 0, b"\xff"))
        lied.net.run(2100)
        lied.said.clear()
    told = zip([*names, "a liar"], tapes, strict=True)
    return [(name, tape.net, tape) for name, tape in told if sum(map(len, tape.steps)) < _SHORT]


def _network(names: tuple[bytes, ...], watched: bytes, **settings: Any) -> tuple[Network, Tape]:
    own = {key: settings.pop(key) for key in ("cache", "upload", "backed") if key in settings}
    net = Network(**settings)
    for name in names:
        net.add(name, **(own if name == watched else {}))
    tape = Tape(net, net.peers[watched])
    net.peers[watched] = tape  # type: ignore[assignment]
    return net, tape


def _relay() -> tuple[Network, Tape]:
    """B hands a live segment on to C while it arrives from A."""
    net, tape = _network((A, B, C), B, rate=200_000, http_rate=200_000)
    net.connect(A, B)
    net.connect(B, C)
    net.peers[A].duties[KEY.item] = Duty(0, 1, 3)
    tape.set_duty(Duty(-1, 1, 3))
    net.run(100)
    one = net.listing(0, 150_000)
    for name in (A, B, C):
        net.peers[name].listed(one)
        net.peers[name].want(one, net.now + 8000, net.now)
    net.run(4000)
    return net, tape


def _many_sources() -> tuple[Network, Tape]:
    net, tape = _network((A, C, B), B, rate=300_000)
    one = net.listing(0, 300_001)
    for name in (A, C):
        net.store(name, one)
        net.connect(name, B)
    net.run(100)
    net.peers[B].want(one, net.now + 8000, net.now)
    net.run(2500)
    return net, tape


def _spoilt(event: Event) -> Event:
    if not isinstance(event, SendBlocks):
        return event
    blocks = decode_blocks(event.data)
    return SendBlocks(event.peer, encode_blocks(blocks.request, blocks.first, b"\0" * 99 + blocks.data[99:200]))


def _lies() -> tuple[Network, Tape]:
    """A sends wrong bytes; C and HTTP bring the right ones."""
    net, tape = _network((A, B, C), B)
    one = net.listing(0, 100_000)
    for name in (A, C):
        net.store(name, one)
        net.connect(name, B)
    net.run(100)
    net.hook = lambda name, event: _spoilt(event) if name == A else event
    net.peers[B].want(one, net.now + 6000, net.now)
    net.run(5000)
    return net, tape


def _silence() -> tuple[Network, Tape]:
    net, tape = _network((A, B), B)
    one = net.listing(0, 100_000)
    net.store(A, one)
    net.connect(A, B)
    net.run(100)
    net.hook = lambda name, event: None if name == A and isinstance(event, SendBlocks) else event
    net.peers[B].want(one, net.now + 6000, net.now)
    net.run(6000)
    return net, tape


def _capped() -> tuple[Network, Tape]:
    """B uploads to two others under a cap, what it holds and what is not asked in order."""
    net, tape = _network((A, B, C), B, upload=60_000)
    one, other = net.listing(0, 90_000), net.listing(1, 50_000)
    for listing in (one, other):
        net.store(B, listing)
    net.connect(A, B)
    net.connect(B, C)
    net.run(100)
    net.peers[A].want(other, net.now + 30_000, net.now)
    net.peers[C].want(one, net.now + 20_000, net.now)
    net.run(6000)
    return net, tape


def _in_step() -> tuple[Network, Tape]:
    net, tape = _network((A, B, C), B, live=False)
    for one, other in ((A, B), (B, C), (A, C)):
        net.connect(one, other)
    for sequence in range(3):
        listing = net.listing(sequence, 60_000)
        for name in (A, B, C):
            net.peers[name].want(listing, net.now + 20_000, net.now)
        net.run(3000)
    return net, tape


def _origin_down() -> tuple[Network, Tape]:
    """HTTP fails, comes back, and lies in the end."""
    net, tape = _network((B,), B, http_up=False)
    one = net.listing(0, 40_000)
    net.peers[B].want(one, net.now + 6000, net.now, urgent=True)
    net.run(400)
    net.http_up = True
    net.run(2000)
    false = net.listing(1, 40_000)
    net.objects[false.id] = net.objects[one.id]
    net.peers[B].want(false, net.now + 6000, net.now)
    net.run(8000)
    return net, tape


def _evicts() -> tuple[Network, Tape]:
    """B's memory is small: it tells A what it drops, and refuses it."""
    net, tape = _network((A, B), B, cache=100_000)
    net.connect(A, B)
    listings = [net.listing(sequence, 45_000) for sequence in range(4)]
    for listing in listings:
        net.store(B, listing)
        net.run(60)
    net.peers[A].listed(listings[0])
    net.peers[A].want(listings[3], net.now + 9000, net.now)
    net.run(1000)
    return net, tape


def _vanishes() -> tuple[Network, Tape]:
    """A leaves in the middle of a transfer, and what is no longer wanted is dropped."""
    net, tape = _network((A, B), B, rate=50_000)
    one, other = net.listing(0, 100_000), net.listing(1, 100_000)
    for listing in (one, other):
        net.store(A, listing)
    net.connect(A, B)
    net.run(100)
    net.peers[B].want(one, net.now + 9000, net.now)
    net.peers[B].want(other, net.now + 20_000, net.now)
    net.run(700)
    net.peers[B].unwant(other.id, net.now)
    net.disconnect(A, B)
    net.run(4000)
    return net, tape


def _backed() -> tuple[Network, Tape]:
    """B has a store behind its memory: it serves A from there, and takes back what the store lost."""
    backed: set[bytes] = set()
    net, tape = _network((A, B), B, cache=100_000, backed=backed)
    net.connect(A, B)
    listings = [net.listing(sequence, 45_000) for sequence in range(4)]
    backed |= {listing.id for listing in listings[:3]}
    by_id = {listing.id: listing for listing in listings}
    for listing in listings:
        net.peers[B].offer(listing)
    for listing in listings[:3]:
        net.store(B, listing)
    net.run(100)

    def look(name: bytes, event: Event) -> Event:
        if isinstance(event, Demanded) and event.segment in backed:
            tape.store(by_id[event.segment], net.objects[event.segment])
        elif isinstance(event, Demanded):
            tape.given_up(event.segment)
        return event

    net.hook = look
    for listing in (listings[0], listings[3]):
        net.peers[A].want(listing, net.now + 9000, net.now)
        net.run(1000)
    return net, tape
