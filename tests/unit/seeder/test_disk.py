"""Segments on disk: bounded, found again, never torn."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from seeder import disk as disk_module
from seeder.disk import Disk
from swarm.identity import id_text, prove


def segment(number: int, size: int = 1000) -> tuple[bytes, bytes]:
    data = bytes([number]) * size
    return prove(data).id, data


async def test_what_was_written_is_found_again(tmp_path: Path) -> None:
    name, data = segment(1)
    disk = Disk(tmp_path / "deep" / "store", 10_000)
    assert await disk.read(name) is None
    await disk.write(name, data)
    assert await disk.read(name) == data
    again = Disk(tmp_path / "deep" / "store", 10_000)
    assert name in again
    assert (again.bytes, await again.read(name)) == (1000, data)


async def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 3500)
    segments = [segment(number) for number in range(4)]
    for name, data in segments[:3]:
        await disk.write(name, data)
    await disk.read(segments[0][0])
    await disk.write(*segments[3])
    assert [name in disk for name, _ in segments] == [True, False, True, True]
    assert disk.bytes == 3000 == Disk(tmp_path, 3500).bytes
    await disk.write(*segment(9, 5000))
    assert disk.bytes == 3000


async def test_strange_and_lost_files_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "notes.m4s").write_bytes(b"x")
    name, data = segment(1)
    disk = Disk(tmp_path, 10_000)
    assert disk.bytes == 0
    await disk.write(name, data)
    (tmp_path / id_text(name)[:2] / f"{id_text(name)}.m4s").unlink()
    assert await disk.read(name) is None
    assert (name in disk, disk.bytes) == (False, 0)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Writes wait until this is set."""
    let = threading.Event()
    write = disk_module._write_whole

    def slow(path: Path, data: bytes) -> None:
        assert let.wait(5)
        write(path, data)

    monkeypatch.setattr(disk_module, "_write_whole", slow)
    yield let
    let.set()


def stored(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("??/*"))


async def test_a_segment_read_while_it_is_written_is_not_lost_sight_of(tmp_path: Path, held: threading.Event) -> None:
    name, data = segment(1)
    disk = Disk(tmp_path, 10_000)
    writing = asyncio.create_task(disk.write(name, data))
    await asyncio.sleep(0)
    assert name not in disk
    assert await disk.read(name) is None
    disk.drop(name)
    await disk.write(name, data)
    held.set()
    await writing
    assert await disk.read(name) == data
    assert disk.bytes == stored(tmp_path) == 1000


async def test_writes_at_once_stay_within_the_bound(tmp_path: Path, held: threading.Event) -> None:
    disk = Disk(tmp_path, 3500)
    segments = [segment(number) for number in range(8)]
    writing = [asyncio.create_task(disk.write(*each)) for each in segments]
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(*writing)
    assert [name in disk for name, _ in segments] == [True] * 3 + [False] * 5
    assert disk.bytes == stored(tmp_path) == 3000


async def test_a_write_given_up_is_counted_all_the_same(tmp_path: Path, held: threading.Event) -> None:
    name, data = segment(1)
    disk = Disk(tmp_path, 10_000)
    writing = asyncio.create_task(disk.write(name, data))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    held.set()
    async with asyncio.timeout(5):
        while name not in disk:
            await asyncio.sleep(0.01)
    assert disk.bytes == stored(tmp_path) == 1000


async def test_a_write_that_fails_takes_no_room(tmp_path: Path) -> None:
    name, data = segment(1)
    (tmp_path / id_text(name)[:2]).write_bytes(b"in the way")
    disk = Disk(tmp_path, 10_000)
    with pytest.raises(OSError, match="exists"):
        await disk.write(name, data)
    assert (name in disk, disk.bytes) == (False, 0)
