"""Content-addressed objects in a folder, in memory or in S3 (obstore).

Each object lies at `media/<id>.<extension>` with its proof beside it at `media/<id>.proof`. The object is written
first and the proof after, so where there is a proof, the object is whole. Nothing is held that does not hash to its
name.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from obstore.exceptions import BaseError
from obstore.store import MemoryStore, ObjectStore, from_url

from origin.errors import StoreError
from origin.folder import unfinished_owner, write_durably
from origin.lease import lapsed
from origin.objects import FOLDER, ObjectName
from origin.recent import RecentObjects
from swarm.identity import Proof, check_segment, id_bytes

CHUNK_BYTES = 128 * 1024


@dataclass(slots=True)
class InMemory:
    """An object at hand."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def close(self) -> None:
        """Nothing to let go."""


@dataclass(slots=True)
class OnDisk:
    """An open file; whoever was given it closes it."""

    file: BinaryIO
    size: int

    def close(self) -> None:
        self.file.close()


@dataclass(slots=True)
class Remote:
    """An object of a store elsewhere, read in chunks when it is needed."""

    backend: ObjectStore
    path: str
    size: int

    async def chunks(self, first: int, length: int) -> AsyncIterator[bytes]:
        """The bytes from `first` on, in chunks of about 128 KiB. Raises StoreError."""
        try:
            result = await self.backend.get_async(self.path, options={"range": (first, first + length)})
            async for chunk in result.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)
        except (BaseError, OSError) as error:
            raise StoreError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Nothing to let go."""


Found = InMemory | OnDisk | Remote


class Store:
    """Objects by name. `folder` is set where they are plain files; `owner` marks what this process has begun."""

    def __init__(self, folder: Path | None, backend: ObjectStore | None = None, owner: str = "") -> None:
        self.recent = RecentObjects()
        self._folder = folder
        self._backend: ObjectStore = backend if backend is not None else MemoryStore()
        self._owner = owner

    @classmethod
    def open(cls, data: Path, url: str | None = None, owner: str = "") -> "Store":
        """A store in the data folder, or at an address of obstore such as `s3://bucket/prefix` or `memory:///`."""
        if url is not None:
            return cls(None, from_url(url), owner)
        (data / FOLDER).mkdir(parents=True, exist_ok=True)
        return cls(data / FOLDER, None, owner)

    async def put(self, name: ObjectName, data: bytes) -> None:
        """Write an object and then its proof; on return both are durable. An object that is there stays as it is.

        Raises IdentityError when the bytes do not hash to the name, PlainError on a full disk, StoreError otherwise.
        """
        proof = check_segment(data, id_bytes(name.id))
        if self._folder is None:
            await self._put_remote(name, data, proof)
            return
        try:
            await asyncio.to_thread(_put_file, self._folder, name, data, proof, self._owner)
        except OSError as error:
            raise StoreError(f"{name}: {error}") from error

    async def _put_remote(self, name: ObjectName, data: bytes, proof: Proof) -> None:
        try:
            await self._backend.put_async(name.path, data)
            await self._backend.put_async(name.proof.path, proof.encode())
        except (BaseError, OSError) as error:
            raise StoreError(f"{name}: {error}") from error

    async def find(self, name: ObjectName) -> Found | None:
        """An object ready to be sent, None when there is none. The caller closes it. Raises StoreError."""
        recent = self.recent.get(name)
        if recent is not None:
            return InMemory(recent)
        try:
            if self._folder is not None:
                return await asyncio.to_thread(_open_file, self._folder / str(name))
            meta = await self._backend.head_async(name.path)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StoreError(f"{name}: {error}") from error
        return Remote(self._backend, name.path, meta["size"])

    async def delete(self, name: ObjectName) -> None:
        """Remove an object and its proof, the proof first. One that is not there is fine. Raises StoreError."""
        for one in (name.proof, name):
            self.recent.drop(one)
            try:
                if self._folder is not None:
                    await asyncio.to_thread((self._folder / str(one)).unlink, missing_ok=True)
                else:
                    await self._backend.delete_async(one.path)
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise StoreError(f"{one}: {error}") from error

    def sweep(self, leases: Path) -> int:
        """Remove unfinished files of processes that have died; returns how many."""
        if self._folder is None:
            return 0
        swept = 0
        for path in self._folder.iterdir():
            owner = unfinished_owner(path.name)
            if owner is not None and lapsed(leases, owner):
                path.unlink(missing_ok=True)
                swept += 1
        return swept


def _open_file(path: Path) -> OnDisk:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    file = os.fdopen(descriptor, "rb", buffering=0)
    return OnDisk(file, os.fstat(descriptor).st_size)


def _put_file(folder: Path, name: ObjectName, data: bytes, proof: Proof, owner: str) -> None:
    encoded = proof.encode()
    if _size(folder / str(name.proof)) == len(encoded) and _size(folder / str(name)) == len(data):
        return
    write_durably(folder / str(name), data, owner)
    write_durably(folder / str(name.proof), encoded, owner)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
