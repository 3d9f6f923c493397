"""Follows the playlists of an item: fetched over HTTP, checked against the pinned key, turned into listings.

A lecture is read once; a class is followed with blocking reloads (rfc8216bis section 6.2.5.2), so that a new segment
is known at once, until its playlist ends.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from seeder.errors import FetchError, FetchRefused
from seeder.http_source import HttpSource, retry_pause
from seeder.origin_api import Item
from swarm.errors import PlaylistError, StalePlaylist
from swarm.keys import VerifyingKey
from swarm.library import Listing, TrackKey
from swarm.media_playlist import MediaPlaylist, parse_media_playlist
from swarm.playlist import PlaylistGuard

logger = logging.getLogger(__name__)
_STANDSTILL = 3
"""A live head that does not move for so many target durations is an alarm."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment of a followed track: where it stands in the swarm, its duration in ms, its date-time in Unix ms."""

    listing: Listing
    duration_ms: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class Update:
    """New segments of a track in order, and whether the track has ended."""

    track: str
    target_ms: int
    init: bytes | None
    segments: tuple[Listed, ...]
    ended: bool


Heard = Callable[[Update], None]


class TrackFollower:
    """Follows one track of an item and tells `heard` about every new segment."""

    def __init__(self, source: HttpSource, item: Item, track: str, heard: Heard) -> None:
        self._source = source
        self._heard = heard
        self._live = item.state == "live"
        self._segment_ms = item.segment_duration
        self._key = TrackKey(item.id, track)
        window = "live" if self._live else "all"
        self._guard = PlaylistGuard(item.id, track, window, VerifyingKey.from_jwk(item.key.jwk()))
        self._head = -1
        self._moved = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Follow until the playlist has ended. Errors of the origin are waited out; forged playlists never pass."""
        tries = 0
        while True:
            try:
                playlist = await self._fetch()
                update = self._update(playlist)
            except (FetchError, PlaylistError) as error:
                self._complain(error)
                tries = 0 if isinstance(error, StalePlaylist) else tries + 1
                await retry_pause(tries, random.random())
                continue
            tries = 0
            self._heard(update)
            if playlist.ended or not self._live:
                return
            await self._rest(update)

    async def _fetch(self) -> MediaPlaylist:
        item, track = self._key
        if self._head < 0:
            data = await self._source.playlist(item, track)
        else:
            data = await self._source.playlist(item, track, self._head + 1, _STANDSTILL * self._segment_ms)
        self._guard.accept(data)
        return parse_media_playlist(data)

    def _update(self, playlist: MediaPlaylist) -> Update:
        new = [segment for segment in playlist.segments if segment.sequence > self._head]
        starts = _starts(playlist)
        listed = tuple(
            Listed(
                Listing(self._key, segment.sequence, segment.id, segment.size, self._live),
                segment.duration_ms,
                starts[segment.sequence],
            )
            for segment in new
        )
        if new:
            self._head = new[-1].sequence
            self._moved = asyncio.get_running_loop().time()
        return Update(self._key.track, playlist.target_ms, playlist.init, listed, playlist.ended or not self._live)

    async def _rest(self, update: Update) -> None:
        """A blocking origin holds the next request itself; one that answered without news is left alone a little."""
        if not update.segments:
            still_ms = (asyncio.get_running_loop().time() - self._moved) * 1000
            if still_ms > _STANDSTILL * self._segment_ms:
                logger.warning("the head of %s stands still for %d ms", "/".join(self._key), still_ms)
            await asyncio.sleep(self._segment_ms / 4000)

    def _complain(self, error: Exception) -> None:
        missing = isinstance(error, FetchRefused) and error.status == 404
        level = logging.INFO if missing or isinstance(error, StalePlaylist) else logging.WARNING
        logger.log(level, "playlist of %s: %s", "/".join(self._key), error)


def _starts(playlist: MediaPlaylist) -> dict[int, int]:
    """Unix ms of each segment's first frame; without date-times, ms since the first segment listed."""
    starts = {}
    position = 0.0
    for segment in playlist.segments:
        if segment.time_ms is not None:
            position = float(segment.time_ms)
        starts[segment.sequence] = round(position)
        position += segment.duration_ms
    return starts
