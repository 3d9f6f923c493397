"""What a hostile peer tries once it is in, and what it gets: nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracker_bench import KEY, Bench, Client, connection, make_ticket

from swarm.codec import TO_TRACKER
from swarm.ticket import issue_ticket
from swarm.tracker_messages import (
    ACTIVE,
    ACTPASS,
    HOST,
    VERSION,
    Answer,
    Answered,
    Candidate,
    Candidates,
    Connection,
    Gone,
    Join,
    Leave,
    Offer,
    Offered,
    Refused,
    Renew,
    Report,
    Trickle,
    Trickled,
)
from tracker.settings import TrackerSettings


@pytest.fixture
def met() -> tuple[Bench, Client, Client]:
    """Ada, who was told of Bob."""
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    bob.announce()
    assert ada.announce() == [bob.id]
    ada.take()
    bob.take()
    return bench, ada, bob


def test_an_offer_to_a_stranger_goes_nowhere(met: tuple[Bench, Client, Client]) -> None:
    bench, ada, bob = met
    eve = bench.join("eve")
    eve.offer(bob, 5)
    assert eve.take() == [Gone(bob.id, 5)]
    eve.offer(eve, 6)
    assert eve.take() == [Gone(eve.id, 6)]
    ada.send(Offer(b"\0" * 16, 7, connection()))
    assert ada.take() == [Gone(b"\0" * 16, 7)]
    assert bob.take() == []


def test_an_answer_nobody_asked_for_goes_nowhere(met: tuple[Bench, Client, Client]) -> None:
    bench, ada, bob = met
    bob.answer(ada, 1)
    assert bob.take() == [Gone(ada.id, 1)]
    ada.offer(bob, 1)
    bob.take()
    bob.answer(ada, 2)
    assert bob.take() == [Gone(ada.id, 2)]
    eve = bench.join("eve")
    eve.answer(ada, 1)
    assert eve.take() == [Gone(ada.id, 1)]
    ada.answer(bob, 1)
    assert ada.take() == [Gone(bob.id, 1)]
    bob.answer(ada, 1)
    assert len(ada.take_one(Answered)) == 1
    bob.answer(ada, 1)
    assert ada.take() == []


def test_an_offer_is_answered_in_time_or_not_at_all(met: tuple[Bench, Client, Client]) -> None:
    bench, ada, bob = met
    ada.offer(bob, 1)
    bench.pass_time(20_500)
    assert ada.take_one(Gone) == [Gone(bob.id, 1)]
    bob.take()
    bob.answer(ada, 1)
    assert bob.take_one(Gone) == [Gone(ada.id, 1)]
    assert ada.take_one(Answered) == []


def test_candidates_follow_only_within_an_offer_and_not_for_ever(met: tuple[Bench, Client, Client]) -> None:
    bench, ada, bob = met
    late = (Candidate(HOST, "1", 1, "10.0.0.1", 4000),)
    ada.send(Trickle(bob.id, 1, late))
    assert bob.take() == []
    ada.offer(bob, 1)
    bob.take()
    bob.send(Trickle(ada.id, 1, late))
    assert ada.take() == []
    ada.send(Trickle(bob.id, 2, late))
    assert bob.take() == []
    bob.answer(ada, 1)
    for _ in range(50):
        bob.send(Trickle(ada.id, 1, late))
    assert len(ada.take_one(Trickled)) == 32
    bench.pass_time(20_500)
    ada.take()
    bob.send(Trickle(ada.id, 1, late))
    assert ada.take_one(Trickled) == []


def test_fingerprints_come_from_tickets(met: tuple[Bench, Client, Client]) -> None:
    _, ada, bob = met
    ada.offer(bob, 1)
    offered = bob.take_one(Offered)[0]
    assert isinstance(offered, Offered)
    assert offered.fingerprint == b"ada".ljust(32, b"\0")


def test_a_third_partys_address_is_not_relayed(met: tuple[Bench, Client, Client]) -> None:
    _, ada, bob = met
    ada.offer(bob, 1, "8.8.8.8", "169.254.169.254", "10.0.0.5")
    offered = bob.take_one(Offered)[0]
    assert isinstance(offered, Offered)
    assert [one.address for one in offered.connection.candidates] == ["10.0.0.5"]
    bob.answer(ada, 1, "1.1.1.1")
    answered = ada.take_one(Answered)[0]
    assert isinstance(answered, Answered)
    assert answered.connection.candidates == ()
    ada.send(Trickle(bob.id, 1, (Candidate(HOST, "1", 1, "9.9.9.9", 53),)))
    assert bob.take() == []


@pytest.mark.parametrize(
    "broken",
    [
        Connection("ufrag", "p" * 21 + "\n", ACTPASS, ()),
        Connection("u fr", "p" * 22, ACTPASS, ()),
        Connection("ufrag", "p" * 22, ACTIVE, ()),
    ],
)
def test_smuggling_ends_the_connection(met: tuple[Bench, Client, Client], broken: Connection) -> None:
    _, ada, bob = met
    ada.send(Offer(bob.id, 1, broken))
    assert ada.expelled
    assert bob.take_one(Offered) == []


def test_an_answer_must_choose_its_part(met: tuple[Bench, Client, Client]) -> None:
    _, ada, bob = met
    ada.offer(bob, 1)
    bob.send(Answer(ada.id, 1, connection(ACTPASS)))
    assert bob.expelled
    assert ada.take_one(Gone) == [Gone(bob.id, 1)]


def test_courses_never_mix() -> None:
    bench = Bench()
    ada, eve = bench.join("ada"), bench.join("eve", course="other")
    ada.announce()
    assert eve.announce() == []
    eve.offer(ada, 1)
    assert ada.take_one(Offered) == []


def test_seeders_mode_shows_no_viewer_to_a_viewer() -> None:
    bench = Bench()
    modes = ["seeders", "mesh", "site", "off"]
    viewers = {mode: [bench.join(f"{mode}{i}", mode=mode) for i in range(3)] for mode in modes}
    seeder = bench.join("tree", role="seeder")
    everyone = [client for clients in viewers.values() for client in clients]
    met: dict[bytes, set[bytes]] = {client.id: set() for client in everyone}
    for _ in range(5):
        seeder.announce(slots=100, want=0)
        for client in everyone:
            met[client.id] |= set(client.announce())
        bench.pass_time(21_000)
    guarded = {client.id for client in viewers["seeders"]}
    for client in viewers["seeders"]:
        assert met[client.id] == {seeder.id}
    assert all(met[client.id].isdisjoint(guarded) for client in everyone)
    assert all(met[client.id] == set() for client in viewers["off"])
    assert seeder.announce(slots=100) != []


def test_site_mode_stays_at_one_address() -> None:
    bench = Bench()
    here = [bench.join(f"a{i}", mode="site", address="8.8.8.8") for i in range(2)]
    there = [bench.join(f"b{i}", mode=mode, address="9.9.9.9") for i, mode in enumerate(("site", "mesh"))]
    for client in (*there, *here):
        client.announce()
    names = {client.id: "here" if client in here else "there" for client in (*here, *there)}
    for client in (*here, *there):
        found = {peer for action in client.take_one(Candidates) for peer in introduced(action)}
        assert {names[peer] for peer in found} <= {names[client.id]}
    assert len(bench.tracker.pairs) == 2


def introduced(action: object) -> list[bytes]:
    assert isinstance(action, Candidates)
    return [one.peer for one in action.peers]


def test_a_stricter_mode_takes_effect_with_the_next_ticket() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    bob.announce()
    bob.send(Renew(issue_ticket(make_ticket("bob", mode="off", serial="fresh"), KEY)))
    assert ada.announce() == []
    assert bob.announce() == []
    bob.send(Renew(issue_ticket(make_ticket("bob", serial="fresher"), KEY)))
    assert bob.announce() == [ada.id]


def test_a_stricter_mode_ends_offers_under_way(met: tuple[Bench, Client, Client]) -> None:
    _, ada, bob = met
    ada.offer(bob, 1)
    bob.send(Renew(issue_ticket(make_ticket("bob", mode="seeders", serial="fresh"), KEY)))
    assert Gone(bob.id, 1) in ada.take()
    bob.take()
    bob.answer(ada, 1, "10.0.0.1")
    assert ada.take_one(Answered) == []


def test_a_harvester_learns_of_few_and_returning_does_not_help() -> None:
    bench = Bench(TrackerSettings(introductions_burst=10, introductions_per_hour=10, items_per_viewer=2))
    for i in range(60):
        bench.join(f"viewer{i}").announce(want=0)
    seen: set[bytes] = set()
    for hour in range(2):
        for i in range(170):
            eve = bench.join("eve", serial=f"{hour}{i}")
            seen |= set(eve.announce(slots=0))
            bench.now += 1_000
            eve.close()
        if hour == 0:
            assert len(seen) == 10
            bench.now += 3_600_000 - 170_000
    assert 10 < len(seen) <= 21


def test_a_bait_with_many_slots_does_not_collect_the_class() -> None:
    bench = Bench(TrackerSettings(introductions_burst=10, introductions_per_hour=10))
    bait = bench.join("eve")
    bait.announce(slots=65_535, want=0, held=(0, 10_000))
    told = 0
    for i in range(60):
        told += bait.id in bench.join(f"viewer{i}").announce(slots=0)
    assert told == 10


def test_no_more_than_four_introductions_wait_at_once() -> None:
    bench = Bench()
    for i in range(20):
        bench.join(f"viewer{i}").announce(want=0)
    eve = bench.join("eve")
    assert len(eve.announce()) == 4
    assert eve.announce() == []
    assert eve.announce(item="another") == []


def test_positions_out_of_the_world_do_no_harm() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    ada.announce(position=-(2**53) + 1, held=(2**53 - 1, -(2**53) + 1), slots=65_535)
    assert bob.announce(position=2**53 - 1, held=(-(2**53) + 1, 2**53 - 1)) == [ada.id]


def test_made_up_items_are_few() -> None:
    bench = Bench()
    ada = bench.join()
    for i in range(10):
        ada.announce(item=f"item{i}")
    assert len(bench.tracker.members.items) == 4
    assert [r.reason for r in ada.take() if isinstance(r, Refused)] == ["items"] * 6
    ada.send(Leave("item0"))
    ada.send(Report("item9", 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    assert len(bench.tracker.members.items) == 4


def test_a_flood_ends_the_connection_and_counts_once() -> None:
    bench = Bench()
    ada = bench.join()
    for _ in range(1000):
        ada.announce()
    assert ada.expelled
    assert bench.label_counts() == {"rate": 1}
    assert bench.tracker.members.items == {}


def test_big_messages_cost_more() -> None:
    bench = Bench()
    ada = bench.join()
    data = TO_TRACKER.encode(Join(VERSION, "x" * 4096, "test"))
    bucket = bench.tracker.links[ada.number].bucket
    before = bucket.level(bench.now)
    ada.send_bytes(data)
    assert before - bucket.level(bench.now) > 2


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_crossing_offers_leave_one(seed: int) -> None:
    """Each was told of the other at some time, and both offer: the lower id's offer stands."""
    bench = Bench(seed=seed)
    low, high = sorted((bench.join("ada"), bench.join("bob")), key=lambda client: client.id)
    for first, second in ((low, high), (high, low)):
        bench.tracker.pairs.introduce(
            bench.tracker.members.peers[low.id], bench.tracker.members.peers[high.id], bench.now
        )
        first.offer(second, 1)
        second.offer(first, 2)
        lows, highs = (1, 2) if first is low else (2, 1)
        assert Gone(low.id, highs) in high.take()
        assert [o.offer for o in bench.inbox.get(low.number, []) if isinstance(o, Gone)] == []
        high.answer(low, lows)
        assert [a.offer for a in low.take_one(Answered) if isinstance(a, Answered)] == [lows]
        bench.pass_time(20_500)
        low.take()
        high.take()
