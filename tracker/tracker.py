"""The tracker's core: connections open, send and close; what is to be done stands in the outbox.

No clock, no socket: `now` is ms on a clock that never goes back, `unix` is Unix time in ms, for tickets alone.
"""

from collections.abc import Mapping
from random import Random

from swarm.codec import TO_TRACKER
from swarm.errors import ProtocolError
from swarm.keys import VerifyingKey
from swarm.matching import Standing
from swarm.telemetry import ItemInterval
from swarm.tracker_messages import (
    Announce,
    Answer,
    Candidates,
    Join,
    Leave,
    Offer,
    Renew,
    Report,
    ToTracker,
    Trickle,
    Welcome,
)
from tracker.addresses import Address, network_of
from tracker.admission import Admission
from tracker.duties import Duties
from tracker.errors import PROTOCOL, RESTART, UNSUPPORTED, Expulsion, Refusal
from tracker.introductions import Introductions
from tracker.limits import Buckets, TokenBucket
from tracker.link import Link
from tracker.membership import Membership
from tracker.outbox import Outbox, Ping
from tracker.pairs import Pairs
from tracker.peer import Peer
from tracker.settings import TrackerSettings
from tracker.signalling import Signalling
from tracker.strangers import Strangers
from tracker.tally import Tally
from tracker.telemetry import Telemetry

SWEEP_MS = 5_000
MAX_SUBJECTS = 200_000


class Tracker:
    """All of a tracker but its sockets and clocks."""

    def __init__(self, settings: TrackerSettings, keys: Mapping[str, VerifyingKey], rng: Random) -> None:
        self.settings = settings
        self.rng = rng
        self.outbox = Outbox()
        self.tally = Tally()
        self.links: dict[int, Link] = {}
        self.members = Membership()
        self.pairs = Pairs(settings.pair_ms)
        self.telemetry = Telemetry(settings)
        self.admission = Admission(settings, dict(keys), rng)
        self.acquaintances: Buckets[tuple[str, str]] = Buckets(
            settings.introductions_per_hour / 3600, settings.introductions_burst, MAX_SUBJECTS
        )
        self._signalling = Signalling(self.members, self.pairs, self.outbox, self.tally.signals)
        self._introductions = Introductions(self.members, self.pairs, self.acquaintances, rng)
        self._duties = Duties(self.members, self.outbox, settings)
        self._strangers = Strangers(settings)
        self._seeders: dict[int, Link] = {}
        self._next = 0
        self._swept = 0

    def connect(self, address: Address, now: int) -> int:
        """A connection has opened; returns its number. Raises Refusal when there are too many."""
        self._next += 1
        bucket = TokenBucket(self.settings.messages_per_s, self.settings.message_burst, now)
        link = Link(self._next, address, opened=now, heard=now, bucket=bucket)
        try:
            self._enter(link)
        except Refusal as cause:
            self.tally.refusals[cause.label] += 1
            raise
        return self._next

    def _enter(self, link: Link) -> None:
        retry = self.rng.randint(2_000, 10_000)
        if len(self.links) >= self.settings.max_connections:
            raise Refusal("full", "the tracker has no room for more connections", retry)
        self._strangers.add(link, retry)
        self.links[link.connection] = link

    def receive(self, connection: int, data: bytes, now: int, unix: int) -> None:
        """A binary frame has come."""
        link = self.links.get(connection)
        if link is None:
            return
        try:
            self._hear(link, len(data), now)
            self._dispatch(link, _decoded(data), now, unix)
        except Expulsion as cause:
            self._expel(link, cause, now)
        except Refusal as cause:
            self.tally.refusals[cause.label] += 1
            self.outbox.refuse(connection, cause)

    def receive_text(self, connection: int, now: int) -> None:
        """A text frame has come, which this protocol has no use for."""
        self.expel(connection, Expulsion("text", "frames are binary", code=UNSUPPORTED), now)

    def hear(self, connection: int, now: int) -> None:
        """A ping or pong has come."""
        link = self.links.get(connection)
        if link is None:
            return
        try:
            self._hear(link, 0, now)
        except Expulsion as cause:
            self._expel(link, cause, now)

    def disconnect(self, connection: int, now: int) -> None:
        """A connection has closed; its duties move at once."""
        link = self.links.get(connection)
        if link is not None:
            self._drop(link, now)

    def expel(self, connection: int, cause: Expulsion, now: int) -> None:
        """Close a connection, for a reason that only the shell sees."""
        link = self.links.get(connection)
        if link is not None:
            self._expel(link, cause, now)

    def tick(self, now: int) -> None:
        """Do what time asks for; to be called about twice a second."""
        self._signalling.expire(now)
        for link in tuple(self._strangers.links.values()):
            if now - link.opened >= self.settings.join_ms:
                self._expel(link, Expulsion("silent", "no ticket came"), now)
        self._watch_feeders(now)
        if now - self._swept >= min(SWEEP_MS, self.settings.ping_ms):
            self._swept = now
            self._sweep(now)
        self._duties.refresh()

    def flush(self, now: int) -> list[ItemInterval]:
        """The telemetry since the last flush."""
        return self.telemetry.flush(self.members, now)

    def shut(self, now: int) -> None:
        """Send everybody away, to come back at different times."""
        for link in tuple(self.links.values()):
            retry = self.rng.randint(200, max(200, self.settings.restart_ms))
            self._expel(link, Expulsion("restart", "the tracker restarts", retry, code=RESTART), now)

    def _hear(self, link: Link, size: int, now: int) -> None:
        link.hear(now)
        if not link.pays(size, now):
            raise Expulsion("rate", "too many messages", self.rng.randint(1_000, 5_000))
        if link.peer is not None and link.peer.silent:
            link.peer.silent = False
            self._duties.settle_all(link.peer, now)

    def _dispatch(self, link: Link, message: ToTracker, now: int, unix: int) -> None:
        if isinstance(message, Join):
            self._join(link, message, now, unix)
            return
        if link.peer is None:
            raise Expulsion("join", "the first message is a ticket", label="join_missing")
        try:
            self._serve(link.peer, message, now, unix)
        except ProtocolError as error:
            raise _broken(error) from error

    def _serve(self, peer: Peer, message: ToTracker, now: int, unix: int) -> None:
        match message:
            case Announce():
                self._announce(peer, message, now)
            case Offer():
                self._signalling.offer(peer, message, now)
            case Answer():
                self._signalling.answer(peer, message, now)
            case Trickle():
                self._signalling.trickle(peer, message)
            case Report():
                self._report(peer, message, now)
            case Renew():
                self._renew(peer, message, now, unix)
            case Leave():
                self._unwatch(peer, message.item, now)

    def _join(self, link: Link, message: Join, now: int, unix: int) -> None:
        if link.peer is not None:
            raise Expulsion("join", "a connection joins once", label="join_twice")
        ticket = self.admission.check(message, network_of(link.address), now, unix)
        older = self.admission.bearer(ticket)
        if older is not None:
            self._expel(self.links[older.connection], Expulsion("replaced", "the ticket was used again"), now)
        ends = now + ticket.expires * 1000 - unix
        link.peer = Peer(link.connection, self.rng.randbytes(16), ticket, link.address, ends)
        self._strangers.remove(link.connection)
        if link.peer.seeder:
            self._seeders[link.connection] = link
            factor = self.settings.seeder_factor
            rate, burst = self.settings.messages_per_s * factor, self.settings.message_burst * factor
            link.bucket = TokenBucket(rate, burst, now)
        self.admission.enter(link.peer)
        self.members.join(link.peer)
        welcome = Welcome(link.peer.id, self.settings.announce_ms, self.settings.report_ms, unix)
        self.outbox.add(link.connection, welcome)

    def _renew(self, peer: Peer, message: Renew, now: int, unix: int) -> None:
        mode = peer.ticket.mode
        ticket = self.admission.renew(peer, message, unix)
        peer.ends = now + ticket.expires * 1000 - unix
        if ticket.mode == mode:
            return
        self._signalling.end(peer)
        self.members.readmit(peer)
        self._duties.settle_all(peer, now)
        for watch in peer.watches.values():
            self._duties.tell(watch)

    def _announce(self, peer: Peer, message: Announce, now: int) -> None:
        try:
            watch = self.members.watch(peer, message.item, self._most_items(peer), now)
        except Refusal:
            self.tally.announces["refused"] += 1
            raise
        peer.neighbours = frozenset(message.neighbours)
        peer.fail(message.failed, now + self.settings.failure_ms)
        watch.linked = len(peer.neighbours)
        position, first, last = (max(-1, at) for at in (message.position, message.first, message.last))
        self.members.stand(watch, Standing(position, first, last, message.slots))
        others = self._introductions.introduce(watch, message.want, now)
        introduced = tuple(other.introduced(other.item == watch.item) for other in others)
        self.outbox.add(peer.connection, Candidates(message.item, introduced))
        self._duties.strain(watch, message.strain, now)
        self._duties.settle((peer.course, message.item), now)
        self._duties.tell(watch)
        self.tally.announces["introduced" if introduced else "alone" if message.want else "content"] += 1

    def _report(self, peer: Peer, message: Report, now: int) -> None:
        watch = self.members.watch(peer, message.item, self._most_items(peer), now)
        self.telemetry.take(watch, message, now)

    def _most_items(self, peer: Peer) -> int:
        return self.settings.items_per_seeder if peer.seeder else self.settings.items_per_viewer

    def _unwatch(self, peer: Peer, item: str, now: int) -> None:
        watch = peer.watches.get(item)
        if watch is not None:
            self.members.unwatch(peer, item)
            self.telemetry.forget(watch)
            self._duties.settle((peer.course, item), now)

    def _expel(self, link: Link, cause: Expulsion, now: int) -> None:
        self.tally.refusals[cause.label] += 1
        self.outbox.expel(link.connection, cause)
        self._drop(link, now)

    def _drop(self, link: Link, now: int) -> None:
        del self.links[link.connection]
        self._strangers.remove(link.connection)
        self._seeders.pop(link.connection, None)
        peer = link.peer
        if peer is None:
            return
        self.admission.leave(peer)
        self._signalling.end(peer)
        for item in tuple(peer.watches):
            self._unwatch(peer, item, now)
        self.members.leave(peer)

    def _watch_feeders(self, now: int) -> None:
        """Ask those on whom others wait for signs of life, and relieve them when none come."""
        feeders = {w.peer.connection for item in self.members.items.values() for w in item.feeders}
        for connection in feeders | self._seeders.keys():
            link = self.links[connection]
            if link.wants_ping(self.settings.feeder_ping_ms, now):
                self._ping(link, now)
            peer = link.peer
            if peer is not None and not peer.silent and link.silence(now) >= self.settings.feeder_silence_ms:
                peer.silent = True
                self._duties.settle_all(peer, now)

    def _sweep(self, now: int) -> None:
        self.acquaintances.prune(now)
        self.admission.prune(now)
        for link in tuple(self.links.values()):
            if link.silence(now) >= self.settings.silence_ms:
                self._expel(link, Expulsion("silent", "no sign of life"), now)
            elif link.peer is not None:
                self._sweep_peer(link, link.peer, now)

    def _sweep_peer(self, link: Link, peer: Peer, now: int) -> None:
        if now >= peer.ends + self.settings.ticket_grace_ms:
            self._expel(link, Expulsion("ticket", "the ticket ended", label="ticket_ended"), now)
            return
        if link.wants_ping(self.settings.ping_ms, now):
            self._ping(link, now)
        oldest = now - self.settings.announce_ms * 5 // 2
        for item in [watch.item for watch in peer.watches.values() if watch.heard < oldest]:
            self._unwatch(peer, item, now)

    def _ping(self, link: Link, now: int) -> None:
        link.pinged = now
        self.outbox.add(link.connection, Ping())


def _decoded(data: bytes) -> ToTracker:
    try:
        return TO_TRACKER.decode(data)
    except ProtocolError as error:
        raise _broken(error) from error


def _broken(error: ProtocolError) -> Expulsion:
    return Expulsion("protocol", str(error), label=f"protocol_{error.reason}", code=PROTOCOL)
