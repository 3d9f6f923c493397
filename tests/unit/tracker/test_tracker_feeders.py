"""Who feeds a live item: one, or many by stripes, and how that changes."""

from collections import Counter
from itertools import pairwise

import pytest
from tracker_bench import Bench, Client

from swarm.policy import feeds
from swarm.tracker_messages import Duty, Leave
from tracker import feeders
from tracker.settings import TrackerSettings

BLOCKS = 61


def told(client: Client) -> tuple[int, int]:
    """The stripe and the number of stripes that a peer was told last."""
    duty = [action for action in client.bench.inbox.get(client.number, []) if isinstance(action, Duty)][-1]
    return duty.stripe, duty.stripes


def feeding(*clients: Client) -> list[Client]:
    return [client for client in clients if told(client)[0] >= 0]


def fetched(*clients: Client) -> list[int]:
    """All blocks of a segment that feeders fetch, one entry a copy."""
    return sorted(block for client in clients for block in range(BLOCKS) if feeds(block, BLOCKS, 7, *told(client)))


def swarm(bench: Bench, count: int) -> list[Client]:
    """Viewers who came one after the other, long enough ago to have met."""
    clients = [bench.join(f"viewer{i}") for i in range(count)]
    for client in clients:
        client.announce(want=0)
    bench.pass_time(5_000)
    return clients


def striped(bench: Bench, count: int) -> list[Client]:
    """The same, striped."""
    clients = swarm(bench, count)
    clients[0].announce(want=0, strain=600)
    bench.pass_time(500)
    return clients


def keep_announcing(clients: list[Client], ms: int, strain: int = 0) -> None:
    for _ in range(0, ms, 10_000):
        clients[0].bench.pass_time(10_000)
        for client in clients:
            client.announce(want=0, strain=strain)
    clients[0].bench.pass_time(500)


def test_one_viewer_feeds_while_its_uplink_suffices() -> None:
    clients = swarm(Bench(), 20)
    keep_announcing(clients, 30_000, strain=599)
    assert feeding(*clients) == clients[:1]
    assert fetched(*clients) == list(range(BLOCKS))


def test_a_strained_feeder_shares_with_fifteen_others_and_one_copy_is_fetched() -> None:
    clients = striped(Bench(), 40)
    assert [told(client) for client in clients[:16]] == [(stripe, 16) for stripe in range(16)]
    assert feeding(*clients) == clients[:16]
    assert fetched(*clients) == list(range(BLOCKS))


def test_only_the_strain_of_feeders_counts() -> None:
    bench = Bench()
    clients = swarm(bench, 8)
    clients[3].announce(strain=1000)
    bench.pass_time(500)
    assert feeding(*clients) == clients[:1]


def test_the_strain_of_a_seeder_burdens_no_viewer() -> None:
    bench = Bench()
    tree, *viewers = bench.join("tree", role="seeder"), *swarm(bench, 8)
    for strain in (0, 1000, 1000):
        tree.announce(want=0, strain=strain)
        bench.pass_time(500)
    assert feeding(tree, *viewers) == [tree]


def test_those_who_cannot_hand_on_get_no_stripe() -> None:
    bench = Bench()
    first = bench.join("first")
    full, alone, away = bench.join("full"), bench.join("alone", mode="seeders"), bench.join("away", mode="off")
    for client in (first, alone, away):
        client.announce(want=0)
    full.announce(want=0, slots=0)
    others = swarm(bench, 3)
    first.announce(want=0, strain=700)
    bench.pass_time(500)
    assert feeding(first, full, alone, away, *others) == [first, *others]
    assert told(first) == (0, 4)


def test_stripes_go_to_those_who_have_met_others_and_newcomers_get_theirs_in_time() -> None:
    bench = Bench()
    clients = swarm(bench, 4)
    late = [bench.join(f"late{i}") for i in range(4)]
    for client in late:
        client.announce(want=0)
    clients[0].announce(want=0, strain=600)
    bench.pass_time(500)
    assert feeding(*clients, *late) == clients
    keep_announcing([*clients, *late], 10_000, strain=300)
    assert feeding(*clients, *late) == [*clients, *late]
    assert fetched(*clients, *late) == list(range(BLOCKS))


def test_where_all_are_new_they_share_all_the_same() -> None:
    bench = Bench()
    clients = [bench.join(f"viewer{i}") for i in range(4)]
    for client in clients:
        client.announce(want=0)
    clients[0].announce(want=0, strain=600)
    assert feeding(*clients) == clients


def test_newcomers_change_the_stripes_of_all_no_more_than_every_two_seconds() -> None:
    bench = Bench(TrackerSettings(feeder_age_ms=0))
    clients = striped(bench, 2)
    clients[1].take()
    for i in range(12):
        bench.join(f"late{i}").announce(want=0)
        bench.pass_time(500)
    duties = [duty for duty in clients[1].take_one(Duty) if isinstance(duty, Duty)]
    changes = sum(one.stripes != other.stripes for one, other in pairwise(duties))
    assert 2 <= changes <= 3


@pytest.mark.parametrize("close", [True, False])
def test_who_takes_the_place_of_a_feeder_gets_its_stripe_and_nobody_else_is_disturbed(close: bool) -> None:
    bench = Bench()
    clients = striped(bench, 30)
    before = {client: told(client) for client in clients}
    sent = {client: len(bench.inbox[client.number]) for client in clients}
    if close:
        clients[5].close()
    else:
        clients[5].send(Leave("item"))
    assert told(clients[16]) == before[clients[5]] == (5, 16)
    rest = [client for client in clients if client not in (clients[5], clients[16])]
    assert all(len(bench.inbox[client.number]) == sent[client] for client in rest)
    assert fetched(*rest, clients[16]) == list(range(BLOCKS))


def test_feeders_that_leave_together_are_made_up_for_by_the_others_with_one_message_each() -> None:
    bench = Bench()
    clients = striped(bench, 12)
    for client in clients:
        client.take()
    for client in clients[2:5]:
        client.close()
    rest = [*clients[:2], *clients[5:]]
    rest[0].announce(want=0)
    bench.pass_time(250)
    assert all(len([a for a in bench.inbox[client.number] if isinstance(a, Duty)]) == 1 for client in rest)
    assert fetched(*rest) == list(range(BLOCKS))


def test_a_feeder_of_a_stripe_that_falls_silent_is_replaced_in_about_four_seconds() -> None:
    bench = Bench()
    clients = striped(bench, 20)
    bench.deaf.add(clients[2].number)
    bench.pass_time(4_500)
    assert told(clients[2])[0] == -1
    assert told(clients[16]) == (2, 16)
    assert fetched(*clients) == list(range(BLOCKS))


def test_the_last_feeders_death_leaves_nobody_without_one() -> None:
    bench = Bench()
    clients = striped(bench, 3)
    for client in clients:
        bench.deaf.add(client.number)
    bench.pass_time(5_000)
    late = bench.join("late")
    late.announce(want=0)
    assert told(late) == (0, 1)


def test_stripes_stay_while_anyone_is_strained_and_end_a_minute_after() -> None:
    bench = Bench()
    clients = striped(bench, 20)
    for _ in range(10):
        keep_announcing(clients, 10_000, strain=0)
        clients[9].announce(want=0, strain=100)
    assert len(feeding(*clients)) == 16
    keep_announcing(clients, 40_000, strain=99)
    assert len(feeding(*clients)) == 16
    keep_announcing(clients, 20_000, strain=99)
    assert len(feeding(*clients)) == 1
    assert fetched(*clients) == list(range(BLOCKS))


def test_who_was_too_weak_to_feed_alone_is_not_the_next_to_feed_alone() -> None:
    bench = Bench()
    clients = striped(bench, 6)
    keep_announcing(clients, 70_000)
    assert feeding(*clients) == [clients[1]]
    clients[1].announce(want=0, strain=900)
    bench.pass_time(500)
    assert len(feeding(*clients)) == 6
    keep_announcing(clients, 70_000)
    assert feeding(*clients) == [clients[2]]
    clients[2].close()
    assert feeding(*clients[:2], *clients[3:]) == [clients[3]]


def test_two_seeders_share_one_copy() -> None:
    bench = Bench()
    ada = bench.join("ada")
    ada.announce()
    tree, oak = bench.join("tree", role="seeder"), bench.join("oak", role="seeder")
    tree.announce(want=0)
    assert fetched(ada, tree) == list(range(BLOCKS))
    oak.announce(want=0)
    bench.pass_time(500)
    assert (told(tree), told(oak), told(ada)) == ((0, 2), (1, 2), (-1, 1))
    assert fetched(ada, tree, oak) == list(range(BLOCKS))
    tree.close()
    bench.pass_time(500)
    assert fetched(ada, oak) == list(range(BLOCKS))


def test_a_seeder_relieves_all_viewers_of_their_stripes_and_they_begin_anew_with_one() -> None:
    bench = Bench()
    clients = striped(bench, 20)
    tree = bench.join("tree", role="seeder")
    tree.announce(want=0)
    bench.pass_time(500)
    assert feeding(*clients, tree) == [tree]
    tree.close()
    assert len(feeding(*clients)) == 1
    assert fetched(*clients) == list(range(BLOCKS))


def test_seeders_who_reach_only_their_site_feed_their_site_whole() -> None:
    bench = Bench()
    near = [bench.join(f"near{i}", role="seeder", mode="site", address="8.8.8.8") for i in range(2)]
    far = bench.join("far", role="seeder", mode="site", address="9.9.9.9")
    for seeder in (near[0], far):
        seeder.announce(want=0)
    bench.pass_time(500)
    assert told(near[0]) == told(far) == (0, 1)
    far.close()
    near[1].announce(want=0)
    bench.pass_time(500)
    assert fetched(*near) == list(range(BLOCKS))


def test_a_large_swarm_is_not_searched_through(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    clients = swarm(bench, 600)
    looked: Counter[str] = Counter()
    able = feeders._can_feed
    monkeypatch.setattr(feeders, "_can_feed", lambda watch: (looked.update(["watch"]), able(watch))[1])
    clients[0].announce(want=0, strain=1000)
    clients[3].close()
    assert len(feeding(*clients[:3], *clients[4:])) == 16
    assert looked["watch"] <= 2 * feeders.SEARCH
