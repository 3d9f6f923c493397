"""Two peers on their way to each other: introduced, offered, answered. What is not in here is not relayed."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tracker.peer import Peer


class Step(Enum):
    """How far a pair has come."""

    INTRODUCED = "one was told of the other"
    OFFERED = "an offer waits for its answer"
    ANSWERED = "candidates may still follow"


PairKey = tuple[bytes, bytes]


@dataclass(slots=True, eq=False)
class Pair:
    """Two peers, of whom `asker` was told of `other`. `offerer` sent offer number `offer`; the pair is forgotten at
    `expires` (ms)."""

    asker: Peer
    other: Peer
    expires: int
    step: Step = Step.INTRODUCED
    offerer: Peer | None = None
    offer: int = 0
    trickles: int = 0

    def partner(self, peer: Peer) -> Peer:
        return self.other if peer is self.asker else self.asker


class Pairs:
    """All pairs under way, oldest change first; each step gets `patience` ms."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self._pairs: OrderedDict[PairKey, Pair] = OrderedDict()
        self._partners: dict[bytes, dict[bytes, Pair]] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def between(self, one: bytes, other: bytes) -> Pair | None:
        return self._partners.get(one, {}).get(other)

    def of(self, peer: Peer) -> tuple[Pair, ...]:
        return tuple(self._partners.get(peer.id, {}).values())

    def asked(self, peer: Peer) -> int:
        """How many introductions the peer asked for that no answer has come to."""
        pairs = self._partners.get(peer.id, {}).values()
        return sum(pair.asker is peer and pair.step is not Step.ANSWERED for pair in pairs)

    def introduce(self, asker: Peer, other: Peer, now: int) -> Pair:
        """Begin a pair; there must be none between the two."""
        pair = Pair(asker, other, now + self.patience)
        self._pairs[_key(asker, other)] = pair
        self._partners.setdefault(asker.id, {})[other.id] = pair
        self._partners.setdefault(other.id, {})[asker.id] = pair
        return pair

    def advance(self, pair: Pair, step: Step, now: int) -> None:
        """Note the next step and give it its time."""
        pair.step = step
        pair.expires = now + self.patience
        self._pairs.move_to_end(_key(pair.asker, pair.other))

    def part(self, pair: Pair) -> None:
        """Forget a pair."""
        del self._pairs[_key(pair.asker, pair.other)]
        for one, other in ((pair.asker, pair.other), (pair.other, pair.asker)):
            partners = self._partners[one.id]
            del partners[other.id]
            if not partners:
                del self._partners[one.id]

    def expired(self, now: int) -> Iterator[Pair]:
        """Part and give out the pairs whose time is over."""
        while self._pairs:
            pair = next(iter(self._pairs.values()))
            if pair.expires > now:
                return
            self.part(pair)
            yield pair


def _key(one: Peer, other: Peer) -> PairKey:
    return (one.id, other.id) if one.id < other.id else (other.id, one.id)
