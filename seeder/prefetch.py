"""What a seeder fetches ahead of demand: the rest of a track that somebody is watching, in order. Pure."""

from bisect import bisect_left
from collections.abc import Callable

from swarm.library import Listing, TrackKey

Held = Callable[[bytes], bool]


class Prefetch:
    """Follows demand through the tracks of a course and names what to fetch next, at most `ahead_bytes` ahead."""

    def __init__(self, ahead_bytes: int) -> None:
        self._ahead_bytes = ahead_bytes
        self._listings: dict[TrackKey, list[Listing]] = {}
        self._cursors: dict[TrackKey, int] = {}

    def listed(self, listing: Listing) -> None:
        """A segment of a lecture; those of a track come in order."""
        self._listings.setdefault(listing.key, []).append(listing)

    def forget(self, item: str) -> None:
        """An item is gone."""
        for key in [key for key in self._listings if key.item == item]:
            del self._listings[key]
            self._cursors.pop(key, None)

    def demanded(self, listing: Listing) -> None:
        """Somebody wants a segment; its track is the most urgent one from now on."""
        if listing.key in self._listings:
            self._cursors.pop(listing.key, None)
            self._cursors[listing.key] = listing.sequence + 1

    def next(self, held: Held) -> Listing | None:
        """The next segment worth fetching; None when all that is allowed is there."""
        for key in reversed(self._cursors):
            found = self._first_missing(key, held)
            if found is not None:
                return found
        return None

    def _first_missing(self, key: TrackKey, held: Held) -> Listing | None:
        listings = self._listings[key]
        place = bisect_left(listings, self._cursors[key], key=lambda listing: listing.sequence)
        ahead = 0
        for listing in listings[place:]:
            ahead += listing.size
            if ahead > self._ahead_bytes:
                return None
            if not held(listing.id):
                return listing
        return None
