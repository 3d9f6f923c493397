"""One wanted segment: where each block stands, and how the policy sees it."""

import hashlib
from dataclasses import dataclass, field

from swarm import bitmap
from swarm.identity import BLOCK_BYTES
from swarm.library import Listing
from swarm.neighbour import Neighbour
from swarm.policy import ASKED, HELD, HTTP, MISSING, Parameters, View, http_latest, lecture_backup, live_backup
from swarm.segment import HTTP_SOURCE, Segment


@dataclass(slots=True)
class HttpRange:
    """Blocks on their way over HTTP, and the bytes of the block that is not whole yet."""

    first: int
    count: int
    done: int = 0
    tail: bytes = b""


@dataclass(slots=True)
class HttpState:
    """What is known of the HTTP path: bytes/s, round trip in ms, bytes asked and not yet here."""

    rate: int
    round_trip: int
    queued: int


@dataclass(slots=True)
class Duty:
    """This peer's part in an item: a feeder fetches each new live segment over HTTP at once."""

    feeder: bool = False
    members: int = 1


@dataclass
class Load:
    """A wanted segment. `deadline` is when the player needs it, `known` when it was first wanted.

    `unproven` is set when the proof cannot be had: then all of it comes over HTTP, and proves itself.
    """

    listing: Listing
    segment: Segment
    known: int
    deadline: int
    urgent: bool
    asked_at: list[int] = field(default_factory=list)
    owner: list[bytes | None] = field(default_factory=list)
    ranges: dict[int, HttpRange] = field(default_factory=dict)
    tries: int = 0
    retry_at: int = 0
    proof_asked: bytes | None = None
    proof_asked_at: int = 0
    unproven: bool = False
    wake: int = 0

    def __post_init__(self) -> None:
        self.owner = [None] * self.segment.blocks
        self.asked_at = [0] * self.segment.blocks

    def states(self) -> list[int]:
        """The policy's state of each block."""
        present = self.segment.present
        fetching = 0
        for run in self.ranges.values():
            fetching |= (bitmap.full(run.count) >> run.done << run.done) << run.first
        return [
            HELD if present >> b & 1 else HTTP if fetching >> b & 1 else MISSING if self.owner[b] is None else ASKED
            for b in range(self.segment.blocks)
        ]

    def missing_bytes(self) -> int:
        """Bytes not here yet."""
        return self.segment.size - self.segment.present.bit_count() * BLOCK_BYTES


def sources_of(load: Load, neighbours: list[Neighbour]) -> list[Neighbour]:
    """The neighbours that offer a block of the segment, or owe us one."""
    place = load.listing.key, load.listing.sequence
    owners = set(load.owner)
    return [n for n in neighbours if n.id in owners or n.offered(*place, load.segment.blocks)]


def view_of(
    load: Load,
    sources: list[Neighbour],
    neighbours: list[Neighbour],
    me: bytes,
    duty: Duty,
    http: HttpState,
    parameters: Parameters,
    now: int,
) -> View:
    """The segment as the policy sees it."""
    blocks = load.segment.blocks
    index = {source.id: i for i, source in enumerate(sources)}
    size = max(load.missing_bytes(), 0)
    latest = http_latest(load.deadline, parameters.margin_ms, size, http.rate, http.round_trip, http.queued)
    backup = _backup(load, neighbours, me, duty, latest, parameters)
    waiting = load.retry_at > now
    place = load.listing.key, load.listing.sequence
    offers = [source.offered(*place, blocks) for source in sources]
    return View(
        now=now,
        deadline=load.deadline,
        backup=max(backup, load.retry_at),
        latest=max(latest, load.retry_at),
        urgent=int(load.urgent and not waiting),
        block_bytes=BLOCK_BYTES,
        offset=_spread(me, load.segment.id) % blocks,
        margin_ms=parameters.margin_ms,
        silence_ms=parameters.silence_ms,
        state=load.states(),
        owner=[-1 if owner is None else index.get(owner, -1) for owner in load.owner],
        asked=load.asked_at,
        rate=[source.rate.value for source in sources],
        round_trip=[source.round_trip.value for source in sources],
        queue=[source.queue(BLOCK_BYTES) for source in sources],
        window=[source.window() for source in sources],
        silent=[source.silent(now) for source in sources],
        offers=[bits >> block & 1 for bits in offers for block in range(blocks)],
    )


def _backup(load: Load, neighbours: list[Neighbour], me: bytes, duty: Duty, latest: int, parameters: Parameters) -> int:
    """When HTTP may step in for blocks that nobody offers."""
    key, sequence = load.listing.key, load.listing.sequence
    loading = any((key, sequence) in neighbour.loading for neighbour in neighbours)
    if load.listing.live:
        if duty.feeder or not neighbours:
            return load.known
        return latest if loading else live_backup(load.known, latest, _spread(me, load.segment.id) % 1000)
    if loading:
        return load.known + parameters.loading_wait_ms
    mine = _spread(me, load.segment.id)
    near = [n for n in neighbours if max(sequence - 2, 0) <= n.newest(key) <= sequence]
    rank = sum(_spread(n.id, load.segment.id) < mine for n in near)
    return lecture_backup(load.known, latest, rank, parameters.lecture_wait_ms)


def _spread(peer: bytes, segment_id: bytes) -> int:
    """Rendezvous hash of a peer for a segment (Thaler and Ravishankar 1998), 31 bits."""
    return int.from_bytes(hashlib.sha256(peer + segment_id).digest()[:4], "big") >> 1


def take_http(load: Load, first: int, data: bytes) -> list[tuple[int, bytes]]:
    """Cut the bytes of an HTTP answer into whole blocks. Raises KeyError when no such fetch is under way."""
    run = load.ranges[first]
    buffer = run.tail + data
    blocks = []
    while run.done < run.count:
        index = run.first + run.done
        size = load.segment.block_bytes(index)
        if len(buffer) < size:
            break
        blocks.append((index, buffer[:size]))
        buffer = buffer[size:]
        run.done += 1
    run.tail = buffer
    return blocks


__all__ = ["HTTP_SOURCE", "Duty", "HttpRange", "HttpState", "Load", "sources_of", "take_http", "view_of"]
