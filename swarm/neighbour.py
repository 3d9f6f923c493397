"""One connected peer as this side sees it: what it holds, what it owes us, what we owe it, how fast it is."""

from dataclasses import dataclass, field

from swarm import bitmap
from swarm.errors import ProtocolError
from swarm.identity import BLOCK_BYTES
from swarm.library import TrackKey
from swarm.peer_messages import Have, Held, Hello, Loading, Track
from swarm.policy import Parameters
from swarm.rate import Rate, RoundTrip

MOST_LOADING = 64
MOST_HELD = 32768


@dataclass(slots=True)
class Asked:
    """A want of ours: the blocks asked and those still owed as bitmaps, and when it was sent."""

    segment: bytes
    blocks: int
    owed: int
    sent: int


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
    """State of one connection. `credit` is what the neighbour lets us send in total, `granted` what we let it send."""

    id: bytes
    role: int
    parameters: Parameters
    opened: int
    hello: Hello | None = None
    tracks: dict[int, TrackKey] = field(default_factory=dict)
    have: dict[TrackKey, set[int]] = field(default_factory=dict)
    newest: dict[TrackKey, int] = field(default_factory=dict)
    loading: dict[tuple[TrackKey, int], int] = field(default_factory=dict)
    asked: dict[int, Asked] = field(default_factory=dict)
    serving: dict[int, Serving] = field(default_factory=dict)
    next_request: int = 0
    credit: int = 0
    sent: int = 0
    granted: int = 0
    received: int = 0
    buffered: int = 0
    delivered: int = 0
    suspected: int | None = None
    strikes: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        self.rate = Rate(self.parameters.initial_rate)
        self.send_rate = Rate(self.parameters.initial_rate)
        self.round_trip = RoundTrip(self.parameters.initial_round_trip_ms)

    # What it holds

    def learn_track(self, message: Track) -> None:
        """Its number for a track. Raises ProtocolError when a number is given twice to different tracks."""
        key = TrackKey(message.item, message.track)
        if self.tracks.setdefault(message.handle, key) != key:
            raise ProtocolError("track", f"handle {message.handle} was {self.tracks[message.handle]}")

    def learn_have(self, message: Have) -> None:
        """All that it holds of a track."""
        key = self._key(message.handle)
        self.have[key] = {message.base + bit for bit in bitmap.ones(bitmap.unpack(message.bitmap))}
        self.newest[key] = max(self.have[key], default=-1)

    def learn_held(self, message: Held) -> None:
        """One segment more or less. Raises ProtocolError when it claims to hold too many."""
        key = self._key(message.handle)
        self.loading.pop((key, message.sequence), None)
        held = self.have.setdefault(key, set())
        if not message.held:
            held.discard(message.sequence)
            return
        if len(held) >= MOST_HELD:
            raise ProtocolError("have", f"more than {MOST_HELD} segments of a track")
        held.add(message.sequence)
        self.newest[key] = max(self.newest.get(key, -1), message.sequence)

    def learn_loading(self, message: Loading) -> None:
        """How far a segment has come there. Raises ProtocolError when it claims to load too many."""
        place = (self._key(message.handle), message.sequence)
        if place not in self.loading and len(self.loading) >= MOST_LOADING:
            self.loading.pop(next(iter(self.loading)))
        self.loading[place] = bitmap.unpack(message.blocks)
        self.newest[place[0]] = max(self.newest.get(place[0], -1), message.sequence)

    def holds(self, key: TrackKey, sequence: int) -> bool:
        """It said that it can serve the whole segment."""
        return sequence in self.have.get(key, ())

    def offered(self, key: TrackKey, sequence: int, blocks: int) -> int:
        """Bitmap of the blocks of a segment that it can send at once."""
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
        waited = max(now - max(self.delivered, min(owing)), 0) if owing else 0
        suspect = self.suspected is not None and now - self.suspected < self.parameters.suspect_ms
        return max(waited, self.parameters.silence_ms) if suspect else waited

    def queue(self, block_bytes: int) -> int:
        """Bytes asked and not yet here, counting `block_bytes` a block."""
        return sum(asked.owed.bit_count() for asked in self.asked.values()) * block_bytes

    def window(self) -> int:
        """Bytes that may be asked of it at once, the whole pipeline of one round trip and a little."""
        parameters = self.parameters
        if self.suspected is not None:
            return BLOCK_BYTES
        pipeline = self.rate.value * (self.round_trip.value + parameters.pipeline_ms) // 1000
        return min(max(pipeline, parameters.least_window_bytes), parameters.credit_bytes)

    def strike(self, now: int) -> bool:
        """It let us down once more (counted once a second); True when it is time to part."""
        if now - self.struck > self.parameters.strike_forgiven_ms:
            self.strikes = 0
        if self.strikes == 0 or now - self.struck >= 1000:
            self.strikes += 1
            self.struck = now
        return self.strikes >= self.parameters.strikes

    def room(self) -> int:
        """Bytes that may still go into its send buffer: 250 ms of its measured rate, at most 1 MiB."""
        parameters = self.parameters
        mark = min(parameters.send_buffer_bytes, self.send_rate.value * parameters.send_buffer_ms // 1000)
        return max(mark, BLOCK_BYTES) - self.buffered
