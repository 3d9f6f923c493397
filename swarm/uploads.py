"""Which block to send to whom next: earliest deadline first, fair among neighbours, within credit, buffer and cap."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swarm import bitmap
from swarm.blocks import MAX_BLOCKS_PER_MESSAGE, encode_blocks
from swarm.errors import ProtocolError
from swarm.exchange_events import SendBlocks
from swarm.identity import BLOCK_BYTES
from swarm.neighbour import Neighbour, Serving
from swarm.peer_messages import LATE, Refuse, SegmentProof, Waiting, Want
from swarm.policy import NEVER
from swarm.segment import Segment
from swarm.uplink import STUCK_MS, Uplink

if TYPE_CHECKING:
    from swarm.exchange import Exchange

MOST_SERVING = 256
_WAITING_MS = 1200
Find = Callable[[bytes], Segment | None]
_QUARTER = 4


@dataclass(frozen=True, slots=True)
class Shipment:
    """Blocks to be sent now."""

    neighbour: Neighbour
    serving: Serving
    segment: Segment
    first: int
    count: int


class UploadCap:
    """Token bucket of bytes; a rate of 0 means no cap."""

    def __init__(self, bytes_per_s: int) -> None:
        self.rate = bytes_per_s
        self._tokens = bytes_per_s
        self._filled: int | None = None

    def allows(self, now: int) -> bool:
        """Some bytes may go out now."""
        if self.rate == 0:
            return True
        since = now if self._filled is None else self._filled
        self._tokens = min(self._tokens + self.rate * (now - since) // 1000, self.rate)
        self._filled = now
        return self._tokens > 0

    def ready(self, now: int) -> int:
        """When bytes may go out again, in ms, after `allows` said no."""
        return now + -self._tokens * 1000 // self.rate + 1

    def spend(self, size: int) -> None:
        """Bytes went out."""
        self._tokens -= size if self.rate else 0


class Uploads:
    """Sends proofs and blocks to the neighbours of one exchange as credit, buffers and the cap allow."""

    def __init__(self, exchange: "Exchange", bytes_per_s: int) -> None:
        self._exchange = exchange
        self._cap = UploadCap(bytes_per_s)
        self._uplink = Uplink(exchange.parameters)

    def drained(self, size: int, now: int) -> None:
        """Bytes left the send buffer of a neighbour."""
        self._uplink.drained(size, list(self._exchange.neighbours.values()), now)

    def set_cap(self, bytes_per_s: int) -> None:
        """Change the cap (0: none)."""
        if bytes_per_s != self._cap.rate:
            self._cap = UploadCap(bytes_per_s)

    def send(self, now: int) -> int:
        """Queue all that may go out now; returns when the cap lets more out, if that is what stopped it."""
        for neighbour in self._exchange.neighbours.values():
            for serving in list(neighbour.serving.values()):
                self._expire_or_prove(neighbour, serving, now)
        wake = self._send_all(list(self._exchange.neighbours.values()), now)
        self._uplink.note(wake != NEVER and any(n.serving for n in self._exchange.neighbours.values()), now)
        return min(wake, self._ask_for_patience(now))

    def _ask_for_patience(self, now: int) -> int:
        """Tell those to whom nothing went out for a second that they wait for the uplink, not for a sleeper."""
        if not self._uplink.full:
            return NEVER
        waiting = [neighbour for neighbour in self._exchange.neighbours.values() if neighbour.serving]
        for neighbour in waiting:
            if now - neighbour.told >= _WAITING_MS:
                neighbour.told = now
                self._exchange.say(neighbour, Waiting(next(iter(neighbour.serving))))
        return min((neighbour.told + _WAITING_MS for neighbour in waiting), default=NEVER)

    @property
    def strained(self) -> bool:
        """Somebody waits for the uplink: what is told beside blocks delays them."""
        return self._uplink.full

    def strain(self, now: int) -> int:
        """For how much of the time since the last call, in permille, somebody waited for the uplink."""
        return self._uplink.strain(now)

    def _send_all(self, neighbours: list[Neighbour], now: int) -> int:
        while self._cap.allows(now):
            if not self._uplink.has_room(neighbours, now):
                return now + STUCK_MS
            shipment = next_shipment(neighbours, self._exchange.find)
            if shipment is None:
                return NEVER
            self._ship_in_time(shipment, neighbours, now)
        return self._cap.ready(now)

    def _ship_in_time(self, shipment: Shipment, neighbours: list[Neighbour], now: int) -> None:
        """Send blocks, unless they would come too late: their receiver is about to fetch them over HTTP."""
        size = shipment.segment.block_bytes(shipment.first)
        if self._uplink.arrival(size, neighbours, now) <= shipment.serving.deadline:
            self._ship(shipment, now)
            return
        del shipment.neighbour.serving[shipment.serving.request]
        self._exchange.say(shipment.neighbour, Refuse(shipment.serving.request, LATE))

    def _expire_or_prove(self, neighbour: Neighbour, serving: Serving, now: int) -> None:
        if serving.deadline < now:
            del neighbour.serving[serving.request]
            self._exchange.say(neighbour, Refuse(serving.request, LATE))
            return
        segment = self._exchange.find(serving.segment) if serving.proof else None
        if segment is None or segment.proof is None:
            return
        serving.proof = False
        self._exchange.say(neighbour, SegmentProof(segment.id, segment.proof.encode()))
        if serving.blocks == 0:
            del neighbour.serving[serving.request]

    def _ship(self, shipment: Shipment, now: int) -> None:
        neighbour, serving, segment = shipment.neighbour, shipment.serving, shipment.segment
        data = b"".join(segment.block(shipment.first + k) for k in range(shipment.count))
        serving.blocks &= ~(bitmap.full(shipment.count) << shipment.first)
        if serving.blocks == 0:
            del neighbour.serving[serving.request]
        neighbour.send_rate.busy(now)
        neighbour.sent += len(data)
        neighbour.buffered += len(data)
        neighbour.told = now
        self._uplink.rate.busy(now)
        if neighbour.buffered == len(data):
            neighbour.drained = now
        segment.sent.update(range(shipment.first, shipment.first + shipment.count))
        self._cap.spend(len(data))
        self._exchange.counters["sent"] += len(data)
        self._exchange.emit(SendBlocks(neighbour.id, encode_blocks(serving.request, shipment.first, data)))


def take_want(neighbour: Neighbour, want: Want, now: int) -> Serving:
    """Queue a neighbour's want. Raises ProtocolError on a request number used twice or too many wants."""
    if want.request in neighbour.serving:
        raise ProtocolError("request", f"request {want.request} is under way already")
    if len(neighbour.serving) >= MOST_SERVING:
        raise ProtocolError("flood", f"more than {MOST_SERVING} wants at once")
    blocks = bitmap.full(want.count) << want.first
    serving = Serving(want.request, want.segment, blocks, now + want.deadline, want.proof or want.count == 0)
    if not neighbour.serving:
        neighbour.told = now
    neighbour.serving[want.request] = serving
    return serving


def next_shipment(neighbours: list[Neighbour], find: Find) -> Shipment | None:
    """The most urgent blocks that are here and may be sent; None when there is nothing to send.

    Among wants of the same neighbour the earliest deadline goes first; among neighbours, too, but one that was sent
    more than its share waits for the others with a deadline within the same second.
    """
    best: tuple[int, int, Shipment] | None = None
    for neighbour in neighbours:
        shipment = _first_of(neighbour, find)
        if shipment is None:
            continue
        rank = (shipment.serving.deadline // 1000, neighbour.sent, shipment)
        if best is None or rank[:2] < best[:2]:
            best = rank
    return best[2] if best else None


def message_blocks(neighbour: Neighbour) -> int:
    """Blocks per message: four on fast links, one where 64 KiB would take more than 250 ms."""
    quarter = neighbour.send_rate.value // _QUARTER
    return max(1, min(quarter // BLOCK_BYTES, MAX_BLOCKS_PER_MESSAGE))


def _first_of(neighbour: Neighbour, find: Find) -> Shipment | None:
    if neighbour.room() <= 0:
        return None
    for serving in sorted(neighbour.serving.values(), key=lambda s: s.deadline):
        segment = find(serving.segment)
        ready = serving.blocks & segment.held if segment is not None and segment.proof is not None else 0
        if ready == 0 or segment is None:
            continue
        first = min(bitmap.ones(ready), key=segment.sent.__getitem__)
        count = _run(ready >> first, message_blocks(neighbour))
        size = sum(segment.block_bytes(first + k) for k in range(count))
        if neighbour.sent + size <= neighbour.credit:
            return Shipment(neighbour, serving, segment, first, count)
        return None
    return None


def _run(bits: int, most: int) -> int:
    count = 1
    while count < most and bits >> count & 1:
        count += 1
    return count
