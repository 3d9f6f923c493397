import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from origin.errors import Missing
from origin.folder import write_durably
from origin.lease import Lease, lapsed
from origin.objects import SEGMENT, ObjectName, parse_name
from origin.recent import RecentObjects
from origin.store import InMemory, OnDisk, Remote, Store
from swarm.errors import IdentityError, PlainError
from swarm.identity import decode_proof, id_bytes, id_text, prove

DATA = os.urandom(40_000)
NAME = ObjectName(id_text(prove(DATA).id), SEGMENT)


async def read(store: Store, name: ObjectName) -> bytes:
    found = await store.find(name)
    assert found is not None
    try:
        match found:
            case InMemory(data):
                return data
            case OnDisk(file, size):
                data = file.read()
                assert len(data) == size
                return data
            case Remote():
                return b"".join([chunk async for chunk in found.chunks(0, found.size)])
    finally:
        found.close()


@pytest.mark.parametrize("url", [None, "memory:///"])
async def test_an_object_comes_back_with_its_proof(tmp_path: Path, url: str | None) -> None:
    store = Store.open(tmp_path, url)
    await store.put(NAME, DATA)
    assert await read(store, NAME) == DATA
    decode_proof(await read(store, NAME.proof), id_bytes(NAME.id))
    await store.delete(NAME)
    await store.delete(NAME)
    assert await store.find(NAME) is None
    assert await store.find(NAME.proof) is None


@pytest.mark.parametrize("url", [None, "memory:///"])
async def test_bytes_that_do_not_hash_to_their_name_are_refused(tmp_path: Path, url: str | None) -> None:
    store = Store.open(tmp_path, url)
    for bad in (DATA[:-1], DATA + b"x", b"", DATA[:100] + b"\0" + DATA[101:]):
        with pytest.raises(IdentityError):
            await store.put(NAME, bad)
    assert await store.find(NAME) is None


async def test_a_torn_object_without_its_proof_is_written_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    path = tmp_path / "media" / str(NAME)
    path.write_bytes(DATA[:1000])
    await store.put(NAME, DATA)
    assert path.read_bytes() == DATA


async def test_an_object_that_is_there_is_not_written_twice(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await store.put(NAME, DATA)
    before = (tmp_path / "media" / str(NAME)).stat()
    await asyncio.gather(*(store.put(NAME, DATA) for _ in range(4)))
    assert (tmp_path / "media" / str(NAME)).stat().st_ino == before.st_ino


async def test_an_object_is_flushed_before_its_name_and_its_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noting(word: str, do: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: object) -> object:
            done.append(Path(str(arguments[1])).suffix if word == "name" else word)
            return do(*arguments)

        return noted

    monkeypatch.setattr(os, "fdatasync", noting("data", os.fdatasync))
    monkeypatch.setattr(os, "fsync", noting("folder", os.fsync))
    monkeypatch.setattr(Path, "rename", noting("name", Path.rename))
    await Store.open(tmp_path).put(NAME, DATA)
    assert done == ["data", ".m4s", "folder", "data", ".proof", "folder"]


async def test_a_full_disk_is_told_plainly_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", full)
    with pytest.raises(PlainError, match="no room left") as caught:
        await store.put(NAME, DATA)
    assert "磁盘" in caught.value.zh
    assert list((tmp_path / "media").iterdir()) == []


async def test_links_out_of_the_store_are_not_followed(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (tmp_path / "media" / str(NAME)).symlink_to(secret)
    with pytest.raises(Exception, match="symbolic"):
        await store.find(NAME)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "a.m4s", "../../etc/passwd", "%2e%2e/x.m4s", NAME.id, NAME.id + ".exe", NAME.id + ".m4s/"),
        *(NAME.id + ".", NAME.id[:-1] + "\0.m4s", NAME.id[:-1] + "/.m4s", NAME.id[:-1] + "B.m4s"),
        *("é" * 43 + ".m4s", NAME.id + ".m4s.m4s"),
    ],
)
def test_only_ids_are_names(text: str) -> None:
    with pytest.raises(Missing):
        parse_name(text)


def test_names_read_back() -> None:
    assert parse_name(str(NAME)) == NAME


def test_sweeping_takes_only_what_the_dead_left(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    alive, dead = Lease(tmp_path / "leases"), Lease(tmp_path / "leases")
    media = tmp_path / "media"
    (media / f".unfinished-{alive.token}-0011").write_bytes(b"x")
    (media / f".unfinished-{dead.token}-0011").write_bytes(b"x")
    dead.release()
    assert store.sweep(tmp_path / "leases") == 1
    assert [path.name for path in media.iterdir()] == [f".unfinished-{alive.token}-0011"]
    alive.release()


def test_a_lease_lapses_when_its_holder_lets_go(tmp_path: Path) -> None:
    lease = Lease(tmp_path)
    assert not lapsed(tmp_path, lease.token)
    lease.release()
    lease.release()
    assert lapsed(tmp_path, lease.token)
    assert lapsed(tmp_path, "../../etc/passwd")
    assert lapsed(tmp_path, "")


def test_recent_objects_are_bounded() -> None:
    recent = RecentObjects(most=100)
    names = [ObjectName(str(n), SEGMENT) for n in range(5)]
    for name in names:
        recent.keep(name, bytes(40))
    assert recent.size == 80
    assert [recent.get(name) is not None for name in names] == [False, False, False, True, True]
    recent.keep(names[4], bytes(10))
    recent.drop(names[3])
    recent.drop(names[3])
    assert recent.size == 10


def test_files_are_private_when_asked(tmp_path: Path) -> None:
    write_durably(tmp_path / "x", b"secret", mode=0o600)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
