"""What a seeder fetches ahead of demand."""

from seeder.prefetch import Prefetch
from swarm.library import Listing, TrackKey

VIDEO, AUDIO = TrackKey("lecture", "v360"), TrackKey("lecture", "a-1")


def listing(sequence: int, key: TrackKey = VIDEO) -> Listing:
    return Listing(key, sequence, bytes([sequence, len(key.track)]) * 16, 1000, False)


def filled(ahead: int) -> Prefetch:
    prefetch = Prefetch(ahead)
    for key in (VIDEO, AUDIO):
        for sequence in range(10):
            prefetch.listed(listing(sequence, key))
    return prefetch


def test_nothing_without_demand() -> None:
    assert filled(10**6).next(lambda segment: False) is None


def test_the_rest_of_the_track_in_order_within_bounds() -> None:
    prefetch = filled(3000)
    prefetch.demanded(listing(4))
    held: set[bytes] = set()
    order = []
    while (found := prefetch.next(held.__contains__)) is not None:
        order.append(found.sequence)
        held.add(found.id)
    assert order == [5, 6, 7]
    prefetch.demanded(listing(6))
    assert prefetch.next(held.__contains__) == listing(8)


def test_the_newest_demand_goes_first() -> None:
    prefetch = filled(10**6)
    prefetch.demanded(listing(4))
    prefetch.demanded(listing(1, AUDIO))
    assert prefetch.next(lambda segment: False) == listing(2, AUDIO)
    prefetch.demanded(listing(4))
    assert prefetch.next(lambda segment: False) == listing(5)


def test_classes_and_removed_items_are_left_alone() -> None:
    prefetch = filled(10**6)
    prefetch.demanded(Listing(TrackKey("class", "v360"), 3, bytes(32), 1000, True))
    assert prefetch.next(lambda segment: False) is None
    prefetch.demanded(listing(4))
    prefetch.forget("lecture")
    assert prefetch.next(lambda segment: False) is None
