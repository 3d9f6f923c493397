"""Meshes joined by a tracker in memory: introductions, limits, bans, late candidates. The connections are real."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from seeder import connection as connection_module
from seeder import mesh as mesh_module
from seeder.certificate import Certificate
from seeder.mesh import Mesh
from swarm.tracker_messages import (
    SEEDER,
    VIEWER,
    Answer,
    Answered,
    Candidates,
    Gone,
    Introduced,
    Offer,
    Offered,
    ToTracker,
    Trickle,
    Trickled,
)


class Member:
    """One mesh and what it tells."""

    def __init__(self, tracker: "Tracker", name: bytes, degree: int, most: int) -> None:
        self.name = name.ljust(16, b".")
        self.tracker = tracker
        self.certificate = Certificate()
        self.mesh = Mesh(self, self.send, self.certificate, degree, most)
        self.mesh.me = self.name
        self.control: list[bytes] = []
        self.losses = 0
        self.changed = asyncio.Event()

    def send(self, message: ToTracker) -> bool:
        return self.tracker.relay(self, message)

    def link_opened(self, peer: bytes, role: int) -> None:
        self.changed.set()

    def link_closed(self, peer: bytes) -> None:
        self.losses += 1
        self.changed.set()

    def link_control(self, peer: bytes, message: bytes) -> None:
        self.control.append(message)
        self.changed.set()

    def link_blocks(self, peer: bytes, message: bytes) -> None:
        raise AssertionError("nobody sends blocks here")

    def link_drained(self, peer: bytes) -> None:
        raise AssertionError("nobody sends blocks here")

    def meet(self, *others: "Member") -> None:
        introduced = tuple(Introduced(other.name, VIEWER, -1, -1, -1) for other in others)
        self.mesh.candidates(Candidates("item", introduced))

    async def until_neighbours(self, count: int) -> None:
        async with asyncio.timeout(8):
            while len(self.mesh.neighbours) != count:
                self.changed.clear()
                await self.changed.wait()

    def rejoin(self, name: bytes) -> None:
        """Come back to a tracker that has forgotten it."""
        self.name = self.mesh.me = name.ljust(16, b".")
        self.tracker.members[self.name] = self


class Tracker:
    """Carries messages between members as the real one does, and notes them."""

    def __init__(self) -> None:
        self.members: dict[bytes, Member] = {}
        self.messages: list[ToTracker] = []
        self.up = True

    def add(self, name: bytes, degree: int = 4, most: int = 8) -> Member:
        member = Member(self, name, degree, most)
        self.members[member.name] = member
        return member

    def relay(self, sender: Member, message: ToTracker) -> bool:
        if not self.up:
            return False
        self.messages.append(message)
        print_ = sender.certificate.fingerprint
        match message:
            case Offer(to, number, fields):
                self.members[to].mesh.offered(Offered(sender.name, VIEWER, print_, number, fields))
            case Answer(to, number, fields):
                self.members[to].mesh.answered(Answered(sender.name, VIEWER, print_, number, fields))
            case Trickle(to, number, candidates):
                self.members[to].mesh.trickled(Trickled(sender.name, number, candidates))
        return True


@pytest.fixture
async def tracker() -> AsyncIterator[Tracker]:
    made = Tracker()
    yield made
    await asyncio.gather(*(member.mesh.close() for member in set(made.members.values())))


async def test_those_introduced_meet_and_talk(tracker: Tracker) -> None:
    a, b, c = (tracker.add(name) for name in (b"a", b"b", b"c"))
    assert (a.mesh.wanted, a.mesh.slots) == (4, 8)
    a.meet(b, c)
    await asyncio.gather(a.until_neighbours(2), b.until_neighbours(1), c.until_neighbours(1))
    assert (a.mesh.wanted, a.mesh.slots) == (2, 6)
    tracker.up = False
    a.mesh.send_control(b.name, b"hello")
    async with asyncio.timeout(5):
        while not b.control:
            b.changed.clear()
            await b.changed.wait()
    assert b.control == [b"hello"]


async def test_late_candidates_are_trickled(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "GATHER_PATIENCE_MS", 0)
    a, b = tracker.add(b"a"), tracker.add(b"b")
    a.meet(b)
    await asyncio.gather(a.until_neighbours(1), b.until_neighbours(1))
    offer, *rest = tracker.messages
    assert isinstance(offer, Offer)
    assert offer.connection.candidates == ()
    assert any(isinstance(message, Trickle) and message.candidates for message in rest)


async def test_there_are_never_too_many_links(tracker: Tracker) -> None:
    hub = tracker.add(b"hub", most=2)
    others = [tracker.add(bytes([number])) for number in range(4)]
    hub.meet(*others[:2])
    assert hub.mesh.slots == 0
    hub.meet(others[2])
    others[3].meet(hub)
    await hub.until_neighbours(2)
    await asyncio.sleep(0.1)
    assert len(hub.mesh.neighbours) == 2
    assert not others[3].mesh.neighbours


async def test_a_peer_at_fault_is_not_met_again(tracker: Tracker) -> None:
    a, b = tracker.add(b"a"), tracker.add(b"b")
    a.meet(b)
    await asyncio.gather(a.until_neighbours(1), b.until_neighbours(1))
    a.mesh.part(b.name, "hash", fault=True)
    await asyncio.gather(a.until_neighbours(0), b.until_neighbours(0))
    assert (a.losses, b.losses) == (1, 1)
    offers = len(tracker.messages)
    a.meet(b)
    assert len(tracker.messages) == offers
    b.meet(a)
    await asyncio.sleep(0.2)
    assert not a.mesh.neighbours


async def test_a_void_offer_frees_its_place_and_an_open_link_stays(tracker: Tracker) -> None:
    a, b = tracker.add(b"a"), tracker.add(b"b")
    a.meet(b)
    await a.until_neighbours(1)
    offer = tracker.messages[0]
    assert isinstance(offer, Offer)
    a.mesh.gone(Gone(b.name, offer.offer))
    assert a.mesh.neighbours == (b.name,)
    away = tracker.add(b"away", most=0)
    a.meet(away)
    async with asyncio.timeout(5):
        while not isinstance(tracker.messages[-1], Offer) or tracker.messages[-1].to != away.name:
            await asyncio.sleep(0.01)
    void = tracker.messages[-1]
    assert isinstance(void, Offer)
    assert a.mesh.slots == 6
    a.mesh.gone(Gone(away.name, void.offer + 1))
    assert a.mesh.slots == 6
    a.mesh.gone(Gone(away.name, void.offer))
    assert a.mesh.slots == 7
    assert a.mesh.take_failed() == (away.name,)
    assert a.mesh.take_failed() == ()


async def test_a_false_fingerprint_fails_the_link(tracker: Tracker) -> None:
    a, b = tracker.add(b"a"), tracker.add(b"b")
    relay = tracker.relay

    def forge(sender: Member, message: ToTracker) -> bool:
        if isinstance(message, Answer):
            forged = Answered(sender.name, VIEWER, bytes(32), message.offer, replace(message.connection))
            tracker.members[message.to].mesh.answered(forged)
            return True
        return relay(sender, message)

    tracker.relay = forge  # type: ignore[method-assign]
    a.meet(b)
    async with asyncio.timeout(8):
        while not (failed := a.mesh.take_failed()):
            await asyncio.sleep(0.02)
    assert failed == (b.name,)
    assert not a.mesh.neighbours


def answers(tracker: Tracker) -> list[Answer]:
    return [message for message in tracker.messages if isinstance(message, Answer)]


async def offer_to(tracker: Tracker, name: bytes) -> Offer:
    async with asyncio.timeout(5):
        while True:
            for message in tracker.messages:
                if isinstance(message, Offer) and message.to == name:
                    return message
            await asyncio.sleep(0.01)


@pytest.fixture
async def couple(tracker: Tracker) -> tuple[Member, Member]:
    a, b = tracker.add(b"a"), tracker.add(b"b")
    a.meet(b)
    await asyncio.gather(a.until_neighbours(1), b.until_neighbours(1))
    tracker.messages.clear()
    return a, b


async def test_of_two_offers_that_cross_the_one_of_the_lower_id_stands(tracker: Tracker) -> None:
    a, b = tracker.add(b"a"), tracker.add(b"b")
    relay, held = tracker.relay, []

    def hold(sender: Member, message: ToTracker) -> bool:
        if not isinstance(message, Offer):
            return relay(sender, message)
        held.append((sender, message))
        if len(held) == 2:
            for one, offer in held:
                relay(one, offer)
        return True

    tracker.relay = hold  # type: ignore[method-assign]
    a.meet(b)
    b.meet(a)
    await asyncio.gather(a.until_neighbours(1), b.until_neighbours(1))
    assert [message.to for message in answers(tracker)] == [a.name]
    assert (a.mesh.slots, b.mesh.slots) == (7, 7)
    assert (a.mesh.take_failed(), b.mesh.take_failed()) == ((), ())


async def test_neighbours_with_new_names_are_not_linked_twice(tracker: Tracker, couple: tuple[Member, Member]) -> None:
    a, b = couple
    a.rejoin(b"x")
    b.rejoin(b"y")
    a.meet(b)
    offer = await offer_to(tracker, b.name)
    async with asyncio.timeout(5):
        while b.mesh.neighbours != (a.name,):
            await asyncio.sleep(0.01)
    a.mesh.gone(Gone(b.name, offer.offer))
    assert not answers(tracker)
    assert (a.losses, b.losses) == (0, 0)
    assert (a.mesh.slots, b.mesh.slots) == (7, 7)
    assert a.mesh.take_failed() == (b.name,), "or the tracker would introduce the two again"
    b.meet(a)
    assert len(tracker.messages) == 1, "a neighbour under its new name was offered to"


async def test_an_answer_of_a_neighbour_is_declined(tracker: Tracker, couple: tuple[Member, Member]) -> None:
    a, b = couple
    b.rejoin(b"y")
    relay = tracker.relay

    def disguise(sender: Member, message: ToTracker) -> bool:
        if isinstance(message, Offer):
            b.mesh.offered(Offered(b"stranger".ljust(16, b"."), VIEWER, bytes(32), message.offer, message.connection))
            return True
        if isinstance(message, Answer):
            print_ = b.certificate.fingerprint
            a.mesh.answered(Answered(b.name, VIEWER, print_, message.offer, message.connection))
            return True
        return relay(sender, message)

    tracker.relay = disguise  # type: ignore[method-assign]
    a.meet(b)
    async with asyncio.timeout(5):
        while a.mesh.neighbours != (b.name,):
            await asyncio.sleep(0.01)
    assert (a.mesh.slots, a.losses) == (7, 0)
    assert a.mesh.take_failed() == ()


async def test_a_link_whose_other_side_is_gone_without_a_word_gives_way(
    tracker: Tracker, couple: tuple[Member, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = couple
    monkeypatch.setattr(connection_module, "FRESH_S", 0.0)
    (old,) = a.mesh._by_connection
    assert old._rtc.sctp is not None
    for pair in old._rtc.sctp.transport.transport._connection._nominated.values():
        monkeypatch.setattr(pair.protocol, "datagram_received", lambda data, address: None)
    b.mesh.part(a.name, "moved", fault=False)
    await asyncio.sleep(0.2)
    assert a.mesh.neighbours == (b.name,)
    b.rejoin(b"y")
    b.meet(a)
    async with asyncio.timeout(8):
        while a.mesh.neighbours != (b.name,) or b.mesh.neighbours != (a.name,) or not a.losses:
            await asyncio.sleep(0.02)
    assert (a.losses, b.losses) == (1, 1)
    assert (a.mesh.slots, b.mesh.slots) == (7, 7)


async def test_a_silent_neighbour_is_asked_and_given_up(
    couple: tuple[Member, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = couple
    monkeypatch.setattr(mesh_module, "_DOUBT_S", 0.0)
    monkeypatch.setattr(connection_module, "FRESH_S", 0.0)
    a.mesh.doubt_silent()
    await asyncio.sleep(0.5)
    assert a.mesh.neighbours == (b.name,), "it answered"
    (link,) = a.mesh._by_connection
    assert link._rtc.sctp is not None
    for pair in link._rtc.sctp.transport.transport._connection._nominated.values():
        monkeypatch.setattr(pair.protocol, "datagram_received", lambda data, address: None)
    a.mesh.doubt_silent()
    await a.until_neighbours(0)
    assert a.losses == 1


async def test_links_of_one_role_can_be_given_up_and_names_avoided(tracker: Tracker) -> None:
    a, b = tracker.add(b"a"), tracker.add(b"b")
    a.meet(b)
    await asyncio.gather(a.until_neighbours(1), b.until_neighbours(1))
    a.mesh.avoid(b.name)
    assert a.mesh.take_failed() == (b.name,)
    a.mesh.drop_all(SEEDER)
    assert a.mesh.neighbours == (b.name,)
    a.mesh.drop_all(VIEWER)
    assert len(a.mesh.neighbours) == 0


async def test_a_new_name_does_not_wash_a_fault_away(tracker: Tracker, couple: tuple[Member, Member]) -> None:
    a, b = couple
    a.mesh.part(b.name, "hash", fault=True)
    await asyncio.gather(a.until_neighbours(0), b.until_neighbours(0))
    b.rejoin(b"y")
    b.meet(a)
    await offer_to(tracker, a.name)
    a.meet(b)
    await asyncio.sleep(0.3)
    assert not a.mesh.neighbours
    assert not b.mesh.neighbours
