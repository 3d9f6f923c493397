"""The fetch policy: golden cases, and rules that hold for any view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.policy import (
    ACTION_FIELDS,
    ASKED,
    DROP,
    FETCH,
    HELD,
    HTTP,
    MISSING,
    NEVER,
    WANT,
    View,
    decide,
    feeds,
    http_latest,
    lecture_backup,
    live_backup,
    load_parameters,
    rank_delay,
)

NOW = 1_000_000
BLOCK = 16384
Action = tuple[int, int, int, int]


def view(
    state: list[int],
    offers: list[list[int]],
    *,
    owner: list[int] | None = None,
    backup: int = NOW + 3000,
    latest: int = NOW + 6000,
    deadline: int = NOW + 8000,
    urgent: int = 0,
    spare: int = 0,
    mine: list[int] | None = None,
    rate: int = 1_000_000,
    queue: int = 0,
    ahead: int = 0,
    window: int = 512 * 1024,
    silent: list[int] | None = None,
    offset: int = 0,
) -> View:
    sources = len(offers)
    return View(
        now=NOW,
        deadline=deadline,
        backup=backup,
        latest=latest,
        urgent=urgent,
        spare=spare,
        block_bytes=BLOCK,
        offset=offset,
        margin_ms=1000,
        state=state,
        owner=owner or [-1] * len(state),
        asked=[0] * len(state),
        mine=mine or [0] * len(state),
        rate=[rate] * sources,
        round_trip=[50] * sources,
        queue=[queue] * sources,
        ahead=[ahead] * sources,
        window=[window] * sources,
        silent=silent or [0] * sources,
        patience=[1500] * sources,
        offers=[bit for source in offers for bit in source],
    )


def actions_of(seen: View) -> tuple[list[Action], int]:
    actions = [0] * (ACTION_FIELDS * (2 * len(seen.state) + 1))
    count, wake = decide(seen, actions)
    found = [tuple(actions[k * ACTION_FIELDS : (k + 1) * ACTION_FIELDS]) for k in range(count)]
    return [(a[0], a[1], a[2], a[3]) for a in found], wake


def test_one_source_is_asked_for_all() -> None:
    found, _ = actions_of(view([MISSING] * 4, [[1, 1, 1, 1]]))
    assert found == [(WANT, 0, 0, 4)]


def test_two_equal_sources_share() -> None:
    found, _ = actions_of(view([MISSING] * 4, [[1] * 4, [1] * 4]))
    assert sorted(a[1] for a in found for _ in range(a[3])) == [0, 0, 1, 1]


def test_nobody_offers_and_time_is_left() -> None:
    found, wake = actions_of(view([MISSING] * 4, []))
    assert (found, wake) == ([], NOW + 3000)


def test_backup_fetches_only_what_nobody_offers() -> None:
    found, _ = actions_of(view([MISSING] * 4, [[1, 1, 0, 0]], backup=NOW))
    assert found == [(WANT, 0, 0, 2), (FETCH, -1, 2, 2)]


def test_urgent_takes_http_alone() -> None:
    found, _ = actions_of(view([MISSING] * 3, [[1, 1, 1]], urgent=1))
    assert found == [(FETCH, -1, 0, 3)]


def test_silent_source_loses_its_blocks_to_another() -> None:
    found, _ = actions_of(view([ASKED] * 2, [[1, 1], [1, 1]], owner=[0, 0], silent=[1500, 0]))
    assert found == [(DROP, 0, 0, 2), (WANT, 1, 0, 2)]


def test_source_too_slow_for_the_deadline_is_not_asked() -> None:
    found, wake = actions_of(view([MISSING] * 2, [[1, 1]], rate=100))
    assert (found, wake) == ([], NOW + 3000)


def test_offset_begins_elsewhere() -> None:
    found, _ = actions_of(view([MISSING] * 4, [[1] * 4], offset=2, window=BLOCK))
    assert found == [(WANT, 0, 2, 1)]


def test_a_feeder_fetches_its_blocks_at_once() -> None:
    found, _ = actions_of(view([MISSING] * 4, [], mine=[0, 1, 1, 0]))
    assert found == [(FETCH, -1, 1, 2)]


def test_a_feeder_takes_from_a_peer_what_that_one_has() -> None:
    found, _ = actions_of(view([MISSING] * 2, [[1, 0]], mine=[1, 1]))
    assert found == [(WANT, 0, 0, 1), (FETCH, -1, 1, 1)]


def test_what_only_one_source_offers_is_asked_first() -> None:
    found, _ = actions_of(view([MISSING] * 4, [[1, 1, 1, 1], [1, 1, 1, 0]], window=BLOCK))
    assert found == [(WANT, 0, 3, 1), (WANT, 1, 0, 1)]


def test_what_is_needed_later_does_not_count_as_a_queue() -> None:
    late = view([MISSING], [[1]], queue=400_000, ahead=400_000, rate=50_000)
    assert actions_of(late)[0] == []
    assert actions_of(late._replace(ahead=[0]))[0] == [(WANT, 0, 0, 1)]


def test_what_is_wanted_to_spare_comes_only_from_idle_peers() -> None:
    spare = view([MISSING] * 2, [[1, 0]], spare=1, latest=NOW - 1)
    assert actions_of(spare) == ([(WANT, 0, 0, 1)], NOW + 1500)
    assert actions_of(view([MISSING], [[1]], spare=1, queue=BLOCK)) == ([], NEVER)
    assert actions_of(view([MISSING], [], spare=1, latest=NOW - 1, urgent=1)) == ([], NEVER)


@pytest.mark.parametrize("stripes", [1, 2, 3, 8, 16])
@pytest.mark.parametrize("blocks", [1, 15, 16, 92])
def test_every_block_has_one_feeder(stripes: int, blocks: int) -> None:
    for sequence in (0, 7, 1000):
        owners = [[feeds(b, blocks, sequence, s, stripes) for s in range(stripes)] for b in range(blocks)]
        assert all(sum(one) == 1 for one in owners)
        shares = [sum(one) for one in zip(*owners, strict=True)]
        assert max(shares) - min(shares) <= 1
    assert not any(feeds(b, blocks, 0, -1, stripes) for b in range(blocks))


def test_twice_as_many_members_step_in_with_each_step() -> None:
    delays = [rank_delay(16 * rank, 500) for rank in range(64)]
    assert delays == sorted(delays)
    assert [delays[n - 1] for n in (1, 2, 4, 8, 16, 32, 64)] == [0, 500, 1000, 1500, 2000, 2500, 3000]
    for rank in range(1024):
        assert 0 <= rank_delay(rank + 1, 500) - rank_delay(rank, 500) <= 32


def test_latest_and_backups() -> None:
    assert http_latest(10_000, 1000, 500_000, 1_000_000, 100, 500_000) == 7900
    assert live_backup(0, 8000, 0, 0, 500) == 3000
    assert live_backup(0, 8000, 0, 16, 500) == 3500
    assert live_backup(0, 8000, 5000, 16, 500) == 5500
    assert live_backup(5000, 4000, 5000, 0, 500) == 5000
    assert lecture_backup(0, 10_000, 0, 1200) == 0
    assert lecture_backup(0, 2000, 3, 1200) == 2000


def test_parameters_are_read() -> None:
    assert load_parameters().margin_ms == 1000


@st.composite
def views(draw: st.DrawFn) -> View:
    blocks = draw(st.integers(1, 24))
    sources = draw(st.integers(0, 5))
    states = st.sampled_from([MISSING, ASKED, HTTP, HELD] if sources else [MISSING, HTTP, HELD])
    state = draw(st.lists(states, min_size=blocks, max_size=blocks))
    owner = [draw(st.integers(0, sources - 1)) if s == ASKED else -1 for s in state]

    def numbers(least: int, most: int) -> list[int]:
        return draw(st.lists(st.integers(least, most), min_size=sources, max_size=sources))

    deadline = NOW + draw(st.integers(-2000, 30_000))
    latest = deadline - draw(st.integers(0, 4000))
    return View(
        NOW,
        deadline,
        draw(st.integers(NOW - 1000, max(latest, NOW))),
        latest,
        draw(st.integers(0, 1)),
        draw(st.integers(0, 1)),
        BLOCK,
        draw(st.integers(0, blocks - 1)),
        1000,
        state,
        owner,
        [NOW] * blocks,
        draw(st.lists(st.integers(0, 1), min_size=blocks, max_size=blocks)),
        numbers(1, 10_000_000),
        numbers(1, 1000),
        numbers(0, 600_000),
        numbers(0, 600_000),
        numbers(0, 600_000),
        numbers(0, 3000),
        numbers(500, 8000),
        draw(st.lists(st.integers(0, 1), min_size=sources * blocks, max_size=sources * blocks)),
    )


@given(views())
def test_rules_hold_for_any_view(seen: View) -> None:
    before = list(seen.state)
    must = seen.spare == 0 and (seen.urgent == 1 or seen.latest <= NOW)
    found, wake = actions_of(seen)
    touched: dict[tuple[int, int], int] = {}
    for kind, source, first, count in found:
        for block in range(first, first + count):
            touched[kind, block] = touched.get((kind, block), 0) + 1
            if kind == WANT:
                assert seen.offers[source * len(before) + block] == 1
                assert seen.silent[source] < seen.patience[source]
            if kind == FETCH:
                assert seen.spare == 0
            if kind == DROP:
                assert before[block] == ASKED
    assert all(times == 1 for times in touched.values()), "a block is asked, fetched or dropped once"
    assert not any((WANT, b) in touched and (FETCH, b) in touched for b in range(len(before)))
    assert all(after == state for state, after in zip(before, seen.state, strict=True) if state in (HELD, HTTP))
    if must:
        assert MISSING not in seen.state, "when time is up nothing is left unasked"
    assert NOW < wake <= NEVER
