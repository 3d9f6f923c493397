"""Scores of matching: what peers are worth to each other."""

from hypothesis import given
from hypothesis import strategies as st

from swarm.matching import NEAR, SAME_ITEM, WINDOW, Standing, ahead, closeness, score

numbers = st.integers(-1, 200)
standings = st.builds(Standing, numbers, numbers, numbers, st.integers(0, 65_535))


@given(numbers, numbers, numbers)
def test_ahead_counts_segments(position: int, first: int, last: int) -> None:
    wanted = set(range(position, position + WINDOW)) if position >= 0 else set()
    held = set(range(first, last + 1)) if first >= 0 else set()
    assert ahead(position, first, last) == len(wanted & held)


@given(numbers, numbers)
def test_closeness_is_symmetric_and_bounded(one: int, other: int) -> None:
    assert closeness(one, other) == closeness(other, one)
    assert 0 <= closeness(one, other) <= NEAR


@given(standings, standings, standings, st.booleans(), st.booleans())
def test_the_item_comes_before_all_else(asker: Standing, one: Standing, other: Standing, a: bool, b: bool) -> None:
    assert score(asker, one, same_item=True, same_network=a) > score(asker, other, same_item=False, same_network=b)
    assert score(asker, other, same_item=False, same_network=b) < SAME_ITEM


def test_better_neighbours_score_higher() -> None:
    asker = Standing(10, 5, 12, 4)

    def worth(other: Standing, same_network: bool = False) -> int:
        return score(asker, other, True, same_network)

    base = Standing(500, 490, 505, 4)
    assert worth(Standing(10, 5, 30, 4)) > worth(Standing(10, 5, 15, 4)) > worth(base)
    assert worth(Standing(6, 0, 6, 4)) > worth(Standing(300, 0, 6, 4))
    assert worth(base, same_network=True) > worth(base)
    assert worth(base._replace(slots=8)) > worth(base)
    assert worth(base._replace(slots=65_535)) == worth(base._replace(slots=8))


@given(standings, standings)
def test_scores_stay_small_whole_numbers(asker: Standing, other: Standing) -> None:
    assert 0 <= score(asker, other, True, True) < 2 * SAME_ITEM
