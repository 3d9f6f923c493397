"""The catalogue on a real database, by two processes' worth of openings."""

import asyncio
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from origin.db.engine import FILE, Database, migrate
from origin.db.models import Base
from origin.entries import new_id
from origin.objects import INIT, SEGMENT, ObjectName
from origin.records import CLASS, ENDED, FAILED, LECTURE, READY, Segment, Track
from origin.warehouse import Warehouse
from swarm.errors import PlainError
from swarm.identity import id_text, prove


def named(data: bytes, extension: str = SEGMENT) -> ObjectName:
    return ObjectName(id_text(prove(data).id), extension)


async def fill(warehouse: Warehouse, kind: str, blobs: list[bytes], course: str = "C") -> str:
    item = new_id()
    init = named(b"init", INIT)
    await warehouse.entries.begin(item, course, kind, "T", 1000)
    await warehouse.entries.open(item, [Track("v360", "video", "avc1", 1, 1, 1000, init.id)], 1000)
    await warehouse.store.put(init, b"init")
    for msn, data in enumerate(blobs):
        await warehouse.entries.claim_segment(item, "v360", Segment(msn, named(data).id, msn * 1000, 1000, len(data)))
        await warehouse.store.put(named(data), data)
    return item


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "media").iterdir()}


def test_migrations_and_models_agree(tmp_path: Path) -> None:
    migrate(tmp_path / FILE)
    migrate(tmp_path / FILE)
    engine = create_engine(f"sqlite:///{tmp_path / FILE}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


async def test_nothing_is_listed_before_it_is_complete(tmp_path: Path) -> None:
    warehouse = await Warehouse.open(tmp_path)
    item = await fill(warehouse, LECTURE, [b"a", b"b"])
    assert await warehouse.catalogue.courses() == []
    await warehouse.entries.complete(item, 1, 2000, {"v360": (5, 4)})
    ((course, items),) = await warehouse.catalogue.courses()
    assert (course.title, items[0].id, items[0].state, items[0].tracks[0].bandwidth) == ("C", item, READY, 5)
    await warehouse.close()


async def test_removing_spares_what_others_need(tmp_path: Path) -> None:
    warehouse = await Warehouse.open(tmp_path)
    first = await fill(warehouse, LECTURE, [b"a", b"b", b"a"])
    second = await fill(warehouse, LECTURE, [b"b", b"c"])
    assert await warehouse.entries.remove(first)
    assert not await warehouse.entries.remove(first)
    kept = {named(b"b"), named(b"c"), named(b"init", INIT)}
    assert files(tmp_path) == {str(n) for n in kept} | {str(n.proof) for n in kept}
    assert await warehouse.entries.remove(second)
    assert files(tmp_path) == set()
    async with warehouse._database.reading() as connection:
        assert (await connection.execute(text("select count(*) from course"))).scalar() == 0
    await warehouse.close()


async def test_removing_a_long_item_takes_every_object(tmp_path: Path) -> None:
    warehouse = await Warehouse.open(tmp_path, "memory:///")
    blobs = [n.to_bytes(2, "big") for n in range(120)]
    item = await fill(warehouse, LECTURE, blobs)
    await warehouse.entries.remove(item)
    assert [await warehouse.store.find(named(data)) for data in blobs] == [None] * 120
    await warehouse.close()


async def test_an_ended_class_keeps_what_was_listed_and_no_more(tmp_path: Path) -> None:
    warehouse = await Warehouse.open(tmp_path)
    item = await fill(warehouse, CLASS, [b"a", b"b", b"c"])
    await warehouse.entries.go_live(item, 5)
    await warehouse.entries.list_head(item, 1, 2000)
    await warehouse.entries.end(item, 9, {})
    found = await warehouse.catalogue.item(item)
    assert found is not None
    assert (found.state, found.head, found.ended) == (ENDED, 1, 9)
    assert [s.msn for s in await warehouse.catalogue.segments(item, "v360", 0, 99)] == [0, 1]
    assert str(named(b"c")) not in files(tmp_path)
    empty = await fill(warehouse, CLASS, [b"x"])
    await warehouse.entries.end(empty, 9, {})
    failed = await warehouse.catalogue.item(empty)
    assert failed is not None
    assert failed.state == FAILED
    await warehouse.close()


async def test_what_a_dead_process_left_is_put_right(tmp_path: Path) -> None:
    dead = await Warehouse.open(tmp_path)
    half = await fill(dead, LECTURE, [b"a"])
    live = await fill(dead, CLASS, [b"b", b"c"])
    await dead.entries.go_live(live, 5)
    await dead.entries.list_head(live, 0, 1000)
    beside = await Warehouse.open(tmp_path)
    assert await beside.catalogue.item(half) is not None
    await dead.close()
    after = await Warehouse.open(tmp_path)
    assert await after.catalogue.item(half) is None
    ended = await after.catalogue.item(live)
    assert ended is not None
    assert (ended.state, ended.ended) == (ENDED, 1005)
    kept = {named(b"b"), named(b"init", INIT)}
    assert files(tmp_path) == {str(n) for n in kept} | {str(n.proof) for n in kept}
    await beside.close()
    await after.close()


async def test_two_processes_write_side_by_side(tmp_path: Path) -> None:
    one, two = await Warehouse.open(tmp_path), await Warehouse.open(tmp_path)
    blobs = [os.urandom(20) for _ in range(10)]
    items = await asyncio.gather(*(fill(w, LECTURE, blobs) for w in (one, two, one, two)))
    await asyncio.gather(one.entries.remove(items[0]), two.entries.remove(items[1]), one.entries.remove(items[2]))
    for data in blobs:
        found = await two.store.find(named(data))
        assert found is not None
        found.close()
    await one.close()
    await two.close()


async def test_an_object_belongs_to_its_newest_item(tmp_path: Path) -> None:
    warehouse = await Warehouse.open(tmp_path)
    item = await fill(warehouse, LECTURE, [b"a"])
    assert await warehouse.catalogue.item_of(named(b"a").id) == item
    assert await warehouse.catalogue.item_of(named(b"init").id) == item
    assert await warehouse.catalogue.item_of(named(b"zzz").id) is None
    assert await warehouse.catalogue.item_of("' or 1=1 --") is None
    await warehouse.close()


async def test_a_full_disk_is_told_plainly(tmp_path: Path) -> None:
    database = await Database.open(tmp_path)
    with pytest.raises(PlainError, match="no room left"):
        await fill_up(database)
    await database.close()


async def fill_up(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("PRAGMA max_page_count=1"))
        await connection.execute(text("create table big as select randomblob(100000)"))
