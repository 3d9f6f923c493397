"""Writes the catalogue: an entry is begun, filled while its objects are stored, and listed when it is complete.

A row that names an object is written before the object itself. So every object has a row from its first byte on:
removing an item can tell which objects nothing else needs, and a process that dies leaves nothing unaccounted for.
What makes a row visible is the item's state and, for classes, its head.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from origin.db.engine import Database
from origin.db.models import AssetRow, CourseRow, ItemRow, SegmentRow, TrackRow
from origin.objects import INIT, SEGMENT, ObjectName
from origin.records import ENDED, FAILED, LIVE, PREPARING, READY, REMOVED, Asset, Segment, Track
from origin.store import Store

REMOVED_AT_ONCE = 50


def new_id() -> str:
    """A random name for a course or an item: 16 hexadecimal digits."""
    return secrets.token_hex(8)


class Entries:
    """Writes items. `owner` is the lease of this process."""

    def __init__(self, database: Database, store: Store, owner: str) -> None:
        self._database = database
        self._store = store
        self.owner = owner

    async def begin(self, item_id: str, course_title: str, kind: str, title: str, now_ms: int) -> None:
        """Begin an item in the course of that title, which is made if need be."""
        async with self._database.writing() as connection:
            course_id = await _course_titled(connection, course_title, now_ms)
            row: dict[str, Any] = {"id": item_id, "course": course_id, "kind": kind, "title": title}
            row |= {"created": now_ms, "duration_ms": 0, "segment_ms": 0, "edition": 1, "head": -1}
            await connection.execute(insert(ItemRow).values(**row, state=PREPARING, owner=self.owner))

    async def open(self, item_id: str, tracks: Sequence[Track], segment_ms: int) -> None:
        """Note the tracks; their initialisation segments are about to be stored."""
        async with self._database.writing() as connection:
            for place, track in enumerate(tracks):
                row = {name: getattr(track, name) for name in Track.__slots__}
                await connection.execute(insert(TrackRow).values(item=item_id, place=place, **row))
            await _change(connection, item_id, {"segment_ms": segment_ms})

    async def go_live(self, item_id: str, started_ms: int) -> None:
        """List a class, still without segments; `started_ms` is the Unix time of its first frame."""
        async with self._database.writing() as connection:
            await _change(connection, item_id, {"state": LIVE, "started": started_ms})

    async def claim_segment(self, item_id: str, track_id: str, segment: Segment) -> None:
        """Note a segment whose object is about to be stored."""
        row = {name: getattr(segment, name) for name in Segment.__slots__}
        async with self._database.writing() as connection:
            await connection.execute(insert(SegmentRow).values(item=item_id, track=track_id, **row))

    async def claim_asset(self, item_id: str, asset: Asset) -> None:
        """Note an asset whose object is about to be stored."""
        row = {name: getattr(asset, name) for name in Asset.__slots__ if name != "index"}
        async with self._database.writing() as connection:
            await connection.execute(insert(AssetRow).values(item=item_id, place=asset.index, **row))

    async def list_head(self, item_id: str, head: int, duration_ms: int) -> None:
        """List a class's segments up to `head`: all of them are stored."""
        async with self._database.writing() as connection:
            await _change(connection, item_id, {"head": head, "duration_ms": duration_ms})

    async def complete(self, item_id: str, head: int, duration_ms: int, rates: dict[str, tuple[int, int]]) -> None:
        """List a lecture: everything is stored. `rates` are each track's peak and mean."""
        async with self._database.writing() as connection:
            await _set_rates(connection, item_id, rates)
            await _change(connection, item_id, {"state": READY, "head": head, "duration_ms": duration_ms, "owner": ""})

    async def end(self, item_id: str, now_ms: int, rates: dict[str, tuple[int, int]]) -> None:
        """End a class; what was never listed goes. A class without a single segment has failed."""
        async with self._database.writing() as connection:
            head = (await connection.execute(select(ItemRow.head).where(ItemRow.id == item_id))).scalar()
            if head is None:
                return
            of_item = SegmentRow.item == item_id
            ahead = select(SegmentRow.object).where(of_item, SegmentRow.msn > head)
            loose = [ObjectName(name, SEGMENT) for name in (await connection.execute(ahead)).scalars()]
            await connection.execute(delete(SegmentRow).where(of_item, SegmentRow.msn > head))
            await _set_rates(connection, item_id, rates)
            state = ENDED if head >= 0 else FAILED
            await _change(connection, item_id, {"state": state, "ended": now_ms, "owner": ""})
            await self._delete_unnamed(connection, loose)

    async def remove(self, item_id: str) -> bool:
        """Remove an item, and its objects where nothing else names them. Says whether there was one.

        Objects go while the write lock is held: another process claims an object before it looks whether it is there,
        so it can never take one for stored that is about to go. A long item goes in several transactions, so that
        live classes never wait long for the lock. Raises StoreError, and may then be repeated.
        """
        of_item = ItemRow.id == item_id
        async with self._database.writing() as connection:
            course = (await connection.execute(select(ItemRow.course).where(of_item))).scalar()
            await _change(connection, item_id, {"state": REMOVED, "owner": self.owner})
        if course is None:
            return False
        while await self._remove_some_segments(item_id):
            pass
        async with self._database.writing() as connection:
            names = await _objects_beside(connection, item_id)
            await connection.execute(delete(ItemRow).where(of_item))
            others = exists().where(ItemRow.course == course)
            await connection.execute(delete(CourseRow).where(CourseRow.id == course, ~others))
            await self._delete_unnamed(connection, names)
        return True

    async def _remove_some_segments(self, item_id: str) -> bool:
        rows = select(SegmentRow.track, SegmentRow.msn, SegmentRow.object).where(SegmentRow.item == item_id)
        async with self._database.writing() as connection:
            found = (await connection.execute(rows.limit(REMOVED_AT_ONCE))).all()
            for track, msn, _ in found:
                row = (SegmentRow.item == item_id, SegmentRow.track == track, SegmentRow.msn == msn)
                await connection.execute(delete(SegmentRow).where(*row))
            await self._delete_unnamed(connection, [ObjectName(name, SEGMENT) for _, _, name in found])
        return bool(found)

    async def _delete_unnamed(self, connection: AsyncConnection, names: Sequence[ObjectName]) -> None:
        for name in dict.fromkeys(names):
            if not await _named(connection, name.id):
                await self._store.delete(name)


async def _course_titled(connection: AsyncConnection, title: str, now_ms: int) -> str:
    found: str | None = (await connection.execute(select(CourseRow.id).where(CourseRow.title == title))).scalar()
    if found is None:
        found = new_id()
        await connection.execute(insert(CourseRow).values(id=found, title=title, created=now_ms))
    return found


async def _change(connection: AsyncConnection, item_id: str, changes: dict[str, Any]) -> None:
    await connection.execute(update(ItemRow).where(ItemRow.id == item_id).values(**changes))


async def _set_rates(connection: AsyncConnection, item_id: str, rates: dict[str, tuple[int, int]]) -> None:
    for track, (peak, mean) in rates.items():
        of_track = update(TrackRow).where(TrackRow.item == item_id, TrackRow.id == track)
        await connection.execute(of_track.values(bandwidth=peak, average_bandwidth=mean))


async def _objects_beside(connection: AsyncConnection, item_id: str) -> list[ObjectName]:
    inits = await connection.execute(select(TrackRow.init).where(TrackRow.item == item_id))
    assets = await connection.execute(select(AssetRow.object, AssetRow.extension).where(AssetRow.item == item_id))
    return [ObjectName(name, INIT) for name in inits.scalars()] + [ObjectName(*row) for row in assets]


async def _named(connection: AsyncConnection, object_id: str) -> bool:
    columns = (SegmentRow.object, TrackRow.init, AssetRow.object)
    anywhere = or_(*(exists().where(column == object_id) for column in columns))
    return bool((await connection.execute(select(anywhere))).scalar())
