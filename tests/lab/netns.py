"""Network namespaces (network_namespaces(7)): commands in them, code in them, and their end."""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

PREFIX = "banyanlab"
PROGRAMS = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables"}
_FOLDER = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_SECONDS = 20
Answer = TypeVar("Answer")


class NetworkError(RuntimeError):
    """The kernel or a program refused a piece of the network; says the command and its complaint."""


def requirements() -> list[str]:
    """What is missing for namespaces on this machine, in plain words; empty when all is there."""
    missing = []
    if os.geteuid() != 0:
        missing.append("run it as root (namespaces and NAT need it)")
    packages = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if packages:
        missing.append(f"install {' '.join(packages)} (on Debian: apt-get install {' '.join(packages)})")
    if not Path("/dev/net/tun").exists():
        missing.append("a kernel with /dev/net/tun (delay and loss)")
    return missing


def run(*words: str, text: str | None = None) -> str:
    """Run a command to its end and return its output. Raises NetworkError."""
    try:
        done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NetworkError(f"{' '.join(words)}: {error}") from error
    if done.returncode:
        raise NetworkError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def inside(namespace: str, *words: str) -> list[str]:
    """The command that runs `words` in a namespace; the process keeps its id."""
    return ["ip", "netns", "exec", namespace, *words]


def enter(namespace: str) -> None:
    """Move the calling thread into a namespace. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(_FOLDER / namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    finally:
        os.close(descriptor)


def call_inside(namespace: str, call: Callable[[], Answer]) -> Answer:
    """Call something in a thread of its own in a namespace; sockets and devices that it opens belong there for good."""
    answers: list[Answer] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            enter(namespace)
            answers.append(call())
        except Exception as error:  # noqa: BLE001 - it is raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]


def create(namespace: str) -> None:
    """Make a namespace with its own loopback and without IPv6 of the links' own making."""
    run("ip", "netns", "add", namespace)
    run("ip", "-n", namespace, "link", "set", "lo", "up")
    setting = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
    if setting.exists():
        call_inside(namespace, lambda: setting.write_text("1"))


def remove(namespace: str) -> None:
    """End everything in a namespace and remove it."""
    for pid in run("ip", "netns", "pids", namespace).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue
    run("ip", "netns", "delete", namespace)


def prefix_of(pid: int) -> str:
    """What the namespaces of a runner's process begin with."""
    return f"{PREFIX}-{pid}-"


def all_of(prefix: str) -> list[str]:
    """The namespaces that begin so."""
    return sorted(path.name for path in _FOLDER.glob(f"{prefix}*"))


def left_behind() -> list[str]:
    """Namespaces of runners that are gone."""
    return [name for name in all_of(f"{PREFIX}-") if not Path(f"/proc/{name.split('-')[1]}").exists()]
