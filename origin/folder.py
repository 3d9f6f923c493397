"""Durable files: what has been written once is on disk whole, or not there at all.

Written beside its place, flushed, renamed, and the folder flushed (research: a 200 kB file takes about 4 ms).
obstore's own writes are atomic but not flushed, so files of a folder store are written here.
"""

import errno
import os
import secrets
from pathlib import Path

from swarm.errors import PlainError

_FULL = (errno.ENOSPC, errno.EDQUOT)
UNFINISHED = ".unfinished-"


def disk_full(folder: Path | str) -> PlainError:
    """What to tell the person whose disk is full."""
    return PlainError(
        f"There is no room left on the disk that holds {folder}. Make room there, or choose another data folder, "
        "and try again.",
        f"存放 {folder} 的磁盘空间已满。请清理磁盘或换一个数据目录,然后重试。",
    )


def write_durably(path: Path, data: bytes, owner: str = "", mode: int = 0o644) -> None:
    """Write a file so that it is whole under its name and survives a power loss. Raises PlainError on a full disk.

    `owner` marks the unfinished file, so that it can be swept when the process that writes it has died.
    """
    unfinished = path.with_name(f"{UNFINISHED}{owner}-{secrets.token_hex(8)}")
    try:
        _write(unfinished, data, mode)
        unfinished.rename(path)
        flush_folder(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise disk_full(path.parent) from error
        raise


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unfinished_owner(name: str) -> str | None:
    """The owner of an unfinished file, None for any other file."""
    if not name.startswith(UNFINISHED):
        return None
    return name.removeprefix(UNFINISHED).rpartition("-")[0]
