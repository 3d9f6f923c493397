"""What each control message of a neighbour brings about. Raises ProtocolError where it breaks a rule."""

from typing import TYPE_CHECKING

from swarm.errors import ProtocolError
from swarm.exchange_events import Close
from swarm.identity import BLOCK_BYTES, MAX_BLOCKS
from swarm.neighbour import Neighbour
from swarm.peer_messages import (
    BUSY,
    LATE,
    NOT_HELD,
    UNWILLING,
    VERSION,
    Bye,
    Cancel,
    Credit,
    Have,
    Held,
    Hello,
    Loading,
    PeerMessage,
    Refuse,
    SegmentProof,
    Track,
    Waiting,
    Want,
)
from swarm.segment import BadBytes
from swarm.uploads import take_want

if TYPE_CHECKING:
    from swarm.exchange import Exchange

_MOST_CREDIT_AHEAD = 64 * 1024 * 1024
_UNASKED_PROOF = 64


class Conversation:
    """Carries control messages into the exchange."""

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange

    def heard(self, neighbour: Neighbour, message: PeerMessage, now: int) -> None:
        """Take one message."""
        if neighbour.hello is None and not isinstance(message, Hello | Bye):
            raise ProtocolError("hello", "the first message is not hello")
        neighbour.spend(now)
        match message:
            case Hello():
                self._hello(neighbour, message, now)
            case Track():
                neighbour.learn_track(message)
            case Have():
                neighbour.learn_have(message)
            case Held():
                neighbour.learn_held(message)
            case Loading():
                neighbour.learn_loading(message)
            case Want():
                self._want(neighbour, message, now)
            case SegmentProof():
                self._proof(neighbour, message, now)
            case Refuse():
                self._refuse(neighbour, message, now)
            case Cancel():
                neighbour.serving.pop(message.request, None)
            case Credit():
                self._credit(neighbour, message)
            case Bye():
                self._bye(neighbour, now)
            case Waiting():
                neighbour.told_to_wait(message.request, now)

    def _hello(self, neighbour: Neighbour, message: Hello, now: int) -> None:
        if neighbour.hello is not None:
            raise ProtocolError("hello", "hello came twice")
        if message.version != VERSION:
            raise ProtocolError("version", f"version {message.version}, not {VERSION}")
        neighbour.hello = message
        neighbour.credit = min(message.credit, _MOST_CREDIT_AHEAD)
        neighbour.round_trip.add(min(max(now - neighbour.opened, 1), 1000))

    def _want(self, neighbour: Neighbour, message: Want, now: int) -> None:
        exchange = self._exchange
        listing = exchange.library.of(message.segment)
        segment = exchange.find(message.segment)
        if not exchange.uploading:
            exchange.say(neighbour, Refuse(message.request, UNWILLING))
            return
        offered = listing is not None and exchange.announcer.offers(listing)
        if segment is None and not offered:
            exchange.say(neighbour, Refuse(message.request, NOT_HELD))
            return
        size = segment.size if segment is not None else listing.size if listing is not None else 0
        if (message.first + message.count - 1) * BLOCK_BYTES >= size:
            raise ProtocolError("range", f"blocks {message.first}+{message.count} of a segment of {size} bytes")
        if segment is None and not exchange.demand(message.segment):
            exchange.say(neighbour, Refuse(message.request, BUSY))
            return
        take_want(neighbour, message, now)

    def _proof(self, neighbour: Neighbour, message: SegmentProof, now: int) -> None:
        downloads = self._exchange.downloads
        try:
            if downloads.awaits_proof(message.segment, neighbour.id):
                downloads.proof(neighbour.id, message.segment, message.proof, now)
                neighbour.delivered = now
            else:
                neighbour.spend(now, _UNASKED_PROOF)
        except BadBytes:
            self._exchange.reject(neighbour.id, "proof", now)

    def _refuse(self, neighbour: Neighbour, message: Refuse, now: int) -> None:
        asked = neighbour.asked.get(message.request)
        listing = self._exchange.library.of(asked.segment) if asked is not None else None
        offered = listing is not None and neighbour.offered(listing.key, listing.sequence, MAX_BLOCKS) != 0
        lied = offered and message.reason == NOT_HELD
        nothing = asked is not None and asked.owed == asked.blocks
        self._exchange.downloads.refused(neighbour, message, now)
        if message.reason == LATE:
            neighbour.brought = now
            return
        if message.reason == UNWILLING:
            neighbour.withdraws()
        if nothing and neighbour.disappoint(lied, now):
            self._exchange.close(neighbour.id, "liar", now, fault=lied)

    def _credit(self, neighbour: Neighbour, message: Credit) -> None:
        if message.limit > neighbour.sent + _MOST_CREDIT_AHEAD:
            raise ProtocolError("credit", f"credit of {message.limit} with {neighbour.sent} sent")
        neighbour.credit = max(neighbour.credit, message.limit)

    def _bye(self, neighbour: Neighbour, now: int) -> None:
        self._exchange.counters["closed:bye"] += 1
        self._exchange.emit(Close(neighbour.id, "bye", False))
        self._exchange.peer_closed(neighbour.id, now)
