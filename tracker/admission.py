"""Who may join: a valid ticket, a few sessions a subject, one live connection a ticket.

Joins that fail are counted for their network and only good ones for all, so that nobody without a ticket keeps those
out who have one and come from elsewhere.
"""

from dataclasses import dataclass, field
from random import Random

from swarm.errors import TicketError
from swarm.keys import VerifyingKey
from swarm.ticket import Ticket, check_ticket
from swarm.tracker_messages import VERSION, Join, Renew
from tracker.errors import Expulsion
from tracker.limits import Buckets, TokenBucket
from tracker.peer import Peer
from tracker.settings import TrackerSettings

RETRY_MS = 30_000
MAX_NETWORKS = 100_000
MAX_TICKETS = 100_000


@dataclass(slots=True)
class Admission:
    """Checks tickets against the platform's keys by kid, which may be replaced while it runs."""

    settings: TrackerSettings
    keys: dict[str, VerifyingKey]
    rng: Random
    sessions: dict[tuple[str, str], set[Peer]] = field(default_factory=dict)
    serials: dict[tuple[str, str], Peer] = field(default_factory=dict)
    joins: TokenBucket = field(init=False)
    failures: Buckets[str] = field(init=False)
    reuses: Buckets[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.joins = TokenBucket(self.settings.joins_per_s, self.settings.joins_per_s, 0)
        rate, burst = self.settings.failed_joins_per_s, self.settings.failed_joins_burst
        self.failures = Buckets(rate, burst, MAX_NETWORKS)
        self.reuses = Buckets(self.settings.reuses_per_s, self.settings.reuses_burst, MAX_TICKETS)

    def prune(self, now: int) -> None:
        """Forget whom there is nothing to remember of."""
        self.failures.prune(now)
        self.reuses.prune(now)

    def check(self, join: Join, network: str, now: int, unix: int) -> Ticket:
        """The ticket of a peer of `network` that may join at `now`, Unix time `unix` (ms). Raises Expulsion."""
        if self.failures.level(network, now) < 1:
            raise self._busy("too many joins of this network fail", "busy_network")
        try:
            ticket = self._admissible(join, now, unix)
        except Expulsion:
            self.failures.take(network, now)
            raise
        if not self.joins.take(now):
            raise self._busy("too many peers join at once")
        return ticket

    def _admissible(self, join: Join, now: int, unix: int) -> Ticket:
        if join.version != VERSION:
            raise Expulsion("version", f"this tracker speaks version {VERSION}, not {join.version}")
        ticket = self._verified(join.ticket, unix)
        cap = self.settings.sessions_per_seeder if ticket.role == "seeder" else self.settings.sessions_per_viewer
        others = [peer for peer in self.sessions.get((ticket.course, ticket.subject), ()) if not _same(peer, ticket)]
        if len(others) >= cap:
            raise Expulsion("sessions", f"one subject may have {cap} connections at once", RETRY_MS)
        if self.bearer(ticket) is not None and not self.reuses.take((ticket.course, ticket.serial), now):
            raise self._busy("the ticket is used too often", "busy_ticket")
        return ticket

    def bearer(self, ticket: Ticket) -> Peer | None:
        """The live connection that joined or renewed with this very ticket: it must give way."""
        return self.serials.get((ticket.course, ticket.serial))

    def enter(self, peer: Peer) -> None:
        """Count a peer that was admitted."""
        self.sessions.setdefault(peer.subject, set()).add(peer)
        self.serials[peer.course, peer.ticket.serial] = peer

    def leave(self, peer: Peer) -> None:
        """Count a peer no longer."""
        live = self.sessions.get(peer.subject)
        if live is not None:
            live.discard(peer)
            if not live:
                del self.sessions[peer.subject]
        self._drop_serial(peer)

    def renew(self, peer: Peer, renew: Renew, unix: int) -> Ticket:
        """The fresh ticket of a peer, put in place of its old one. Raises Expulsion when it is another's."""
        fresh, old = self._verified(renew.ticket, unix), peer.ticket
        if _bearer(fresh) != _bearer(old):
            raise Expulsion("ticket", "the new ticket is for another bearer", label="ticket_bearer")
        if self.bearer(fresh) not in (None, peer):
            raise Expulsion("ticket", "the new ticket is in use", label="ticket_replayed")
        self._drop_serial(peer)
        peer.ticket = fresh
        self.serials[peer.course, fresh.serial] = peer
        return fresh

    def _busy(self, message: str, label: str = "") -> Expulsion:
        return Expulsion("busy", message, self.rng.randint(200, 2000), label)

    def _drop_serial(self, peer: Peer) -> None:
        key = (peer.course, peer.ticket.serial)
        if self.serials.get(key) is peer:
            del self.serials[key]

    def _verified(self, text: str, unix: int) -> Ticket:
        try:
            return check_ticket(text, self.keys, unix / 1000)
        except TicketError as error:
            raise Expulsion("ticket", str(error), label=f"ticket_{error.reason}") from error


def _bearer(ticket: Ticket) -> tuple[str, str, str, bytes]:
    return ticket.course, ticket.subject, ticket.role, ticket.fingerprint


def _same(peer: Peer, ticket: Ticket) -> bool:
    return peer.ticket.serial == ticket.serial
