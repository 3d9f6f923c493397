"""The exchange: one peer's share in a swarm, without input or output.

The shell tells it what happened, with the time in ms (`peer_opened`, `control_received`, `blocks_received`, `listed`,
`want`, `http_data`, ...), calls `poll(now)` after that and again at the time that `poll` returns, and carries out the
events of `take_events()`. No byte leaves or is reported as finished before its hash matched.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from swarm.announcer import Announcer
from swarm.blocks import decode_blocks
from swarm.cache import Cache
from swarm.codec import PEER
from swarm.conversation import Conversation
from swarm.downloads import Downloads
from swarm.errors import ProtocolError
from swarm.exchange_events import Close, Demanded, Event, Failed, Finished, SendControl
from swarm.identity import BLOCK_BYTES
from swarm.library import Library, Listing
from swarm.load import Duty
from swarm.neighbour import Neighbour
from swarm.peer_messages import BUSY, NOT_HELD, SEEDER, UNWILLING, VERSION, Bye, Credit, Hello, PeerMessage, Refuse
from swarm.policy import Parameters
from swarm.segment import HTTP_SOURCE, BadBytes, Segment
from swarm.uploads import Uploads

MOST_DEMANDED = 64


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """Who this peer is: its role (VIEWER or SEEDER), agent text, memory for segments in bytes, upload cap in bytes/s
    (0: none), whether it uploads at all, and of which segments the shell has a store behind this memory (`backed`):
    those are not lost when memory drops them, but demanded when a neighbour wants them."""

    role: int
    agent: str
    cache_bytes: int
    upload_bytes_per_s: int = 0
    uploads: bool = True
    backed: Callable[[bytes], bool] = lambda _: False


class Exchange:
    """See the module's text. `counters` holds verified bytes by source (`http`, `peer`, `seeder`), `sent`, `wasted`,
    `rejected` blocks, and `closed:<reason>`."""

    def __init__(self, settings: ExchangeSettings, parameters: Parameters) -> None:
        self.settings = settings
        self.parameters = parameters
        self.me = b""
        self.library = Library()
        self.cache = Cache(settings.cache_bytes)
        self.neighbours: dict[bytes, Neighbour] = {}
        self.duties: dict[str, Duty] = {}
        self.counters: Counter[str] = Counter()
        self._events: list[Event] = []
        self.announcer = Announcer()
        self.uploading = settings.uploads
        self._roles: dict[bytes, int] = {}
        self._demanded: set[bytes] = set()
        self.downloads = Downloads(self)
        self._conversation = Conversation(self)
        self.uploads = Uploads(self, settings.upload_bytes_per_s)

    # Events

    def emit(self, event: Event) -> None:
        """Queue an event for the shell."""
        self._events.append(event)

    def take_events(self) -> list[Event]:
        """All events since the last call, in order."""
        events, self._events = self._events, []
        return events

    def say(self, neighbour: Neighbour, message: PeerMessage) -> None:
        """Send a control message to a neighbour."""
        self.emit(SendControl(neighbour.id, PEER.encode(message)))

    def _tell_all(self, messages: list[PeerMessage]) -> None:
        if not self.uploading:
            return
        for neighbour in self.neighbours.values():
            for message in messages:
                self.say(neighbour, message)

    # Peers

    def peer_opened(self, peer: bytes, role: int, now: int) -> None:
        """Both channels to a peer are open."""
        neighbour = Neighbour(peer, role, self.parameters, now)
        neighbour.granted = self.parameters.credit_bytes
        self.neighbours[peer] = neighbour
        self._roles[peer] = role
        self.say(neighbour, Hello(VERSION, self.settings.role, self.settings.agent, neighbour.granted))
        if self.uploading:
            for message in self.announcer.greeting():
                self.say(neighbour, message)

    def peer_closed(self, peer: bytes, now: int) -> None:
        """The connection to a peer is gone."""
        neighbour = self.neighbours.pop(peer, None)
        if neighbour is not None:
            self.downloads.release(neighbour, now)

    def close(self, peer: bytes, reason: str, now: int, *, fault: bool = False) -> None:
        """Part with a peer on purpose."""
        neighbour = self.neighbours.get(peer)
        if neighbour is None:
            return
        self.say(neighbour, Bye(reason[:64]))
        self.counters[f"closed:{reason}"] += 1
        self.emit(Close(peer, reason, fault))
        self.peer_closed(peer, now)

    def buffered(self, peer: bytes, size: int, now: int) -> None:
        """The send buffer of the blocks channel to a peer holds `size` bytes now."""
        neighbour = self.neighbours.get(peer)
        if neighbour is None:
            return
        drained = neighbour.buffered - size
        neighbour.buffered = size
        if drained > 0:
            neighbour.send_rate.add(drained, now)
            neighbour.drained = now
            self.uploads.drained(drained, now)
        if size == 0:
            neighbour.send_rate.idle(now)

    def control_received(self, peer: bytes, data: bytes, now: int) -> None:
        """A control message came in; whatever breaks the protocol ends the connection with a counted reason."""
        neighbour = self.neighbours.get(peer)
        if neighbour is None:
            return
        try:
            message = PEER.decode(data)
            self._conversation.heard(neighbour, message, now)
        except ProtocolError as error:
            self.close(peer, error.reason, now, fault=True)

    def blocks_received(self, peer: bytes, data: bytes, now: int) -> None:
        """A block message came in."""
        neighbour = self.neighbours.get(peer)
        if neighbour is None:
            return
        try:
            blocks = decode_blocks(data)
            self._account(neighbour, len(blocks.data))
            self.downloads.blocks(neighbour, blocks, now)
        except ProtocolError as error:
            self.close(peer, error.reason, now, fault=True)
        except BadBytes:
            self.reject(peer, "hash", now)

    def reject(self, peer: bytes, reason: str, now: int) -> None:
        """A peer sent bytes that do not hash to what they claim to be."""
        self.counters["rejected"] += 1
        self.close(peer, reason, now, fault=True)

    def _account(self, neighbour: Neighbour, size: int) -> None:
        neighbour.received += size
        if neighbour.received > neighbour.granted:
            raise ProtocolError("credit", f"{neighbour.received} bytes with {neighbour.granted} granted")
        if neighbour.granted - neighbour.received < self.parameters.credit_bytes * 3 // 4:
            neighbour.granted = neighbour.received + self.parameters.credit_bytes
            self.say(neighbour, Credit(neighbour.granted))

    # Segments

    def listed(self, listing: Listing) -> None:
        """A verified playlist lists a segment."""
        self.library.add(listing)

    def offer(self, listing: Listing) -> None:
        """Announce a segment that can be had on demand (see Demanded)."""
        self.library.add(listing)
        self._tell_all(self.announcer.gained(listing))

    def want(self, listing: Listing, deadline: int, now: int, *, urgent: bool = False, spare: bool = False) -> None:
        """Get a segment by `deadline` (ms on the caller's clock); a second call changes deadline and urgency.

        What is wanted to spare comes from peers that have nothing else to do for us, or not at all.
        """
        self.library.add(listing)
        held = self.cache.get(listing.id)
        if held is not None:
            self.emit(Finished(listing.id, ()))
            return
        self.downloads.want(listing, deadline, urgent, spare, now)

    def unwant(self, segment_id: bytes, now: int) -> None:
        """A segment is no longer needed."""
        self.downloads.unwant(segment_id, now)

    def store(self, listing: Listing, data: bytes) -> None:
        """Take a whole segment from the shell's own store. Raises BadBytes when it does not hash to its id."""
        segment = Segment(listing.id, listing.size)
        for index in range(segment.blocks):
            start = index * BLOCK_BYTES
            segment.put(HTTP_SOURCE, index, data[start : start + BLOCK_BYTES])
        self.keep(listing, segment)

    def data(self, segment_id: bytes) -> bytes | None:
        """The bytes of a complete segment, when it is in memory."""
        segment = self.cache.get(segment_id)
        return segment.data() if segment is not None else None

    def find(self, segment_id: bytes) -> Segment | None:
        """A segment in memory or on its way in."""
        return self.cache.get(segment_id) or self.downloads.segment(segment_id)

    def keep(self, listing: Listing, segment: Segment) -> None:
        """A segment is complete: keep it, tell neighbours, forget what it displaced."""
        dropped = self.cache.put(segment)
        self._tell_all(self.announcer.gained(listing))
        self._demanded.discard(listing.id)
        for gone in dropped:
            self._evicted(gone)

    def _evicted(self, segment_id: bytes) -> None:
        """A segment left memory: a backed one can be had again, of others neighbours hear that they are gone."""
        listing = self.library.of(segment_id)
        if not self.settings.backed(segment_id):
            if listing is not None:
                self._tell_all(self.announcer.lost(listing))
            self.refuse_waiting(segment_id, NOT_HELD)
        elif any(s.segment == segment_id for n in self.neighbours.values() for s in n.serving.values()):
            self.demand(segment_id)

    def demand(self, segment_id: bytes) -> bool:
        """Ask the shell for an offered segment, once; False when too many are asked for already."""
        if segment_id in self._demanded:
            return True
        if len(self._demanded) >= MOST_DEMANDED:
            return False
        self._demanded.add(segment_id)
        self.emit(Demanded(segment_id))
        return True

    def finished(self, listing: Listing, segment: Segment) -> None:
        """A wanted segment is complete."""
        for source, size in segment.came.items():
            self.counters[self.kind_of(source)] += size
            if source in self.neighbours:
                self.neighbours[source].useful += size
        self.keep(listing, segment)
        self.emit(Finished(segment.id, tuple(segment.came.items())))

    def failed(self, segment_id: bytes, reason: str) -> None:
        """A wanted segment cannot be had; neighbours that wait for it are told."""
        self.emit(Failed(segment_id, reason))
        self.given_up(segment_id)

    def given_up(self, segment_id: bytes) -> None:
        """A segment will not come: neighbours that were told of it, or wait for it, hear so."""
        self._demanded.discard(segment_id)
        listing = self.library.of(segment_id)
        backed = self.settings.backed(segment_id)
        if listing is not None and not backed:
            self._tell_all(self.announcer.lost(listing))
        self.refuse_waiting(segment_id, BUSY if backed else NOT_HELD)

    def refuse_waiting(self, segment_id: bytes, reason: int) -> None:
        """Refuse what neighbours still wait for of a segment."""
        for neighbour in self.neighbours.values():
            for serving in [s for s in neighbour.serving.values() if s.segment == segment_id]:
                del neighbour.serving[serving.request]
                self.say(neighbour, Refuse(serving.request, reason))

    def kind_of(self, source: bytes) -> str:
        """`http`, `peer` or `seeder`."""
        if source == HTTP_SOURCE:
            return "http"
        return "seeder" if self._roles.get(source) == SEEDER else "peer"

    # Time

    def set_uploads(self, on: bool, now: int) -> None:
        """Upload to neighbours or not; switching on tells them all that is held."""
        if on == self.uploading:
            return
        self.uploading = on
        if on:
            self._tell_all(self.announcer.greeting())
        else:
            for neighbour in self.neighbours.values():
                for request in list(neighbour.serving):
                    del neighbour.serving[request]
                    self.say(neighbour, Refuse(request, UNWILLING))

    def set_upload_cap(self, bytes_per_s: int) -> None:
        """The platform's cap on uploads (0: none), which comes with the ticket."""
        self.uploads.set_cap(bytes_per_s)

    def poll(self, now: int) -> int:
        """Decide and send what can be sent; returns when to call again at the latest, in ms."""
        wake = self.downloads.step(now)
        if not self.downloads.urgent or self.settings.role == SEEDER:
            wake = min(wake, self.uploads.send(now))
        return min(wake, self._announce_progress(now))

    def _announce_progress(self, now: int) -> int:
        wake = self.downloads.NEVER
        if not self.neighbours or not self.uploading:
            return wake
        every = self.parameters.strained_announce_ms if self.uploads.strained else self.parameters.announce_ms
        for listing, held in self.downloads.in_flight():
            self._tell_all(self.announcer.progress(listing, held, now, every))
            due = self.announcer.due(listing.id, held, every)
            if due is not None:
                wake = min(wake, due)
        return wake
