"""Landlock (Linux 5.13 and later): this process may read one file, and nothing else in the file system, from now on.

Numbers from linux/landlock.h; kernel documentation, userspace-api/landlock. From ABI 4 on it also refuses TCP, from
ABI 6 on signals and abstract sockets to processes outside.
"""

import ctypes
import os
import struct
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_READ_FILE = 1 << 2
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_FS_RIGHTS_NEWEST = 16
_NET_TCP = 0b11
_SCOPES = 0b11

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The kernel's Landlock ABI; 0 where there is none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)))


def restrict(readable: Path | None) -> int:
    """Shut the file system but for reading one file (or nothing). Returns the ABI used, 0 where there is none.

    Needs no_new_privs. Raises OSError when the kernel has Landlock and still refuses.
    """
    abi = version()
    if not abi:
        return 0
    ruleset = _create(abi)
    try:
        if readable is not None:
            _allow(ruleset, readable)
        _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return abi


def _create(abi: int) -> int:
    files = (1 << _FS_RIGHTS.get(abi, _FS_RIGHTS_NEWEST)) - 1
    attributes = struct.pack("QQQ", files, _NET_TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    return _checked(_libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))


def _allow(ruleset: int, path: Path) -> None:
    target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", _READ_FILE, target)
        _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(target)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
