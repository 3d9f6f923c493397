"""Walls around a worker that decodes a stranger's file, raised by the worker itself before it reads a byte of it.

Two steps, because namespaces for a user without privileges need a process of one thread, while Landlock must come after
every import and codec has been loaded: `isolate` first of all, `confine` last before the file is opened. What a system
does not have is left out, and the returned names say which walls hold.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from origin.media import landlock
from origin.media.errors import GuardError

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 48 * 3600
_OPEN_FILES = 64
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38


def isolate() -> tuple[str, ...]:
    """Die with the parent, and leave the network. Call while the process has one thread."""
    if not sys.platform.startswith("linux"):
        return ()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if libc.unshare(_NEW_NET) == 0 or libc.unshare(_NEW_USER | _NEW_NET) == 0:
        return ("no-network",)
    return ()


def confine(readable: Path | None, live: bool) -> tuple[str, ...]:
    """Limit memory, processor time and files, give up new privileges, and shut the file system but for one file.

    Raises GuardError when Landlock exists and refuses.
    """
    _limit(live)
    if not sys.platform.startswith("linux"):
        return ("limits",)
    if ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return ("limits",)
    try:
        abi = landlock.restrict(readable)
    except OSError as error:
        raise GuardError(f"Landlock is there but refuses: {os.strerror(error.errno or 0)}") from error
    return ("limits", "no-new-privileges", *((f"landlock-{abi}",) if abi else ()))


def _limit(live: bool) -> None:
    limits = [
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    if not live:
        limits.append((resource.RLIMIT_CPU, CPU_SECONDS))
    for kind, wanted in limits:
        _, hard = resource.getrlimit(kind)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, most))
