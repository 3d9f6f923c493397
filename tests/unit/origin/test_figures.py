from hypothesis import given
from hypothesis import strategies as st

from origin.counters import MAX_ITEMS, Counters, Traffic, is_seeder
from origin.figures import RateWindow, Reported, Sample, fluency, offload
from origin.records import Item
from origin.telemetry import Telemetry
from swarm.telemetry import ItemInterval


def test_offload_counts_every_byte_that_left() -> None:
    traffic = Traffic(media=100, proofs=20, playlists=30, rest=50, to_seeders=80)
    assert offload(traffic, 1000) == 0.8
    assert offload(traffic, 100) == 0.0
    assert offload(traffic, 0) is None


def test_fluency_is_the_share_of_time_without_stalls() -> None:
    assert fluency(9000, 1000) == 0.9
    assert fluency(0, 10) == 0.0
    assert fluency(0, 0) is None


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=80))
def test_rates_are_means_over_the_last_15_seconds(steps: list[int]) -> None:
    window, total, totals = RateWindow(), 0, []
    for second, step in enumerate(steps):
        total += step
        totals.append(total)
        window.add(Sample(second * 1000, total, 0, 0, 0))
    first = max(0, len(totals) - 16)
    elapsed = (len(totals) - 1 - first) * 1000
    assert window.rates.origin == (totals[-1] - totals[first]) * 8000 // elapsed


def test_people_are_gone_when_reports_stop() -> None:
    reported = Reported()
    reported.add(ItemInterval("i", 5000, 3, 2, 1, startups=(100, 300)), 1000)
    reported.fall_silent(20_000)
    assert reported.viewers == 3
    reported.fall_silent(21_001)
    assert (reported.viewers, reported.p2p_viewers, reported.seeders, reported.startup_p50) == (0, 0, 0, 200)


def test_counters_are_bounded_and_remember_the_busy() -> None:
    counters = Counters()
    for n in range(MAX_ITEMS + 10):
        counters.add("media", f"i{n}", 10, seeder=n % 2 == 0)
        counters.add("rest", "busy", 1, seeder=False)
    assert len(counters.items()) == MAX_ITEMS
    assert counters.of("busy").rest == MAX_ITEMS + 10
    assert counters.of("i0") == Traffic()
    assert counters.total.media == 10 * (MAX_ITEMS + 10)
    assert counters.total.to_seeders == 5 * (MAX_ITEMS + 10)
    assert counters.total.total == 11 * (MAX_ITEMS + 10)


def test_seeders_say_who_they_are() -> None:
    assert is_seeder("banyan-seeder/0.1")
    assert not is_seeder("Mozilla/5.0 banyan-seeder")
    assert not is_seeder(None)


ITEM = Item("known", "c", "lecture", "T", "ready", 1, None, None, 0, 3840, 1, 0, "")


async def look_up(item: str) -> Item | None:
    return ITEM if item == "known" else None


async def test_telemetry_folds_intervals_and_drops_inventions() -> None:
    now = 1000
    counters = Counters()
    telemetry = Telemetry(counters, look_up, lambda: now)
    for second in range(20):
        now = 1000 + second * 1000
        counters.add("media", "known", 250_000, seeder=False)
        true = ItemInterval("known", 1000, 4, 3, 1, peer=750_000, played=1_000_000, played_ms=4000, rejected=1)
        telemetry.sink([true, ItemInterval(f"invented{second}", 1000, 99, 99, 99, played=10**9)])
        await telemetry.tick()
    snapshot = telemetry.snapshot
    assert len(snapshot.items) == 1
    (one,) = snapshot.items
    assert (one.item, one.title, one.viewers, one.seeders, one.p2p_viewers) == ("known", "T", 4, 1, 3)
    assert (one.origin_bps, one.peer_bps, one.played_bps) == (2_000_000, 6_000_000, 8_000_000)
    assert (one.offload, one.fluency, one.rejected, one.played_bytes) == (0.75, 1.0, 20, 20_000_000)
    assert (snapshot.total.viewers, snapshot.total.offload) == (4, 0.75)
    assert [point.time for point in telemetry.history(3600).points] == [1000, 6000, 11000, 16000]
    assert [point.time for point in telemetry.history(5).points] == [16000]


async def test_the_sink_keeps_only_so_many() -> None:
    telemetry = Telemetry(Counters(), look_up, lambda: 0)
    telemetry.sink(ItemInterval("known", 1000, 1, 0, 0, played=1) for _ in range(50_000))
    await telemetry.tick()
    assert telemetry.snapshot.total.played_bytes == 10_000


async def test_a_ticket_of_another_course_does_not_count() -> None:
    telemetry = Telemetry(Counters(), look_up, lambda: 1000)
    telemetry.sink([ItemInterval("known", 1000, 9, 9, 9, played=10**6, course="elsewhere")])
    await telemetry.tick()
    assert telemetry.snapshot.total.played_bytes == 0
