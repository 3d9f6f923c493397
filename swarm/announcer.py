"""Tells neighbours what this side can serve: whole segments, and how far those in flight have come."""

from swarm import bitmap
from swarm.library import Listing, TrackKey
from swarm.peer_messages import Have, Held, Loading, PeerMessage, Track

_MOST_BITS = 4096 * 8


class Announcer:
    """Our numbers for tracks, what we offer of each, and which progress was last told and when."""

    def __init__(self, announce_ms: int) -> None:
        self._announce_ms = announce_ms
        self._handles: dict[TrackKey, int] = {}
        self._offered: dict[TrackKey, set[int]] = {}
        self._told: dict[bytes, tuple[int, int]] = {}

    def greeting(self) -> list[PeerMessage]:
        """All that a new neighbour must hear."""
        messages: list[PeerMessage] = []
        for key, handle in self._handles.items():
            messages += [Track(handle, key.item, key.track), *self._have(key)]
        return messages

    def offers(self, listing: Listing) -> bool:
        """This side has said that it can serve the segment."""
        return listing.sequence in self._offered.get(listing.key, ())

    def gained(self, listing: Listing) -> list[PeerMessage]:
        """A whole segment can be served from now on."""
        self._told.pop(listing.id, None)
        if self.offers(listing):
            return []
        messages = self._declare(listing.key)
        self._offered[listing.key].add(listing.sequence)
        return [*messages, Held(self._handles[listing.key], listing.sequence, True)]

    def lost(self, listing: Listing) -> list[PeerMessage]:
        """A segment was dropped."""
        self._told.pop(listing.id, None)
        if not self.offers(listing):
            return []
        self._offered[listing.key].discard(listing.sequence)
        return [Held(self._handles[listing.key], listing.sequence, False)]

    def progress(self, listing: Listing, held: int, now: int) -> list[PeerMessage]:
        """A segment in flight has come so far; told at once when it begins, and then every 50 ms at most."""
        if self.offers(listing):
            return []
        bits, when = self._told.get(listing.id, (-1, -self._announce_ms))
        if bits == held or now < when + self._announce_ms:
            return []
        self._told[listing.id] = (held, now)
        return [*self._declare(listing.key), Loading(self._handles[listing.key], listing.sequence, bitmap.pack(held))]

    def due(self, segment_id: bytes, held: int, now: int) -> int | None:
        """When progress not yet told may be told; None when all is told."""
        bits, when = self._told.get(segment_id, (-1, now))
        return None if bits == held else when + self._announce_ms

    def _declare(self, key: TrackKey) -> list[PeerMessage]:
        if key in self._handles:
            return []
        self._handles[key] = len(self._handles)
        self._offered[key] = set()
        return [Track(self._handles[key], key.item, key.track)]

    def _have(self, key: TrackKey) -> list[PeerMessage]:
        offered = self._offered[key]
        if not offered:
            return []
        base = max(min(offered), max(offered) - _MOST_BITS + 1)
        bits = bitmap.of(s - base for s in offered if s >= base)
        return [Have(self._handles[key], base, bitmap.pack(bits))]
