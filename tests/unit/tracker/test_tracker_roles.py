"""Introductions, duties and liveness of an honest swarm."""

from random import Random

from tracker_bench import KEY, UNIX, Bench, Client, make_ticket

from swarm.ticket import issue_ticket
from swarm.tracker_messages import VERSION, Candidates, Duty, Gone, Introduced, Join, Leave, Welcome
from tracker.errors import Expulsion
from tracker.outbox import Hangup, Ping
from tracker.settings import TrackerSettings


def feeders(*clients: Client) -> list[Client]:
    """Who of these believes to feed, by the last duty each was told."""
    last = {client: [a for a in client.bench.inbox.get(client.number, []) if isinstance(a, Duty)] for client in clients}
    return [client for client, duties in last.items() if duties and duties[-1].stripe >= 0]


def test_welcome_says_how_to_behave() -> None:
    bench = Bench()
    client = bench.connect()
    client.send(Join(VERSION, issue_ticket(make_ticket(), KEY), "test"))
    (welcome,) = client.take()
    assert isinstance(welcome, Welcome)
    assert (welcome.announce_ms, welcome.report_ms, welcome.now) == (10_000, 5_000, UNIX)


def test_an_announce_is_answered_with_candidates_and_duty() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    bob.announce(position=7, held=(3, 9))
    ada.announce()
    candidates, duty = ada.take()
    assert candidates == Candidates("item", (Introduced(bob.id, 0, 7, 3, 9),))
    assert duty == Duty("item", -1, 1, 2)


def test_nobody_is_introduced_who_is_known_failed_full_or_gone() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    bob.announce(slots=0)
    assert ada.announce() == []
    bob.announce(neighbours=(ada.id,), want=0)
    assert ada.announce() == []
    bob.announce(want=0)
    assert ada.announce(neighbours=(bob.id,)) == []
    assert ada.announce(failed=(bob.id,)) == []
    assert ada.announce() == []
    assert bob.announce() == []
    bench.pass_time(1_000)
    bob.close()
    cat = bench.join("cat")
    assert cat.announce() == [ada.id]


def test_a_failure_is_forgotten_in_time() -> None:
    bench = Bench(TrackerSettings(failure_ms=15_000))
    ada, bob = bench.join("ada"), bench.join("bob")
    bob.announce(want=0)
    assert ada.announce(failed=(bob.id,)) == []
    bench.pass_time(15_000)
    assert ada.announce(failed=()) == [bob.id]


def test_a_pair_under_way_is_not_introduced_again_from_either_side() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    bob.announce(want=0)
    assert ada.announce() == [bob.id]
    assert ada.announce() == []
    assert bob.announce() == []
    ada.offer(bob)
    assert bob.announce() == []
    bob.answer(ada)
    assert bob.announce() == []
    bench.pass_time(20_250)
    assert bob.announce() == [ada.id]


def test_slots_are_not_given_away_twice() -> None:
    bench = Bench()
    bob = bench.join("bob")
    bob.announce(slots=2, want=0)
    others = [bench.join(f"viewer{i}") for i in range(5)]
    assert sum(bob.id in other.announce(slots=0) for other in others) == 2


def test_a_viewer_without_a_seeder_meets_one_first() -> None:
    bench = Bench()
    for i in range(10):
        bench.join(f"viewer{i}").announce(want=0, position=10, held=(0, 40))
    tree = bench.join("tree", role="seeder")
    tree.announce(position=-1, held=(-1, -1), slots=50, want=0)
    for i in range(8):
        assert bench.join(f"new{i}").announce(want=1) == [tree.id]
    ada = bench.join("ada")
    assert tree.id not in ada.announce(want=3, neighbours=(tree.id,))


def test_those_who_can_help_come_first() -> None:
    bench = Bench()
    useful = [bench.join(f"near{i}") for i in range(6)]
    for client in useful:
        client.announce(position=10, held=(0, 40), slots=40, want=0)
    for i in range(6):
        bench.join(f"far{i}").announce(position=5_000, held=(4_990, 5_010), slots=40, want=0)
    near = {client.id for client in useful}
    hits = [peer in near for i in range(10) for peer in bench.join(f"new{i}").announce(slots=0, held=(-1, -1))]
    assert sum(hits) / len(hits) > 0.75
    assert not all(hits)


def test_the_course_helps_out_when_the_item_is_empty() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    ada.announce(item="other")
    assert bob.announce() == [ada.id]
    candidates = bob.take()[0]
    assert isinstance(candidates, Candidates)
    assert candidates.peers[0].position == -1


def test_a_lone_viewer_feeds_until_a_seeder_comes() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    ada.announce()
    bob.announce()
    assert feeders(ada, bob) == [ada]
    tree, oak, elm = (bench.join(name, role="seeder") for name in ("tree", "oak", "elm"))
    for seeder in (tree, oak, elm):
        seeder.announce(want=0)
    assert feeders(ada, bob, tree, oak, elm) == [tree, oak]
    tree.close()
    assert feeders(ada, bob, oak, elm) == [oak, elm]
    oak.close()
    elm.close()
    assert feeders(ada, bob) == [ada]


def test_a_feeder_stays_while_it_is_there() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    ada.announce(slots=1)
    bob.announce(slots=50)
    for _ in range(5):
        ada.announce(slots=0)
        bob.announce(slots=50)
    assert feeders(ada, bob) == [ada]
    ada.send(Leave("item"))
    assert feeders(bob) == [bob]


def test_those_who_cannot_hand_on_do_not_feed() -> None:
    bench = Bench()
    clients = [bench.join("a", mode="off"), bench.join("b", mode="seeders"), bench.join("c"), bench.join("d")]
    for client, slots in zip(clients, (4, 4, 0, 4), strict=True):
        client.announce(slots=slots)
    assert feeders(*clients) == [clients[3]]
    assert all(duty.members == 3 for duty in clients[3].take_one(Duty) if isinstance(duty, Duty))


def test_a_site_viewer_feeds_only_when_nobody_freer_can() -> None:
    bench = Bench()
    bench.join("a", mode="site").announce(slots=0)
    late = bench.join("b", mode="site")
    late.announce()
    assert feeders(late) == [late]


def test_a_feeder_that_falls_silent_is_relieved_in_about_four_seconds() -> None:
    bench = Bench()
    tree, ada = bench.join("tree", role="seeder"), bench.join("ada")
    tree.announce(want=0)
    ada.announce()
    assert feeders(tree, ada) == [tree]
    bench.deaf.add(tree.number)
    bench.pass_time(4_500)
    assert Ping() in bench.inbox[tree.number]
    assert feeders(ada) == [ada]
    assert not tree.expelled
    bench.tracker.hear(tree.number, bench.now)
    bench.collect()
    assert feeders(tree, ada) == [tree]


def test_a_silent_seeder_is_not_introduced() -> None:
    bench = Bench()
    tree, ada = bench.join("tree", role="seeder"), bench.join("ada")
    tree.announce(want=0)
    bench.deaf.add(tree.number)
    bench.pass_time(5_000)
    assert ada.announce() == []


def test_the_size_of_the_swarm_is_told_when_it_has_changed_by_a_quarter() -> None:
    bench = Bench()
    ada = bench.join("ada")
    ada.announce()
    ada.take()
    told = []
    for i in range(100):
        bench.join(f"viewer{i}").announce(want=0)
        bench.tracker.tick(bench.now)
        bench.collect()
        told += [duty.members for duty in ada.take_one(Duty) if isinstance(duty, Duty)]
    assert 10 < len(told) < 30
    assert told[-1] >= 101 * 0.75


def test_silent_watches_are_forgotten_and_pings_keep_connections() -> None:
    bench = Bench()
    ada = bench.join("ada")
    ada.announce(slots=0)
    bench.pass_time(40_000)
    assert bench.tracker.members.items == {}
    assert not ada.expelled
    assert len(bench.tracker.links) == 1


def test_dead_connections_are_closed() -> None:
    bench = Bench()
    ada = bench.join("ada")
    bench.deaf.add(ada.number)
    bench.pass_time(60_000)
    assert ada.expelled
    assert bench.tracker.links == {}
    assert bench.tracker.admission.sessions == {}
    assert bench.tracker.admission.serials == {}


def test_leaving_voids_open_offers_on_both_sides_and_nothing_else() -> None:
    bench = Bench()
    ada, bob, cat = (bench.join(name) for name in ("ada", "bob", "cat"))
    bob.announce(want=0)
    ada.announce()
    ada.offer(bob, 1)
    assert bob.id not in cat.announce(want=0)
    bob.take()
    ada.close()
    assert bob.take_one(Gone) == [Gone(ada.id, 1)]
    assert cat.take_one(Gone) == []


def test_everybody_is_sent_away_at_different_times() -> None:
    bench = Bench()
    clients = [bench.join(f"viewer{i}") for i in range(20)]
    bench.tracker.shut(bench.now)
    bench.collect()
    retries = set()
    for client in clients:
        refused, hangup = client.take()
        assert hangup == Hangup(1012)
        retries.add(refused.retry)  # type: ignore[union-attr]
    assert len(retries) > 10
    assert bench.tracker.links == {}


def test_messages_to_people_are_cut_to_their_limit() -> None:
    bench = Bench()
    ada = bench.join()
    bench.tracker.expel(ada.number, Expulsion("text", "榕" * 500), bench.now)
    bench.collect()
    assert len(ada.take()[0].message.encode()) <= 256  # type: ignore[union-attr]


def test_a_swarm_of_hundreds_ends_up_connected_and_costs_little() -> None:
    """A bell rings: 300 open the page; after a few rounds all are one mesh of two to eight neighbours."""
    bench = Bench(seed=7)
    rng = Random(7)
    clients = [bench.join(f"viewer{i}") for i in range(300)]
    links: dict[bytes, set[bytes]] = {client.id: set() for client in clients}
    for _ in range(5):
        for client in rng.sample(clients, len(clients)):
            mine = links[client.id]
            want = max(0, min(4, 5 - len(mine)))
            for peer in client.announce(slots=max(0, 8 - len(mine) - want), want=want, neighbours=tuple(sorted(mine))):
                mine.add(peer)
                links[peer].add(client.id)
        bench.pass_time(10_000, step=2_500)
    reached, frontier = {clients[0].id}, [clients[0].id]
    while frontier:
        for peer in links[frontier.pop()] - reached:
            reached.add(peer)
            frontier.append(peer)
    assert len(reached) == len(clients)
    assert max(map(len, links.values())) <= 8
