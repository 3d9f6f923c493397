"""Token buckets and rosters."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tracker.limits import Buckets, TokenBucket
from tracker.roster import Roster


@given(st.lists(st.tuples(st.integers(0, 5_000), st.floats(0.1, 20)), max_size=50))
def test_a_bucket_gives_no_more_than_burst_and_rate(takes: list[tuple[int, float]]) -> None:
    bucket, now, given_out = TokenBucket(2, 10, 0), 0, 0.0
    for pause, cost in takes:
        now += pause
        if bucket.take(now, cost):
            given_out += cost
    assert given_out <= 10 + 2 * now / 1000 + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = TokenBucket(1, 1, 10_000)
    assert bucket.take(10_000)
    assert not bucket.take(0)
    assert not bucket.take(10_500)
    assert bucket.take(11_000)


def test_buckets_are_bounded_and_full_ones_forgotten() -> None:
    buckets: Buckets[str] = Buckets(1, 2, most=2)
    assert buckets.take("a", 0)
    assert buckets.take("b", 0)
    assert not buckets.take("c", 0)
    assert buckets.level("c", 0) == 2
    buckets.prune(500)
    assert len(buckets) == 2
    buckets.prune(1_000)
    assert len(buckets) == 0
    assert buckets.take("c", 1_000)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12))), st.integers(0, 15), st.integers())
def test_a_roster_is_an_ordered_set_with_samples(steps: list[tuple[bool, int]], count: int, seed: int) -> None:
    roster: Roster[int] = Roster()
    model: dict[int, None] = {}
    for adds, member in steps:
        if adds:
            roster.add(member)
            model.setdefault(member)
        else:
            roster.discard(member)
            model.pop(member, None)
    assert list(roster) == list(model)
    assert len(roster) == len(model)
    assert all((member in roster) == (member in model) for member in range(13))
    sample = roster.sample(Random(seed), count)
    assert len(sample) == len(set(sample)) == min(count, len(model))
    assert set(sample) <= set(model)
