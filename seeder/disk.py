"""Segments on disk, content-addressed and bounded; the least recently used go first.

Nothing read from disk is believed: the exchange checks it against its name like bytes from anywhere else.
"""

import asyncio
import os
import tempfile
from collections import OrderedDict
from pathlib import Path

from swarm.errors import IdentityError
from swarm.identity import id_bytes, id_text


class Disk:
    """A folder of segments, `<two characters>/<id>.m4s`."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._sizes: OrderedDict[bytes, int] = OrderedDict()
        self._writing: dict[bytes, int] = {}
        self.bytes = 0
        """What is stored, and what is being written."""
        folder.mkdir(parents=True, exist_ok=True)
        for path, size in sorted(_files(folder), key=lambda entry: entry[0].stat().st_mtime_ns):
            self._note(path, size)

    def __contains__(self, segment: bytes) -> bool:
        return segment in self._sizes

    async def read(self, segment: bytes) -> bytes | None:
        """The bytes stored under an id, unchecked; None when there are none."""
        if segment not in self._sizes:
            return None
        self._sizes.move_to_end(segment)
        try:
            return await asyncio.to_thread(self._path(segment).read_bytes)
        except OSError:
            self.drop(segment)
            return None

    async def write(self, segment: bytes, data: bytes) -> None:
        """Store a checked segment, and drop the least recently used when there is no room. Raises OSError."""
        if segment in self._sizes or segment in self._writing or not self._make_room(len(data)):
            return
        self._writing[segment] = len(data)
        self.bytes += len(data)
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, _write_whole, self._path(segment), data)
        work.add_done_callback(lambda done: self._written(segment, done))
        # A thread cannot be cancelled: its file lands, and is counted, whatever becomes of the caller.
        await asyncio.shield(work)

    def drop(self, segment: bytes) -> None:
        """Forget and delete a segment that is stored; one that is being written is not yet."""
        if segment in self._sizes:
            self.bytes -= self._sizes.pop(segment)
            self._path(segment).unlink(missing_ok=True)

    def _make_room(self, size: int) -> bool:
        """Drop the least recently used; False when what is being written leaves too little even so."""
        if sum(self._writing.values()) + size > self._most_bytes:
            return False
        while self.bytes + size > self._most_bytes:
            self.drop(next(iter(self._sizes)))
        return True

    def _written(self, segment: bytes, done: asyncio.Future[None]) -> None:
        size = self._writing.pop(segment)
        if done.cancelled() or done.exception() is not None:
            self.bytes -= size
        else:
            self._sizes[segment] = size

    def _note(self, path: Path, size: int) -> None:
        try:
            segment = id_bytes(path.stem)
        except IdentityError:
            return
        self._sizes[segment] = size
        self.bytes += size

    def _path(self, segment: bytes) -> Path:
        name = id_text(segment)
        return self._folder / name[:2] / f"{name}.m4s"


def _files(folder: Path) -> list[tuple[Path, int]]:
    return [(path, path.stat().st_size) for path in folder.glob("??/*.m4s")]


def _write_whole(path: Path, data: bytes) -> None:
    """Write under another name first, so that nothing torn is ever found under an id."""
    path.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
