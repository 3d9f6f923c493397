"""The relay of offers, answers and late candidates between two peers that the tracker has introduced.

Nothing is relayed outside a pair under way. Fingerprints come from tickets, candidates are filtered, what cannot be
delivered is answered with Gone at once.
"""

from collections import Counter

from swarm.tracker_messages import (
    ACTIVE,
    ACTPASS,
    PASSIVE,
    Answer,
    Answered,
    Gone,
    Offer,
    Offered,
    Trickle,
    Trickled,
)
from tracker.candidates import told, told_connection
from tracker.errors import PROTOCOL, Expulsion
from tracker.membership import Membership
from tracker.outbox import Outbox
from tracker.pairs import Pair, Pairs, Step
from tracker.peer import Peer

MAX_TRICKLES = 32
"""Messages with late candidates that a pair may exchange; a browser sends about ten."""


class Signalling:
    """Relays within pairs. `signals` counts (kind, result)."""

    def __init__(self, members: Membership, pairs: Pairs, outbox: Outbox, signals: Counter[tuple[str, str]]) -> None:
        self._members = members
        self._pairs = pairs
        self._outbox = outbox
        self._signals = signals

    def offer(self, peer: Peer, message: Offer, now: int) -> None:
        """Relay an offer to a peer that was introduced. Raises Expulsion when its setup is not actpass (RFC 8842)."""
        if message.connection.setup != ACTPASS:
            raise Expulsion("protocol", "an offer's setup is actpass", label="protocol_setup", code=PROTOCOL)
        pair = self._pairs.between(peer.id, message.to)
        if pair is None or not self._gives_way(pair, peer):
            self._undeliverable("offer", peer, message.to, message.offer)
            return
        target = pair.partner(peer)
        connection = told_connection(message.connection, peer.vantage, target.vantage)
        pair.offerer, pair.offer, pair.trickles = peer, message.offer, 0
        self._pairs.advance(pair, Step.OFFERED, now)
        offered = Offered(peer.id, peer.role, peer.ticket.fingerprint, message.offer, connection)
        self._outbox.add(target.connection, offered)
        self._signals["offer", "relayed"] += 1

    def answer(self, peer: Peer, message: Answer, now: int) -> None:
        """Relay the answer to an outstanding offer. Raises Expulsion when its setup is neither active nor passive."""
        if message.connection.setup not in (ACTIVE, PASSIVE):
            raise Expulsion("protocol", "an answer's setup is active or passive", label="protocol_setup", code=PROTOCOL)
        pair = self._pairs.between(peer.id, message.to)
        if pair is None or not _waits(pair, peer, message.offer):
            self._undeliverable("answer", peer, message.to, message.offer)
            return
        target = pair.partner(peer)
        connection = told_connection(message.connection, peer.vantage, target.vantage)
        self._pairs.advance(pair, Step.ANSWERED, now)
        answered = Answered(peer.id, peer.role, peer.ticket.fingerprint, message.offer, connection)
        self._outbox.add(target.connection, answered)
        self._signals["answer", "relayed"] += 1

    def trickle(self, peer: Peer, message: Trickle) -> None:
        """Relay late candidates within an offer or its answer; those that come too late are dropped, not mourned."""
        pair = self._pairs.between(peer.id, message.to)
        if message.to not in self._members.peers:
            self._undeliverable("trickle", peer, message.to, message.offer)
            return
        if pair is None or not _may_trickle(pair, peer, message.offer):
            self._signals["trickle", "dropped"] += 1
            return
        target = pair.partner(peer)
        pair.trickles += 1
        candidates = told(message.candidates, peer.vantage, target.vantage)
        if candidates:
            self._outbox.add(target.connection, Trickled(peer.id, message.offer, candidates))
        self._signals["trickle", "relayed" if candidates else "filtered"] += 1

    def end(self, peer: Peer) -> None:
        """Part all pairs of a peer that leaves; the other side of an open offer learns of it at once."""
        for pair in self._pairs.of(peer):
            self._pairs.part(pair)
            if pair.step is Step.OFFERED:
                self._outbox.add(pair.partner(peer).connection, Gone(peer.id, pair.offer))

    def expire(self, now: int) -> None:
        """Part the pairs whose time is over; the sender of an unanswered offer learns of it."""
        for pair in self._pairs.expired(now):
            if pair.step is Step.OFFERED and pair.offerer is not None:
                other = pair.partner(pair.offerer)
                self._outbox.add(pair.offerer.connection, Gone(other.id, pair.offer))
                self._signals["offer", "expired"] += 1

    def _gives_way(self, pair: Pair, peer: Peer) -> bool:
        """Whether the pair is free for an offer of `peer`. Of two that cross, the lower peer id's stands."""
        if pair.step is Step.INTRODUCED:
            return True
        loser = pair.offerer
        if pair.step is not Step.OFFERED or loser is None or loser is peer or loser.id < peer.id:
            return False
        self._undeliverable("offer", loser, peer.id, pair.offer)
        return True

    def _undeliverable(self, kind: str, peer: Peer, to: bytes, offer: int) -> None:
        self._outbox.add(peer.connection, Gone(to, offer))
        self._signals[kind, "gone"] += 1


def _waits(pair: Pair, answerer: Peer, offer: int) -> bool:
    return pair.step is Step.OFFERED and pair.offerer is not answerer and pair.offer == offer


def _may_trickle(pair: Pair, peer: Peer, offer: int) -> bool:
    begun = pair.step is Step.ANSWERED or (pair.step is Step.OFFERED and pair.offerer is peer)
    return begun and pair.offer == offer and pair.trickles < MAX_TRICKLES
