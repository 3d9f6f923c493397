"""Tells neighbours what this side can serve: whole segments, and how far those in flight have come."""

from swarm import bitmap
from swarm.holdings import Holdings
from swarm.library import Listing, TrackKey
from swarm.peer_messages import MOST_TRACKS, Have, Held, Loading, PeerMessage, Track


class Announcer:
    """Our numbers for tracks, what we offer of each, and which progress was last told and when.

    Only so many tracks have a number; what comes after them is not announced.
    """

    def __init__(self) -> None:
        self._handles: dict[TrackKey, int] = {}
        self._offered: dict[TrackKey, Holdings] = {}
        self._told: dict[bytes, tuple[int, int]] = {}

    def greeting(self) -> list[PeerMessage]:
        """All that a new neighbour must hear."""
        messages: list[PeerMessage] = []
        for key, handle in self._handles.items():
            messages.append(Track(handle, key.item, key.track))
            if self._offered[key].bits:
                messages.append(Have(handle, *self._offered[key].wire()))
        return messages

    def offers(self, listing: Listing) -> bool:
        """This side has said that it can serve the segment."""
        offered = self._offered.get(listing.key)
        return offered is not None and listing.sequence in offered

    def gained(self, listing: Listing) -> list[PeerMessage]:
        """A whole segment can be served from now on."""
        self._told.pop(listing.id, None)
        if self.offers(listing) or not self._has_number(listing.key):
            return []
        messages = self._declare(listing.key)
        self._offered[listing.key].add(listing.sequence)
        return [*messages, Held(self._handles[listing.key], listing.sequence, True)]

    def lost(self, listing: Listing) -> list[PeerMessage]:
        """A segment was dropped, or will not come after all."""
        told = self._told.pop(listing.id, None)
        if not self.offers(listing) and told is None:
            return []
        self._offered[listing.key].discard(listing.sequence)
        return [Held(self._handles[listing.key], listing.sequence, False)]

    def progress(self, listing: Listing, held: int, now: int, every_ms: int) -> list[PeerMessage]:
        """A segment in flight has come so far; told at once when it begins, and then every `every_ms` at most."""
        if self.offers(listing) or not self._has_number(listing.key):
            return []
        bits, when = self._told.get(listing.id, (-1, now - every_ms))
        if bits == held or now < when + every_ms:
            return []
        self._told[listing.id] = (held, now)
        return [*self._declare(listing.key), Loading(self._handles[listing.key], listing.sequence, bitmap.pack(held))]

    def due(self, segment_id: bytes, held: int, every_ms: int) -> int | None:
        """When progress not yet told may be told; None when all is told."""
        told = self._told.get(segment_id)
        return None if told is None or told[0] == held else told[1] + every_ms

    def _has_number(self, key: TrackKey) -> bool:
        return key in self._handles or len(self._handles) < MOST_TRACKS

    def _declare(self, key: TrackKey) -> list[PeerMessage]:
        if key in self._handles:
            return []
        self._handles[key] = len(self._handles)
        self._offered[key] = Holdings()
        return [Track(self._handles[key], key.item, key.track)]
