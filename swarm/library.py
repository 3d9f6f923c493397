"""What is known of the course's segments: signed playlists say which (item, track, sequence) has which id and size."""

from dataclasses import dataclass
from typing import NamedTuple

from swarm.identity import block_count

MOST_LISTED = 50_000


class TrackKey(NamedTuple):
    """A track of an item."""

    item: str
    track: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One segment as a verified playlist lists it: its place, id and size in bytes, and whether it is live."""

    key: TrackKey
    sequence: int
    id: bytes
    size: int
    live: bool


class Library:
    """Listings by place and by id. Memory is bounded: the oldest listings are forgotten."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[TrackKey, int], Listing] = {}
        self._by_id: dict[bytes, Listing] = {}

    def add(self, listing: Listing) -> bool:
        """Note a listing; False when it was known. Raises IdentityError when the size is impossible."""
        block_count(listing.size)
        place = (listing.key, listing.sequence)
        known = self._by_place.get(place)
        if known == listing:
            return False
        self._by_place[place] = listing
        self._by_id[listing.id] = listing
        self._trim()
        return True

    def at(self, key: TrackKey, sequence: int) -> Listing | None:
        """The segment at a place."""
        return self._by_place.get((key, sequence))

    def of(self, segment_id: bytes) -> Listing | None:
        """The newest place of a segment."""
        return self._by_id.get(segment_id)

    def _trim(self) -> None:
        while len(self._by_place) > MOST_LISTED:
            place = next(iter(self._by_place))
            gone = self._by_place.pop(place)
            if self._by_id.get(gone.id) == gone:
                del self._by_id[gone.id]
