"""One peer that may say anything, beside an honest neighbour, against one exchange."""

from collections.abc import Callable, Iterable
from typing import Any

from swarm.blocks import decode_blocks
from swarm.codec import PEER
from swarm.exchange import Exchange
from swarm.exchange_events import Close, Event, SendBlocks, SendControl
from swarm.identity import prove
from swarm.library import Listing
from swarm.peer_messages import Bye, Have, Hello, PeerMessage, Track, Want
from tests.unit.swarm.memory_network import KEY, Network

VICTIM, HONEST, ATTACKER = b"v" * 16, b"h" * 16, b"x" * 16
CREDIT = 10**6


class Stage:
    """A victim that holds `held`, and will want `wanted`, which the attacker offers; HTTP is there for both.

    `watch` may put something before the victim. `said` is what the victim told the attacker, `closed` why it parted
    with whom, and if that was a fault.
    """

    def __init__(self, greeted: bool = True, watch: Callable[[Network, Exchange], Any] | None = None) -> None:
        self.net = Network(live=False)
        self.victim: Exchange = self.net.add(VICTIM)
        if watch is not None:
            self.victim = self.net.peers[VICTIM] = watch(self.net, self.victim)
        self.honest: Exchange = self.net.add(HONEST)
        self.said: list[PeerMessage] = []
        self.closed: list[Close] = []
        self.net.hook = self._watch
        self.net.connect(VICTIM, HONEST)
        self.net.run(100)
        self.held, self.wanted = self.net.listing(0), self.net.listing(1)
        self.net.store(VICTIM, self.held)
        self.victim.listed(self.wanted)
        self.victim.peer_opened(ATTACKER, 0, self.net.now)
        self.net.settle()
        if greeted:
            self.say(Hello(1, 0, "x", CREDIT), Track(0, *KEY), Have(0, 0, b"\xff\xff"))

    def _watch(self, name: bytes, event: Event) -> Event | None:
        if name != VICTIM:
            return event
        if isinstance(event, Close):
            self.closed.append(event)
        elif isinstance(event, SendControl) and event.peer == ATTACKER:
            self.said.append(PEER.decode(event.data))
        elif isinstance(event, SendBlocks):
            self._assert_true(event.data)
        return event

    def _assert_true(self, message: bytes) -> None:
        """What leaves the victim is part of a true segment, at its place."""
        sent = decode_blocks(message)
        at = sent.first * 16_384
        assert any(data[at : at + len(sent.data)] == sent.data for data in self.net.objects.values())

    def control(self, *datas: bytes) -> None:
        """The attacker sends bytes as control messages."""
        for data in datas:
            self.victim.control_received(ATTACKER, data, self.net.now)
        self.net.settle()

    def say(self, *messages: PeerMessage) -> None:
        """The attacker sends control messages."""
        self.control(*(PEER.encode(message) for message in messages))

    def blocks(self, *datas: bytes) -> None:
        """The attacker sends bytes as block messages."""
        for data in datas:
            self.victim.blocks_received(ATTACKER, data, self.net.now)
        self.net.settle()

    def want(self, listing: Listing | None = None, ms: int = 20_000) -> Want:
        """The victim wants a segment; returns the largest of its wants at the attacker."""
        self.victim.want(listing or self.wanted, self.net.now + ms, self.net.now)
        self.net.settle()
        return max((message for message in self.said if isinstance(message, Want)), key=lambda want: want.count)

    def proof(self, listing: Listing) -> bytes:
        """The true proof of a segment."""
        return prove(self.net.objects[listing.id]).encode()

    @property
    def reasons(self) -> list[str]:
        """Why the victim parted with the attacker."""
        return [close.reason for close in self.closed if close.peer == ATTACKER]

    def assert_sound(self) -> None:
        """Whatever came: what is kept is true, the honest neighbour is there, and the state of the attacker small."""
        for segment_id, data in self.net.objects.items():
            kept = self.victim.data(segment_id)
            assert kept is None or kept == data
        assert HONEST in self.victim.neighbours
        assert VICTIM in self.honest.neighbours
        assert self.honest.counters["rejected"] == 0
        neighbour = self.victim.neighbours.get(ATTACKER)
        if neighbour is not None:
            assert len(neighbour.tracks) <= 1024
            assert len(neighbour.loading) <= 64
            assert len(neighbour.serving) <= 256
            assert all(held.bits.bit_length() <= 32_768 for held in neighbour.have.values())

    def assert_told_once(self, reason: str, fault: bool = True) -> None:
        """The attacker is gone for this reason, was told so, and it is counted."""
        assert self.reasons == [reason]
        assert [close.fault for close in self.closed] == [fault]
        assert self.victim.counters[f"closed:{reason}"] == 1
        assert self.said[-1] == Bye(reason)
        assert ATTACKER not in self.victim.neighbours

    def assert_playback(self, listings: Iterable[Listing] = ()) -> None:
        """What the victim wants comes in time, true, and is handed on to the honest neighbour."""
        for listing in (self.wanted, *listings):
            self.victim.want(listing, self.net.now + 12_000, self.net.now)
        end = self.net.now + 12_000
        self.net.run(12_000)
        for listing in (self.wanted, *listings):
            assert self.victim.data(listing.id) == self.net.objects[listing.id]
            assert self.net.finished[VICTIM].get(listing.id, 0) <= end
        self.honest.want(self.wanted, self.net.now + 12_000, self.net.now)
        self.net.run(12_000)
        assert self.honest.data(self.wanted.id) == self.net.objects[self.wanted.id]
        self.assert_sound()
