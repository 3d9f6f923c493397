"""One connected peer as this side sees it: what it holds, what it owes us, what we owe it, how fast it is."""

from dataclasses import dataclass, field

from swarm import bitmap
from swarm.errors import ProtocolError
from swarm.holdings import Holdings
from swarm.identity import BLOCK_BYTES
from swarm.library import TrackKey
from swarm.peer_messages import Have, Held, Hello, Loading, Track
from swarm.policy import Parameters
from swarm.rate import Rate, RoundTrip

MOST_LOADING = 64
_LEAST_BLOCKS = 2
_MOST_PATIENCE_MS = 6000
_MOST_WAIT_MS = 12_000
_MOST_MESSAGES = 10_000
_MOST_BARREN = 32
_BARREN_EVERY_MS = 100
_MESSAGES_PER_MS = 2


@dataclass(slots=True)
class Asked:
    """A want of ours: the blocks asked and those still owed as bitmaps, when it was sent, and when they are needed."""

    segment: bytes
    blocks: int
    owed: int
    sent: int
    deadline: int


@dataclass(slots=True)
class Serving:
    """A want of a neighbour: blocks still to be sent as a bitmap, its deadline on our clock, and if a proof is due."""

    request: int
    segment: bytes
    blocks: int
    deadline: int
    proof: bool


@dataclass
class Neighbour:
    """State of one connection. `credit` is what the neighbour lets us send in total, `granted` what we let it send,
    `useful` the verified bytes of it in segments that are complete."""

    id: bytes
    role: int
    parameters: Parameters
    opened: int
    hello: Hello | None = None
    tracks: dict[int, TrackKey] = field(default_factory=dict)
    have: dict[TrackKey, Holdings] = field(default_factory=dict)
    _newest_loading: dict[TrackKey, int] = field(default_factory=dict)
    loading: dict[tuple[TrackKey, int], int] = field(default_factory=dict)
    asked: dict[int, Asked] = field(default_factory=dict)
    serving: dict[int, Serving] = field(default_factory=dict)
    next_request: int = 0
    credit: int = 0
    sent: int = 0
    granted: int = 0
    received: int = 0
    useful: int = 0
    buffered: int = 0
    drained: int = 0
    delivered: int = 0
    brought: int = 0
    waits: int = 0
    told: int = 0
    suspected: int | None = None
    excused: int = 0
    messages: int = _MOST_MESSAGES
    spent: int = 0
    strikes: int = 0
    struck: int = 0
    barren: int = 0
    refused: int = 0
    lies: int = 0
    lied: int = 0

    def __post_init__(self) -> None:
        self.rate = Rate(self.parameters.initial_rate)
        self.send_rate = Rate(self.parameters.initial_rate)
        self.round_trip = RoundTrip(self.parameters.initial_round_trip_ms)

    def spend(self, now: int, messages: int = 1) -> None:
        """It sent a control message that weighs as much as so many.

        Raises ProtocolError on a flood: 10,000 at once, then 2,000 a second.
        """
        self.messages = min(self.messages + (now - self.spent) * _MESSAGES_PER_MS, _MOST_MESSAGES) - messages
        self.spent = now
        if self.messages < 0:
            raise ProtocolError("flood", "too many control messages")

    # What it holds

    def learn_track(self, message: Track) -> None:
        """Its number for a track. Raises ProtocolError when a number is given twice to different tracks."""
        key = TrackKey(message.item, message.track)
        if self.tracks.setdefault(message.handle, key) != key:
            raise ProtocolError("track", f"handle {message.handle} was {self.tracks[message.handle]}")

    def learn_have(self, message: Have) -> None:
        """All that it holds of a track."""
        self.have[self._key(message.handle)] = Holdings(message.base, bitmap.unpack(message.bitmap))

    def learn_held(self, message: Held) -> None:
        """One segment more or less."""
        key = self._key(message.handle)
        self.loading.pop((key, message.sequence), None)
        held = self.have.setdefault(key, Holdings())
        if message.held:
            held.add(message.sequence)
        else:
            held.discard(message.sequence)

    def learn_loading(self, message: Loading) -> None:
        """How far a segment has come there. Raises ProtocolError when it claims to load too many."""
        place = (self._key(message.handle), message.sequence)
        if place not in self.loading and len(self.loading) >= MOST_LOADING:
            self.loading.pop(next(iter(self.loading)))
        self.loading[place] = bitmap.unpack(message.blocks)
        self._newest_loading[place[0]] = max(self._newest_loading.get(place[0], -1), message.sequence)

    def holds(self, key: TrackKey, sequence: int) -> bool:
        """It said that it can serve the whole segment."""
        held = self.have.get(key)
        return held is not None and sequence in held

    def lacks(self, key: TrackKey, sequence: int) -> None:
        """It said that it cannot serve a segment."""
        if key in self.have:
            self.have[key].discard(sequence)
        self.loading.pop((key, sequence), None)

    def withdraws(self) -> None:
        """It uploads no more; should it again, it tells anew what it holds."""
        self.have.clear()
        self.loading.clear()
        self._newest_loading.clear()

    def newest(self, key: TrackKey) -> int:
        """The highest sequence of a track that it holds or has begun to load, -1 when there is none."""
        held = self.have.get(key)
        return max(held.newest if held is not None else -1, self._newest_loading.get(key, -1))

    def near(self, item: str, position: int, reach: int) -> bool:
        """It holds or has begun to load something of an item within `reach` of a position (-1: anywhere)."""
        return any(self._is_near(key, position, reach) for key in self.tracks.values() if key.item == item)

    def _is_near(self, key: TrackKey, position: int, reach: int) -> bool:
        newest = self.newest(key)
        if position < 0 or abs(newest - position) <= reach:
            return newest >= 0
        return any(self.holds(key, position + ahead) for ahead in range(reach + 1))

    def offered(self, key: TrackKey, sequence: int, blocks: int) -> int:
        """Bitmap of the blocks of a segment that it has, or fetches over HTTP and will have soon."""
        if self.holds(key, sequence):
            return bitmap.full(blocks)
        return self.loading.get((key, sequence), 0) & bitmap.full(blocks)

    def _key(self, handle: int) -> TrackKey:
        key = self.tracks.get(handle)
        if key is None:
            raise ProtocolError("track", f"handle {handle} was never declared")
        return key

    # What it owes

    def silent(self, now: int) -> int:
        """For how many ms it has owed us bytes without bringing any.

        A suspect counts as silent for 2 s, or until it speaks; then one block is asked of it again, as a trial.
        """
        owing = [asked.sent for asked in self.asked.values() if asked.owed]
        waited = max(now - max(self.delivered, self.waits, min(owing)), 0) if owing else 0
        suspect = self.suspected is not None and now - self.suspected < self.parameters.suspect_ms
        return max(waited, self.patience()) if suspect else waited

    def patience(self) -> int:
        """For how many ms it may be silent: longer when it is known to take its time for a block."""
        block_ms = BLOCK_BYTES * 1000 // max(self.rate.value, 1)
        return self.parameters.silence_ms + min(2 * block_ms, _MOST_PATIENCE_MS)

    def told_to_wait(self, request: int, now: int) -> None:
        """Its uplink is full. That excuses silence, but not for ever."""
        asked = self.asked.get(request)
        if asked is not None and now - max(self.brought, asked.sent) < _MOST_WAIT_MS:
            self.waits = now

    @property
    def owes(self) -> bool:
        """Something asked of it is not here yet."""
        return any(asked.owed for asked in self.asked.values())

    def excuse(self, request: int) -> None:
        """A want was taken back: its blocks may still come, and are nobody's fault."""
        asked = self.asked.pop(request)
        self.excused += asked.blocks.bit_count() * BLOCK_BYTES

    def forget_taken_back(self, now: int) -> None:
        """Wants of which nothing is owed any more are remembered for a while: late blocks are still useful."""
        for request, asked in list(self.asked.items()):
            if asked.owed == 0 and now - asked.sent > self.parameters.late_want_ms:
                self.excuse(request)

    def unasked(self, size: int) -> None:
        """It sent bytes that are not awaited. Raises ProtocolError when they are more than was ever taken back."""
        self.excused -= size
        if self.excused < -self.parameters.credit_bytes:
            raise ProtocolError("unasked", "it sends what nobody asked for")

    def queue(self, block_bytes: int, deadline: int | None = None) -> int:
        """Bytes asked and not yet here, counting `block_bytes` a block; with a deadline only what is needed by then."""
        owed = (a.owed.bit_count() for a in self.asked.values() if deadline is None or a.deadline <= deadline)
        return sum(owed) * block_bytes

    def window(self) -> int:
        """Bytes that may be asked of it at once, the whole pipeline of one round trip and a little."""
        parameters = self.parameters
        if self.suspected is not None:
            return BLOCK_BYTES
        pipeline = self.rate.value * (self.round_trip.value + parameters.pipeline_ms) // 1000
        least = _LEAST_BLOCKS * BLOCK_BYTES if self.rate.measured else parameters.least_window_bytes
        return min(max(pipeline, least), parameters.credit_bytes)

    def strike(self, now: int) -> bool:
        """It let us down once more (counted once a second); True when it is time to part.

        Whoever brought a block within the last half minute, or said that it could not in time, is only busy; to one
        that never did either a strike less is allowed.
        """
        forgiven = self.parameters.strike_forgiven_ms
        if now - self.struck > forgiven or (self.brought and now - self.brought < forgiven):
            self.strikes = 0
        if self.strikes == 0 or now - self.struck >= 1000:
            self.strikes += 1
            self.struck = now
        return self.strikes >= self.parameters.strikes - (self.brought == 0)

    def disappoint(self, lied: bool, now: int) -> bool:
        """It refused a want and sent nothing of it; True when it is time to part.

        Honest peers take an offer back before they refuse it as not held, so one that still stands was a lie (counted
        once a second), and makes a suspect. Any peer may be busy, but not every time.
        """
        if self.delivered > self.refused:
            self.barren = 0
        if now - self.refused >= _BARREN_EVERY_MS:
            self.barren += 1
            self.refused = now
        return self._lie(now) if lied else self.barren >= _MOST_BARREN

    def _lie(self, now: int) -> bool:
        if now - self.lied > self.parameters.strike_forgiven_ms:
            self.lies = 0
        if self.lies == 0 or now - self.lied >= 1000:
            self.lies += 1
            self.lied = now
        self.suspected = now
        return self.lies >= self.parameters.strikes

    def room(self) -> int:
        """Bytes that may still go into its send buffer: 250 ms of its measured rate, at most 1 MiB."""
        parameters = self.parameters
        mark = min(parameters.send_buffer_bytes, self.send_rate.value * parameters.send_buffer_ms // 1000)
        return max(mark, BLOCK_BYTES) - self.buffered
