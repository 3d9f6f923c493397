"""Segments on disk: bounded, found again, never torn."""

from pathlib import Path

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
