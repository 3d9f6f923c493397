"""One wanted segment: where each block stands, and how the policy sees it."""

import hashlib
from dataclasses import dataclass, field

from swarm import bitmap
from swarm.identity import BLOCK_BYTES
from swarm.library import Listing
from swarm.neighbour import Neighbour
from swarm.policy import (
    ASKED,
    HELD,
    HTTP,
    MISSING,
    Parameters,
    View,
    feeds,
    http_latest,
    lecture_backup,
    live_backup,
)
from swarm.segment import HTTP_SOURCE, Segment

_STRANDED_MS = 10_000
_STRAINED_MARGINS = 2
_MOST_RANKED = 65_536


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
    """This peer's part in an item: who has a stripe of each new live segment fetches it over HTTP at once (-1: none).

    `members` is how many watch the item.
    """

    stripe: int = -1
    stripes: int = 1
    members: int = 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the policy must know beside the load itself. `strained`: our uplink is full, so HTTP's requests and
    acknowledgements wait in line, and HTTP must begin earlier."""

    neighbours: list[Neighbour]
    me: bytes
    duty: Duty
    http: HttpState
    parameters: Parameters
    strained: bool = False


@dataclass
class Load:
    """A wanted segment. `deadline` is when the player needs it, `known` when it was first wanted.

    `spare` marks what nobody needs yet: it is never taken over HTTP. `alone` is since when some block has been offered
    by nobody. `declined` names the peers that cannot bring it in time. `unproven` is set when the proof cannot be had:
    then all of it comes over HTTP, and proves itself.
    """

    listing: Listing
    segment: Segment
    known: int
    deadline: int
    urgent: bool
    spare: bool = False
    alone: int | None = None
    declined: set[bytes] = field(default_factory=set)
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

    def coming(self) -> int:
        """Bitmap of the blocks on their way over HTTP."""
        fetching = 0
        for run in self.ranges.values():
            fetching |= (bitmap.full(run.count) >> run.done << run.done) << run.first
        return fetching

    def states(self) -> list[int]:
        """The policy's state of each block."""
        present, fetching = self.segment.present, self.coming()
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
    offering = [n for n in neighbours if n.id not in load.declined and n.offered(*place, load.segment.blocks)]
    return offering + [n for n in neighbours if n.id in owners and n not in offering]


def view_of(
    load: Load,
    sources: list[Neighbour],
    around: Surroundings,
    now: int,
) -> View:
    """The segment as the policy sees it. While HTTP is waited for after a failure, peers may come late."""
    blocks, parameters, http = load.segment.blocks, around.parameters, around.http
    index = {source.id: i for i, source in enumerate(sources)}
    waiting = load.retry_at > now
    deadline = max(load.deadline, now + _STRANDED_MS) if waiting else load.deadline
    margin = parameters.margin_ms * (_STRAINED_MARGINS if around.strained else 1)
    latest = http_latest(deadline, margin, load.missing_bytes(), http.rate, http.round_trip, http.queued)
    state = load.states()
    offers = [_offer(load, source) for source in sources]
    awake = [bits for bits, source in zip(offers, sources, strict=True) if source.silent(now) < source.patience()]
    _note_alone(load, state, awake, now)
    return View(
        now=now,
        deadline=deadline,
        backup=max(_backup(load, around, latest), load.retry_at),
        latest=max(latest, load.retry_at),
        urgent=int(load.urgent and not waiting),
        spare=int(load.spare),
        block_bytes=BLOCK_BYTES,
        offset=spread(around.me, load.segment.id) % blocks,
        margin_ms=margin,
        state=state,
        owner=[-1 if owner is None else index.get(owner, -1) for owner in load.owner],
        asked=load.asked_at,
        mine=[0] * blocks if waiting else _mine(load, around),
        rate=[source.rate.value for source in sources],
        round_trip=[source.round_trip.value for source in sources],
        queue=[source.queue(BLOCK_BYTES) for source in sources],
        ahead=[source.queue(BLOCK_BYTES, load.deadline) for source in sources],
        window=[source.window() for source in sources],
        silent=[source.silent(now) for source in sources],
        patience=[source.patience() for source in sources],
        offers=[bits >> block & 1 for bits in offers for block in range(blocks)],
    )


def _offer(load: Load, source: Neighbour) -> int:
    if source.id in load.declined:
        return 0
    return source.offered(load.listing.key, load.listing.sequence, load.segment.blocks)


def _note_alone(load: Load, state: list[int], offers: list[int], now: int) -> None:
    """Since when there has been a missing block that nobody who is awake offers."""
    offered = 0
    for bits in offers:
        offered |= bits
    lonely = any(one == MISSING and not offered >> block & 1 for block, one in enumerate(state))
    if not lonely:
        load.alone = None
    elif load.alone is None:
        load.alone = now


def _mine(load: Load, around: Surroundings) -> list[int]:
    """Which blocks this peer fetches at once: those of its stripe, or all when it is alone."""
    blocks, duty = load.segment.blocks, around.duty
    if not load.listing.live:
        return [0] * blocks
    if not around.neighbours:
        return [1] * blocks
    sequence = load.listing.sequence
    return [int(feeds(block, blocks, sequence, duty.stripe, duty.stripes)) for block in range(blocks)]


def _backup(load: Load, around: Surroundings, latest: int) -> int:
    """When HTTP may step in for blocks that nobody offers."""
    neighbours, parameters = around.neighbours, around.parameters
    mine = spread(around.me, load.segment.id)
    if load.listing.live:
        members = min(max(around.duty.members, len(neighbours) + 1), _MOST_RANKED)
        alone = load.known if load.alone is None else load.alone
        return live_backup(load.known, latest, alone, mine * members * 16 >> 31, parameters.backup_step_ms)
    key, sequence = load.listing.key, load.listing.sequence
    near = [n for n in neighbours if max(sequence - 2, 0) <= n.newest(key) <= sequence]
    rank = sum(spread(n.id, load.segment.id) < mine for n in near)
    return lecture_backup(load.known, latest, rank, parameters.lecture_wait_ms)


def spread(peer: bytes, segment_id: bytes) -> int:
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


__all__ = [
    "HTTP_SOURCE",
    "Duty",
    "HttpRange",
    "HttpState",
    "Load",
    "Surroundings",
    "sources_of",
    "take_http",
    "view_of",
]
