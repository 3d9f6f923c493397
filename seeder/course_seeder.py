"""One seeder in one course: holds what its viewers watch, and fetches it before they ask where that pays.

Renditions of a class that some neighbour watches are fetched as soon as they are listed; whether over HTTP or from
peers is for the fetch policy and the duty that the tracker gave. Everything else is offered, and fetched on demand.
"""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from seeder.certificate import process_certificate
from seeder.disk import Disk
from seeder.follow import Listed, TrackFollower, Update
from seeder.http_source import HttpSource
from seeder.node import Node, NodeSettings
from seeder.origin_api import Item
from seeder.prefetch import Prefetch
from seeder.presence import Standing
from swarm.exchange_events import Failed, Finished
from swarm.library import Listing, TrackKey
from swarm.peer_messages import VIEWER
from swarm.segment import BadBytes

logger = logging.getLogger(__name__)
_LIVE_AHEAD = 4
"""Of a class that is joined, so many of the newest segments are fetched: where viewers start to play."""
_WATCHED_MS = 30_000
"""A rendition counts as watched so long after the last demand for it."""
_FETCHES_AHEAD = 2
_AHEAD_DEADLINE_MS = 120_000
_RETRY_MS = 1000


class CourseSeeder:
    """Seeds the items of one course until closed. `disk` keeps what memory forgets."""

    def __init__(self, course: str, settings: NodeSettings, source: HttpSource, disk: Disk | None) -> None:
        self.node = Node(course, settings, source, process_certificate(), self)
        self._source = source
        self._disk = disk
        self._prefetch = Prefetch(settings.cache_bytes // 2)
        self._ahead: set[bytes] = set()
        self._getting: set[bytes] = set()
        self._demanded_at: dict[TrackKey, int] = {}
        self._follows: dict[tuple[str, bool], set[asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.node.join()

    def update(self, items: tuple[Item, ...]) -> None:
        """The items of the course as the catalogue lists them now."""
        present = {(item.id, item.state == "live"): item for item in items if item.playable}
        for item_id, live in [key for key in self._follows if key not in present]:
            for task in self._follows.pop((item_id, live)):
                task.cancel()
            if (item_id, not live) not in present:
                self._prefetch.forget(item_id)
                self.node.leave(item_id)
        for key, item in present.items():
            if key not in self._follows:
                self._follow(key, item)

    async def close(self) -> None:
        """Leave the course."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.node.close()

    def _follow(self, key: tuple[str, bool], item: Item) -> None:
        standing = self.node.watch(item.id)
        followers = [
            TrackFollower(self._source, item, track.id, lambda update: self._heard(item, standing, update))
            for track in item.tracks
        ]
        self._follows[key] = {self._start(follower.run()) for follower in followers}

    def _heard(self, item: Item, standing: Standing, update: Update) -> None:
        if update.segments:
            standing.first = update.segments[0].listing.sequence if standing.first < 0 else standing.first
            standing.last = update.segments[-1].listing.sequence
        newest = update.segments[-_LIVE_AHEAD:]
        for listed in update.segments:
            if listed.listing.live and listed in newest and self._watched(listed.listing.key):
                self._fetch_live(item, listed)
            else:
                self.node.offer(listed.listing)
            if not listed.listing.live:
                self._prefetch.listed(listed.listing)

    def _fetch_live(self, item: Item, listed: Listed) -> None:
        self.node.want(listed.listing, self.node.now() + 2 * item.segment_duration)

    def _watched(self, key: TrackKey) -> bool:
        """A viewer among the neighbours holds segments of this track, or somebody asked for it lately."""
        asked = self._demanded_at.get(key)
        if asked is not None and self.node.now() - asked < _WATCHED_MS:
            return True
        neighbours = self.node.exchange.neighbours.values()
        return any(neighbour.newest(key) >= 0 for neighbour in neighbours if neighbour.role == VIEWER)

    # What the node tells

    def finished(self, event: Finished) -> None:
        self._ahead.discard(event.segment)
        if self._disk is not None and event.segment not in self._disk:
            data = self.node.exchange.data(event.segment)
            if data is not None:
                self._start(self._write(self._disk, event.segment, data))
        self._fetch_ahead()

    def failed(self, event: Failed) -> None:
        logger.info("segment %s: %s", event.segment.hex()[:8], event.reason)
        self._ahead.discard(event.segment)

    def demanded(self, segment: bytes) -> None:
        listing = self.node.exchange.library.of(segment)
        if listing is not None:
            self._demanded_at[listing.key] = self.node.now()
            self._prefetch.demanded(listing)
            if segment not in self._getting:
                self._getting.add(segment)
                self._start(self._get(listing)).add_done_callback(lambda _: self._getting.discard(segment))

    def duty(self, item: str) -> None:
        logger.debug("duty in %s: %s", item, self.node.exchange.duties.get(item))

    # Fetching

    async def _get(self, listing: Listing) -> None:
        """From disk, else from where the policy finds it at once."""
        if not await self._load(listing):
            self.node.want(listing, self.node.now())
        self._fetch_ahead()

    async def _load(self, listing: Listing) -> bool:
        data = await self._disk.read(listing.id) if self._disk is not None else None
        if self._disk is None or data is None:
            return False
        try:
            self.node.store(listing, data)
        except BadBytes as error:
            logger.warning("the disk holds broken bytes: %s", error)
            self._disk.drop(listing.id)
            return False
        return True

    def _fetch_ahead(self) -> None:
        if not any(neighbour.role == VIEWER for neighbour in self.node.exchange.neighbours.values()):
            return
        while len(self._ahead) < _FETCHES_AHEAD:
            listing = self._prefetch.next(self._has)
            if listing is None:
                return
            self._ahead.add(listing.id)
            self.node.want(listing, self.node.now() + _AHEAD_DEADLINE_MS)

    def _has(self, segment: bytes) -> bool:
        on_disk = self._disk is not None and segment in self._disk
        return on_disk or segment in self._ahead or self.node.exchange.find(segment) is not None

    async def _write(self, disk: Disk, segment: bytes, data: bytes) -> None:
        try:
            await disk.write(segment, data)
        except OSError as error:
            logger.warning("the disk cannot keep a segment: %s", error)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def open_disk(folder: Path | None, most_bytes: int) -> Disk | None:
    """The disk store, when a folder was given."""
    return Disk(folder, most_bytes) if folder is not None else None
