"""Playlists by address: finds what a request asks for, waits where it must, and remembers what it has written."""

import asyncio
import gzip
import hashlib
from dataclasses import dataclass

from origin.catalogue import Catalogue
from origin.coalesced import Coalesced
from origin.errors import BadRequest, Missing, NotYet
from origin.heads import Heads
from origin.playlists import ALL, LIVE, MediaList, media_playlist, multivariant_playlist, target_duration
from origin.records import LISTED, Item, Segment, Track
from origin.records import LIVE as LIVE_STATE
from origin.windows import CLOSED_WINDOW_MS, closed_window, live_count, live_window
from swarm.keys import SigningKey

MAX_AHEAD = 2  # rfc8216bis section 6.2.5.2: a request further ahead of the head is an error
BLOCK_TARGETS = 3
NO_CACHE = "no-cache"
SHORT_CACHE = "public, max-age=10"
FOREVER = "public, max-age=31536000, immutable"
_ITEM_KEPT_S = 1.0
_MANY = 10**9


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist ready to be sent, plain and gzipped. The ETag is weak: both forms share it."""

    plain: bytes
    zipped: bytes
    etag: str
    cache: str


def _written(data: bytes, cache: str) -> Playlist:
    etag = f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Playlist(data, gzip.compress(data, 6, mtime=0), etag, cache)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One rendering: equal ones are written once. `item` carries state and head, so a new head is a new rendering."""

    item: Item
    track: Track | None
    window: str
    start: int | None = None


class Listing:
    """Answers playlist requests from the catalogue."""

    def __init__(self, catalogue: Catalogue, heads: Heads, key: SigningKey) -> None:
        self._catalogue = catalogue
        self._heads = heads
        self._key = key
        self._items = Coalesced(self._load_item, most=4096, keep_s=_ITEM_KEPT_S)
        self._playlists = Coalesced(self._write, most=256, keep_s=3600.0)
        self._windows = Coalesced(self._write, most=64, keep_s=60.0)

    async def _load_item(self, item_id: str) -> Item | None:
        return await self._catalogue.item(item_id)

    def changed(self, item_id: str) -> None:
        """Look the item up again at the next request."""
        self._items.drop(item_id)

    async def item(self, item_id: str) -> Item:
        """A listed item. Raises Missing."""
        item = await self._items.get(item_id)
        if item is None or item.state not in LISTED:
            raise Missing("item", "There is no such lecture or class.")
        return item

    async def multivariant(self, item_id: str, start_ms: int | None) -> Playlist:
        """The multivariant playlist. Raises Missing."""
        item = await self.item(item_id)
        return await (self._playlists if start_ms is None else self._windows).get(_Wanted(item, None, ALL, start_ms))

    async def media(self, item_id: str, track_id: str, start_ms: int | None, msn: int | None) -> Playlist:
        """A media playlist: the live window, all, or a closed window from `start_ms` (Unix) on.

        With `msn` the answer waits until that segment is listed. Raises Missing, BadRequest when `msn` is too far
        ahead, NotYet when nothing comes within three target durations.
        """
        item = await self.item(item_id)
        if start_ms is None and item.state == LIVE_STATE:
            item = await self._awaited(item, 0 if msn is None else msn)
        track = item.track(track_id)
        if track is None:
            raise Missing("track", "There is no such track.")
        if start_ms is not None:
            return await self._windows.get(_Wanted(item, track, "closed", start_ms))
        window = LIVE if item.state == LIVE_STATE or (msn is not None and item.kind == "class") else ALL
        return await self._playlists.get(_Wanted(item, track, window))

    async def _awaited(self, item: Item, msn: int) -> Item:
        if msn > max(item.head, 0) + MAX_AHEAD:
            raise BadRequest("ahead", f"Segment {msn} is more than two ahead of {item.head}.")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + BLOCK_TARGETS * target_duration(item.segment_ms, (), 1)
        while item.state == LIVE_STATE and item.head < msn:
            left = deadline - loop.time()
            if left <= 0:
                raise NotYet("late", f"Segment {msn} has not come within three target durations.")
            if self._heads.runs(item.id):
                await self._heads.wait(item.id, msn, left)
            else:
                await asyncio.sleep(min(left, _ITEM_KEPT_S / 2))
            item = await self.item(item.id)
        return item

    async def _write(self, wanted: _Wanted) -> Playlist:
        item, track = wanted.item, wanted.track
        if track is None:
            query = "" if wanted.start is None else f"?start={wanted.start}"
            cache = NO_CACHE if query or item.state == LIVE_STATE else SHORT_CACHE
            return _written(multivariant_playlist(item, self._key, query), cache)
        if wanted.start is not None:
            return await self._write_window(item, track, wanted.start)
        if wanted.window == LIVE:
            return await self._write_live(item, track)
        segments = await self._catalogue.segments(item.id, track.id, 0, _last(item))
        listed = MediaList(segments, ALL, closed=True)
        return await asyncio.to_thread(lambda: _written(media_playlist(item, track, listed, self._key), SHORT_CACHE))

    async def _write_live(self, item: Item, track: Track) -> Playlist:
        first = max(0, item.head + 1 - 2 * live_count(item.segment_ms))
        segments = await self._catalogue.segments(item.id, track.id, first, item.head)
        live = item.state == LIVE_STATE
        listed = MediaList(live_window(segments, track.timescale), LIVE, closed=not live, blocking=live)
        return _written(media_playlist(item, track, listed, self._key), NO_CACHE)

    async def _write_window(self, item: Item, track: Track, start_ms: int) -> Playlist:
        since = max(0, start_ms - item.epoch_ms)
        most = 2 * CLOSED_WINDOW_MS // max(1, item.segment_ms) + 2
        found = await self._catalogue.segments_from(item, track.id, since * track.timescale // 1000, most)
        window = closed_window(found, track.timescale, since)
        if not window.segments:
            raise Missing("window", "Nothing has been recorded for that time.")
        listed = MediaList(window.segments, _span(window.segments), closed=True)
        cache = FOREVER if window.full else NO_CACHE
        return await asyncio.to_thread(lambda: _written(media_playlist(item, track, listed, self._key), cache))


def _last(item: Item) -> int:
    return item.head if item.kind == "class" else _MANY


def _span(segments: tuple[Segment, ...]) -> str:
    return f"{segments[0].msn}-{segments[-1].msn}"
