"""How much two peers are worth to each other: scores of integers, no state. The tracker ranks candidates with them.

Positions are media sequence numbers; -1 stands for none, as in Announce.
"""

from typing import NamedTuple

WINDOW = 32
"""How many segments ahead of the playhead count (about two minutes)."""
NEAR = 16
SAME_ITEM = 10_000
SAME_NETWORK = 160
_AHEAD, _BACK, _CLOSE, _SLOT = 8, 4, 8, 4
_MOST_SLOTS = 8


class Standing(NamedTuple):
    """Where a peer stands in an item: its playhead, the range it holds, and its free upload slots."""

    position: int
    first: int
    last: int
    slots: int


def ahead(position: int, first: int, last: int) -> int:
    """How many of the next WINDOW segments from `position` on lie in the range from `first` to `last`."""
    if position < 0 or first < 0 or last < first:
        return 0
    return max(0, min(last, position + WINDOW - 1) - max(first, position) + 1)


def closeness(one: int, other: int) -> int:
    """How near two playheads are, 0 to NEAR: neighbours in time relay to each other what has just come."""
    if one < 0 or other < 0:
        return 0
    return max(0, NEAR - abs(one - other))


def score(asker: Standing, other: Standing, same_item: bool, same_network: bool) -> int:
    """The worth of `other` to `asker`: item before all else, then what each can give the other, network and slots."""
    worth = SAME_NETWORK * int(same_network) + _SLOT * min(other.slots, _MOST_SLOTS)
    if not same_item:
        return worth
    gives = _AHEAD * ahead(asker.position, other.first, other.last)
    takes = _BACK * ahead(other.position, asker.first, asker.last)
    return SAME_ITEM + worth + gives + takes + _CLOSE * closeness(asker.position, other.position)
