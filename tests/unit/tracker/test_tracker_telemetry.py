"""Reports are believed within bounds, and folded per item."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from tracker_bench import Bench, Client

from swarm.telemetry import ItemInterval
from swarm.tracker_messages import Report
from tracker.settings import TrackerSettings

PLAIN = Report("item", 5_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
RATE = TrackerSettings().rate_bps // 8


def report(client: Client, **figures: object) -> None:
    client.send(dataclasses.replace(PLAIN, **figures))  # type: ignore[arg-type]


def flush(bench: Bench) -> dict[str, ItemInterval]:
    return {interval.item: interval for interval in bench.tracker.flush(bench.now)}


def test_honest_reports_are_summed_unchanged() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    for client in (ada, bob):
        report(
            client,
            http=100,
            peer=50,
            seeder=25,
            sent=10,
            wasted=1,
            played=170,
            played_ms=5000,
            stalled_ms=40,
            rejected=2,
        )
    bench.now += 1_000
    (one,) = bench.tracker.flush(bench.now)
    assert one == ItemInterval(
        "item", 1000, 2, 0, 0, 200, 100, 50, 20, 2, 340, 10_000, 80, 4, startups=(), course="course"
    )
    assert bench.tracker.telemetry.clipped == 0


def test_the_interval_is_the_trackers() -> None:
    bench = Bench()
    bench.join().announce()
    flush(bench)
    bench.now += 1_234
    assert flush(bench)["item"].interval_ms == 1_234


def test_viewers_without_p2p_count_and_seeders_do_not_count_as_viewers() -> None:
    bench = Bench()
    ada, bob, cat = bench.join("ada", mode="off"), bench.join("bob"), bench.join("cat")
    tree, oak = bench.join("tree", role="seeder"), bench.join("oak", role="seeder", mode="off")
    report(ada)
    bob.announce(neighbours=(cat.id,))
    report(cat, neighbours=0)
    for seeder in (tree, oak):
        seeder.announce(want=0)
    found = flush(bench)["item"]
    assert (found.viewers, found.p2p_viewers, found.seeders) == (3, 1, 2)


def test_an_item_that_everybody_left_is_told_once_more() -> None:
    bench = Bench()
    ada = bench.join()
    ada.announce()
    assert flush(bench)["item"].viewers == 1
    report(ada, http=7)
    ada.close()
    last = flush(bench)["item"]
    assert (last.viewers, last.http) == (0, 7)
    assert flush(bench) == {}


def test_a_report_claims_no_more_than_fits_into_its_time() -> None:
    bench = Bench()
    ada = bench.join()
    most = 2**40
    report(ada, http=most, peer=most, seeder=most, sent=most, wasted=most, played=most, played_ms=3_600_000)
    one = flush(bench)["item"]
    assert one.peer == one.http == one.seeder == one.sent == one.wasted == one.played == 5 * RATE
    assert one.played_ms == 6_250
    assert bench.tracker.telemetry.clipped == 1


def test_an_interval_of_nothing_brings_nothing() -> None:
    bench = Bench()
    report(bench.join(), interval=0, peer=10**9, played_ms=1_000, rejected=9)
    one = flush(bench)["item"]
    assert (one.peer, one.played_ms, one.rejected) == (0, 0, 0)


def test_time_cannot_be_reported_twice() -> None:
    """One hour a second is claimed; what is believed is the time that passed, and half a minute from before."""
    bench = Bench()
    ada = bench.join()
    for _ in range(60):
        bench.now += 1_000
        report(ada, interval=3_600_000, played_ms=3_600_000, peer=2**40, stalled_ms=3_600_000)
    one = flush(bench)["item"]
    assert one.stalled_ms == 59_000 + 30_000
    assert one.played_ms == 89_000 * 1.25
    assert one.peer == 89 * RATE


def test_a_start_is_reported_once() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    for _ in range(5):
        report(ada, startup=300)
    report(bob, startup=3_600_000)
    assert flush(bench)["item"].startups == (300,)


def test_start_up_times_are_few() -> None:
    bench = Bench()
    for i in range(80):
        report(bench.join(f"viewer{i}"), startup=100 + i)
    assert len(flush(bench)["item"].startups) == 64


def test_nobody_reports_for_another_course() -> None:
    bench = Bench()
    report(bench.join("eve", course="eves"), peer=1_000)
    report(bench.join("ada"), peer=1)
    found = {(one.course, one.item): one.peer for one in bench.tracker.flush(bench.now)}
    assert found == {("eves", "item"): 1_000, ("course", "item"): 1}


def test_what_is_remembered_ends_with_the_watch() -> None:
    bench = Bench()
    ada = bench.join()
    report(ada)
    ada.close()
    assert bench.tracker.telemetry._believed == {}


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 3_600_000), st.integers(0, 2**40)), max_size=20))
def test_no_sequence_of_reports_exceeds_the_line(reports: list[tuple[int, int, int]]) -> None:
    bench = Bench(TrackerSettings(message_burst=1_000))
    ada = bench.join()
    for pause, interval, claimed in reports:
        bench.now += pause
        report(ada, interval=interval, peer=claimed, played=claimed)
    total = sum(one.peer for one in bench.tracker.flush(bench.now))
    assert total <= (bench.now + 30_000) * RATE // 1000
