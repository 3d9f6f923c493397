"""What a course's seeder does when its neighbours all ask for the same."""

import asyncio
from pathlib import Path

import pytest
from seeder_origin import ADMIN, Origin

from seeder.course_seeder import CourseSeeder
from seeder.disk import Disk
from seeder.http_source import HttpSource
from seeder.node import NodeSettings
from swarm.identity import prove
from swarm.library import Listing, TrackKey
from swarm.peer_messages import SEEDER


async def test_many_demands_for_a_segment_read_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(50_000)
    listing = Listing(TrackKey("lecture", "v360"), 0, prove(data).id, len(data), False)
    disk = Disk(tmp_path, 100_000)
    await disk.write(listing.id, data)
    reads: list[bytes] = []
    read = disk.read

    async def count(segment: bytes) -> bytes | None:
        reads.append(segment)
        return await read(segment)

    monkeypatch.setattr(disk, "read", count)
    origin = Origin(segments=1)
    source = HttpSource(await origin.start(), "banyan-seeder/test")
    seeder = CourseSeeder("course", NodeSettings(SEEDER, "test", 10**6, 0, 4, ADMIN), source, disk)
    seeder.node.offer(listing)
    for _ in range(100):
        seeder.demanded(listing.id)
    async with asyncio.timeout(5):
        while seeder.node.exchange.data(listing.id) is None:
            await asyncio.sleep(0.01)
    assert reads == [listing.id]
    await asyncio.sleep(0)
    seeder.demanded(listing.id)
    await asyncio.sleep(0.05)
    assert len(reads) == 2
    await seeder.close()
    await source.close()
    await origin.close()
