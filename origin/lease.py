"""Proof of life: each process that writes holds a locked file, so that another can tell who has died.

The kernel frees the lock (flock) however the process ends, kill -9 included.
"""

import fcntl
import os
import re
import secrets
from pathlib import Path

_TOKEN = re.compile(r"[0-9a-f]{16}")


class Lease:
    """One process's right to what it has begun; `token` names it in rows and unfinished files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.token = secrets.token_hex(8)
        self._path = folder / self.token
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Give the lease back; twice is fine."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def lapsed(folder: Path, token: str) -> bool:
    """Whether the process that held `token` has ended."""
    if not _TOKEN.fullmatch(token):
        return True
    try:
        descriptor = os.open(folder / token, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        (folder / token).unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
