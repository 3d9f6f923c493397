"""Wanted segments: asks the policy, carries its actions out, and takes in what comes from peers and HTTP."""

from typing import TYPE_CHECKING

from swarm import bitmap
from swarm.blocks import Blocks
from swarm.errors import ProtocolError
from swarm.exchange_events import AbortHttp, FetchHttp, FetchProof
from swarm.identity import BLOCK_BYTES
from swarm.library import Listing
from swarm.load import Duty, HttpRange, HttpState, Load, Surroundings, sources_of, take_http, view_of
from swarm.neighbour import Asked, Neighbour
from swarm.peer_messages import LATE, Cancel, Refuse, Want
from swarm.policy import ACTION_FIELDS, DROP, FETCH, NEVER, WANT, View, decide
from swarm.rate import Rate, RoundTrip
from swarm.segment import HTTP_SOURCE, BadBytes, Segment

if TYPE_CHECKING:
    from swarm.exchange import Exchange

_MOST_DEADLINE_MS = 600_000


class Downloads:
    """The loads of one exchange. `urgent`: the player waits for bytes; `peer_rate`: what peers bring while they owe."""

    NEVER = NEVER

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange
        self._loads: dict[bytes, Load] = {}
        self._actions = [0] * (ACTION_FIELDS * 2 * 2049)
        parameters = exchange.parameters
        self.http_rate = Rate(parameters.initial_http_rate)
        self.http_round_trip = RoundTrip(parameters.initial_round_trip_ms)
        self.peer_rate = Rate(parameters.initial_rate)
        self._asked_http: dict[tuple[bytes, int], int] = {}
        self._now = 0

    # What is wanted

    @property
    def urgent(self) -> bool:
        return any(load.urgent for load in self._loads.values())

    def segment(self, segment_id: bytes) -> Segment | None:
        """The segment of a load."""
        load = self._loads.get(segment_id)
        return load.segment if load is not None else None

    def in_flight(self) -> list[tuple[Listing, int]]:
        """Segments in flight, with the blocks that are here or on their way over HTTP: what neighbours may ask for."""
        begun = ((load.listing, load.segment.held | load.coming()) for load in self._loads.values())
        return [(listing, blocks) for listing, blocks in begun if blocks]

    def want(self, listing: Listing, deadline: int, urgent: bool, spare: bool, now: int) -> None:
        """Begin or change a load."""
        load = self._loads.get(listing.id)
        if load is None:
            load = Load(listing, Segment(listing.id, listing.size), now, deadline, urgent)
            self._loads[listing.id] = load
        load.deadline, load.urgent, load.spare, load.wake = deadline, urgent, spare, now

    def unwant(self, segment_id: bytes, now: int) -> None:
        """Drop a load with all that was asked for it."""
        load = self._loads.pop(segment_id, None)
        if load is not None:
            self._stop(load)
            self._exchange.given_up(segment_id)

    def release(self, gone: Neighbour, now: int) -> None:
        """A neighbour is gone: what it owed is missing again, and what it sent unverified is dropped."""
        for load in self._loads.values():
            load.segment.forget(gone.id)
            load.owner = [None if owner == gone.id else owner for owner in load.owner]
            if load.proof_asked == gone.id:
                load.proof_asked = None
            load.wake = now

    # Deciding

    def step(self, now: int) -> int:
        """Ask the policy about every load, the most urgent first; returns the next wake-up in ms."""
        self._now = now
        for load in sorted(self._loads.values(), key=lambda load: load.deadline):
            self._decide(load, now)
        return min((load.wake for load in self._loads.values()), default=NEVER)

    def _decide(self, load: Load, now: int) -> None:
        exchange = self._exchange
        met = [] if load.unproven else exchange.neighbours.values()
        neighbours = [n for n in met if n.hello is not None]
        sources = sources_of(load, neighbours)
        duty = exchange.duties.get(load.listing.key.item, Duty())
        http = HttpState(self.http_rate.value, self.http_round_trip.value, self._queued())
        view = view_of(
            load,
            sources,
            Surroundings(neighbours, exchange.me, duty, http, exchange.parameters, exchange.uploads.strained),
            now,
        )
        count, load.wake = decide(view, self._actions)
        if load.retry_at > now:
            load.wake = min(load.wake, load.retry_at)
        for k in range(count):
            kind, source, first, blocks = self._actions[k * ACTION_FIELDS : (k + 1) * ACTION_FIELDS]
            if kind == FETCH:
                self._fetch(load, first, blocks, now)
            elif kind == WANT:
                self._ask(load, sources[source], first, blocks, view)
            else:
                assert kind == DROP
                self._take_back(load, sources[source], first, blocks, now)
        self._proof_over_http(load, now)

    def _queued(self) -> int:
        return sum(
            load.segment.block_bytes(run.first) * (run.count - run.done)
            for load in self._loads.values()
            for run in load.ranges.values()
        )

    def _ask(self, load: Load, neighbour: Neighbour, first: int, count: int, view: View) -> None:
        """Want blocks; their sender learns by when it must be done, or HTTP would bring them a second time."""
        now, request = view.now, neighbour.next_request
        neighbour.next_request += 1
        blocks = bitmap.full(count) << first
        neighbour.asked[request] = Asked(load.segment.id, blocks, blocks, now, load.deadline)
        neighbour.rate.busy(now)
        self.peer_rate.busy(now)
        for block in range(first, first + count):
            load.owner[block] = neighbour.id
            load.asked_at[block] = now
        proof = load.segment.proof is None and load.proof_asked is None
        if proof:
            load.proof_asked, load.proof_asked_at = neighbour.id, now
        useful = load.deadline if load.spare else view.latest
        deadline = min(max(useful - now, 0), _MOST_DEADLINE_MS)
        self._exchange.say(neighbour, Want(request, load.segment.id, first, count, deadline, proof))

    def _take_back(self, load: Load, neighbour: Neighbour, first: int, count: int, now: int) -> None:
        """Stop waiting for blocks of a neighbour that fell silent or behind."""
        silent = neighbour.silent(now) >= neighbour.patience()
        taken = bitmap.full(count) << first
        for block in range(first, first + count):
            load.owner[block] = None
        for request, asked in neighbour.asked.items():
            if asked.segment == load.segment.id and asked.owed & taken:
                asked.owed &= ~taken
                if asked.owed == 0:
                    self._exchange.say(neighbour, Cancel(request))
        if load.proof_asked == neighbour.id:
            load.proof_asked = None
        neighbour.forget_taken_back(now)
        self._rest(neighbour)
        load.wake = now
        if silent:
            neighbour.suspected = now
            if neighbour.strike(now):
                self._exchange.close(neighbour.id, "slow", now, fault=True)

    def _fetch(self, load: Load, first: int, count: int, now: int) -> None:
        load.ranges[first] = HttpRange(first, count)
        self._asked_http[load.segment.id, first] = now
        self.http_rate.busy(now)
        size = sum(load.segment.block_bytes(first + k) for k in range(count))
        whole = count == load.segment.blocks
        self._exchange.emit(FetchHttp(load.segment.id, first, count, first * BLOCK_BYTES, size, whole))

    def _proof_over_http(self, load: Load, now: int) -> None:
        """A proof is fetched when bytes of peers wait for it, or HTTP brings bytes that could be handed on.

        A peer that was asked for it has a moment to bring it.
        """
        if load.segment.proof is not None or load.proof_asked == HTTP_SOURCE or load.unproven:
            return
        if load.proof_asked is not None:
            due = load.proof_asked_at + self._exchange.parameters.silence_ms // 3
            load.wake = min(load.wake, max(due, now + 1))
            if now < due:
                return
        elif not load.segment.mixed and (load.urgent or not load.ranges or not self._exchange.neighbours):
            return
        load.proof_asked = HTTP_SOURCE
        self._exchange.emit(FetchProof(load.segment.id))

    # What comes in

    def blocks(self, neighbour: Neighbour, blocks: Blocks, now: int) -> None:
        """Blocks from a neighbour. Raises ProtocolError when they were not asked for, BadBytes when they are wrong."""
        asked = neighbour.asked.get(blocks.request)
        if asked is None:
            if blocks.request >= neighbour.next_request:
                raise ProtocolError("request", f"blocks for request {blocks.request}, which was never made")
            self._exchange.counters["wasted"] += len(blocks.data)
            neighbour.unasked(len(blocks.data))
            return
        bits = bitmap.full(blocks.count) << blocks.first
        if bits & ~asked.blocks:
            raise ProtocolError("range", f"blocks {blocks.first}+{blocks.count} were not asked for")
        neighbour.delivered = neighbour.brought = now
        neighbour.suspected = None
        neighbour.rate.add(len(blocks.data), now)
        self.peer_rate.add(len(blocks.data), now)
        if asked.owed == asked.blocks:
            neighbour.round_trip.add(min(now - asked.sent, 5000))
        self._arrived(neighbour, blocks.request, asked, bits)
        load = self._loads.get(asked.segment)
        if load is None:
            self._exchange.counters["wasted"] += len(blocks.data)
            return
        self._put_all(load, neighbour.id, blocks)
        self._settle(load, now)

    def _arrived(self, neighbour: Neighbour, request: int, asked: Asked, bits: int) -> None:
        asked.owed &= ~bits
        asked.blocks &= ~bits
        if asked.blocks == 0:
            del neighbour.asked[request]
        self._rest(neighbour)

    def _put_all(self, load: Load, source: bytes, blocks: Blocks) -> None:
        for k in range(blocks.count):
            data = blocks.data[k * BLOCK_BYTES : (k + 1) * BLOCK_BYTES]
            if not load.segment.put(source, blocks.first + k, data):
                self._exchange.counters["wasted"] += len(data)
            if load.owner[blocks.first + k] == source:
                load.owner[blocks.first + k] = None

    def awaits_proof(self, segment_id: bytes, peer: bytes) -> bool:
        """A peer was asked for this proof."""
        load = self._loads.get(segment_id)
        return load is not None and load.segment.proof is None and peer in (load.proof_asked, *load.owner)

    def proof(self, source: bytes, segment_id: bytes, encoded: bytes, now: int) -> None:
        """A proof came from a peer or over HTTP. Raises BadBytes when it does not hash to the segment's id."""
        load = self._loads.get(segment_id)
        if load is None:
            return
        load.proof_asked = None
        for bad in set(load.segment.put_proof(source, encoded)):
            if bad == HTTP_SOURCE:
                self._exchange.counters["rejected"] += 1
            else:
                self._exchange.reject(bad, "hash", now)
        self._settle(load, now)

    def proof_failed(self, segment_id: bytes, now: int) -> None:
        """The proof could not be had over HTTP: what peers sent unproven is dropped, and HTTP brings the segment."""
        load = self._loads.get(segment_id)
        if load is None or load.segment.proof is not None:
            return
        load.unproven = True
        load.segment.forget_peers()
        self._cancel_all(load)
        load.owner = [None] * load.segment.blocks
        load.wake = now

    def refused(self, neighbour: Neighbour, message: Refuse, now: int) -> None:
        """The rest of a want will not come."""
        asked = neighbour.asked.pop(message.request, None)
        load = self._loads.get(asked.segment) if asked is not None else None
        if asked is None or load is None:
            return
        for block in bitmap.ones(asked.owed):
            if load.owner[block] == neighbour.id:
                load.owner[block] = None
        if load.proof_asked == neighbour.id:
            load.proof_asked = None
        if message.reason == LATE:
            load.declined.add(neighbour.id)
        else:
            neighbour.lacks(load.listing.key, load.listing.sequence)
        self._rest(neighbour)
        load.wake = now

    def http_data(self, segment_id: bytes, first: int, data: bytes, now: int) -> None:
        """The next bytes of an HTTP fetch. Wrong bytes end the fetch and count as a failed try."""
        load = self._loads.get(segment_id)
        if load is None or first not in load.ranges:
            self._exchange.counters["wasted"] += len(data)
            return
        asked = self._asked_http.pop((segment_id, first), None)
        if asked is not None:
            self.http_round_trip.add(now - asked)
        self.http_rate.add(len(data), now)
        try:
            for index, block in take_http(load, first, data):
                if not load.segment.put(HTTP_SOURCE, index, block):
                    self._exchange.counters["wasted"] += len(block)
        except BadBytes:
            self._exchange.counters["rejected"] += 1
            self._exchange.emit(AbortHttp(segment_id, first))
            self.http_failed(segment_id, first, now)
            return
        if load.ranges[first].done == load.ranges[first].count:
            del load.ranges[first]
            self._rest_http()
        self._settle(load, now)

    def http_failed(self, segment_id: bytes, first: int, now: int) -> None:
        """An HTTP fetch failed; its missing blocks are tried again later, a few times."""
        self._asked_http.pop((segment_id, first), None)
        load = self._loads.get(segment_id)
        if load is None or load.ranges.pop(first, None) is None:
            return
        parameters = self._exchange.parameters
        load.retry_at = now + (parameters.http_retry_ms << min(load.tries, 6))
        load.tries += 1
        load.wake = now
        self._rest_http()
        if load.tries >= parameters.http_tries:
            self._stop(load)
            del self._loads[segment_id]
            self._exchange.failed(segment_id, "http")

    def _settle(self, load: Load, now: int) -> None:
        load.wake = now
        if load.segment.complete and load.segment.id in self._loads:
            del self._loads[load.segment.id]
            self._stop(load)
            self._exchange.finished(load.listing, load.segment)

    def _stop(self, load: Load) -> None:
        """Cancel all that is still under way for a load."""
        for run in load.ranges.values():
            self._exchange.emit(AbortHttp(load.segment.id, run.first))
            self._asked_http.pop((load.segment.id, run.first), None)
        load.ranges.clear()
        self._rest_http()
        self._cancel_all(load)

    def _cancel_all(self, load: Load) -> None:
        """Take back all that was asked of peers for a load."""
        for neighbour in self._exchange.neighbours.values():
            for request, asked in list(neighbour.asked.items()):
                if asked.segment == load.segment.id:
                    if asked.owed:
                        self._exchange.say(neighbour, Cancel(request))
                    neighbour.excuse(request)
            self._rest(neighbour)

    def _rest(self, neighbour: Neighbour) -> None:
        """Time in which nothing is owed does not count for a rate."""
        if not neighbour.owes:
            neighbour.rate.idle(self._now)
            if not any(one.owes for one in self._exchange.neighbours.values()):
                self.peer_rate.idle(self._now)

    def _rest_http(self) -> None:
        if not any(load.ranges for load in self._loads.values()):
            self.http_rate.idle(self._now)
