"""What there is: courses, items, tracks, segments and assets, as frozen records."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from origin.db.engine import Database
from origin.db.models import AssetRow, CourseRow, ItemRow, SegmentRow, TrackRow
from origin.records import LISTED, Asset, Course, Item, Segment, Track

_SEGMENT = (SegmentRow.msn, SegmentRow.object, SegmentRow.start, SegmentRow.duration, SegmentRow.size)
_TRACK = tuple(column for column in TrackRow.__table__.columns if column.name not in ("item", "place"))
_ASSET = (
    AssetRow.kind,
    AssetRow.place.label("index"),
    AssetRow.object,
    AssetRow.extension,
    AssetRow.size,
    AssetRow.language,
    AssetRow.name,
)
SegmentSelect: TypeAlias = "Select[int, str, int, int, int]"


class Catalogue:
    """Reads the catalogue. Items that are not listed yet are found by id alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def courses(self) -> list[tuple[Course, list[Item]]]:
        """All courses with their listed items, newest items first; courses without any are left out."""
        async with self._database.reading() as connection:
            courses = await connection.execute(select(CourseRow).order_by(CourseRow.title))
            items = await _items(connection, select(ItemRow).where(ItemRow.state.in_(LISTED)))
        by_course: dict[str, list[Item]] = {}
        for item in items:
            by_course.setdefault(item.course, []).append(item)
        every = [Course(**row._mapping) for row in courses]
        return [(course, by_course[course.id]) for course in every if course.id in by_course]

    async def course(self, course_id: str) -> tuple[Course, list[Item]] | None:
        """One course with its listed items."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(CourseRow).where(CourseRow.id == course_id))).first()
            if row is None:
                return None
            listed = select(ItemRow).where(ItemRow.course == course_id, ItemRow.state.in_(LISTED))
            return Course(**row._mapping), await _items(connection, listed)

    async def item(self, item_id: str) -> Item | None:
        """An item in any state, with its tracks and assets."""
        async with self._database.reading() as connection:
            found = await _items(connection, select(ItemRow).where(ItemRow.id == item_id))
        return found[0] if found else None

    async def items_in(self, states: Sequence[str]) -> list[Item]:
        """All items in one of these states."""
        async with self._database.reading() as connection:
            return await _items(connection, select(ItemRow).where(ItemRow.state.in_(states)))

    async def segments(self, item_id: str, track_id: str, first: int, last: int) -> list[Segment]:
        """The segments of a track from `first` to `last`, both included, in order."""
        wanted = _of_track(item_id, track_id).where(SegmentRow.msn.between(first, last))
        return await self._segments(wanted)

    async def segments_from(self, item: Item, track_id: str, ticks: int, most: int) -> list[Segment]:
        """Up to `most` listed segments from the one that plays at `ticks` of the track's timescale on."""
        wanted = _of_track(item.id, track_id).where(
            SegmentRow.msn <= item.head, SegmentRow.start + SegmentRow.duration > ticks
        )
        return await self._segments(wanted.limit(most))

    async def _segments(self, wanted: SegmentSelect) -> list[Segment]:
        async with self._database.reading() as connection:
            return [Segment(*row) for row in await connection.execute(wanted)]

    async def item_of(self, object_id: str) -> str | None:
        """The item that an object belongs to; the newest one when several share it."""
        named = union_all(
            select(SegmentRow.item).where(SegmentRow.object == object_id),
            select(TrackRow.item).where(TrackRow.init == object_id),
            select(AssetRow.item).where(AssetRow.object == object_id),
        ).subquery()
        wanted = select(ItemRow.id).join(named, named.c.item == ItemRow.id).order_by(ItemRow.created.desc()).limit(1)
        async with self._database.reading() as connection:
            found: str | None = (await connection.execute(wanted)).scalar()
        return found


def _of_track(item_id: str, track_id: str) -> SegmentSelect:
    of_track = select(*_SEGMENT).where(SegmentRow.item == item_id, SegmentRow.track == track_id)
    return of_track.order_by(SegmentRow.msn)


async def _items(connection: AsyncConnection, wanted: Select[Any]) -> list[Item]:
    rows = (await connection.execute(wanted.order_by(ItemRow.created.desc(), ItemRow.id))).all()
    ids = [row.id for row in rows]
    tracks: dict[str, list[Track]] = {}
    assets: dict[str, list[Asset]] = {}
    of_track = select(TrackRow.item, *_TRACK).where(TrackRow.item.in_(ids)).order_by(TrackRow.item, TrackRow.place)
    for item, *values in await connection.execute(of_track):
        tracks.setdefault(item, []).append(Track(**dict(zip((c.name for c in _TRACK), values, strict=True))))
    of_asset = select(AssetRow.item, *_ASSET).where(AssetRow.item.in_(ids)).order_by(AssetRow.kind, AssetRow.place)
    for item, *values in await connection.execute(of_asset):
        assets.setdefault(item, []).append(Asset(*values))
    return [
        Item(**row._mapping, tracks=tuple(tracks.get(row.id, ())), assets=tuple(assets.get(row.id, ()))) for row in rows
    ]
