"""Child processes, as the demo has them: none outlives its parent, and those that die come back."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from banyan.children import Child
from banyan.demo import Demo, swarm
from banyan.errors import ChildFailed
from banyan.server import Running
from banyan.server_client import ServerClient

_SLEEPER = """
import os, time
from banyan.children import follow_parent
follow_parent()
print(os.getpid(), flush=True)
time.sleep(60)
"""
_PARENT = """
import asyncio, sys
from banyan.children import Child
child = Child("sleeper", sys.executable, "-c", sys.argv[1])
async def main():
    task = asyncio.create_task(child.run())
    while not child.output:
        await asyncio.sleep(0.01)
    print(child.output[0], flush=True)
    await task
asyncio.run(main())
"""


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(") ")[2].startswith("Z"):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_parent_however_that_ends(blow: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, _SLEEPER], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(blow)
    assert _gone(pid)


async def test_a_cancelled_child_is_stopped() -> None:
    child = Child("sleeper", sys.executable, "-c", _SLEEPER)
    task = asyncio.create_task(child.run())
    while not child.output:
        await asyncio.sleep(0.01)
    pid = child.pid
    assert pid is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _gone(pid)


async def test_a_child_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("banyan.children._GRACE_S", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = Child("deaf", sys.executable, "-c", deaf)
    task = asyncio.create_task(child.run())
    while not child.output:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert child.pid is None


async def test_a_killed_child_comes_back() -> None:
    child = Child("sleeper", sys.executable, "-c", _SLEEPER)
    task = asyncio.create_task(child.keep_running())
    while not child.output:
        await asyncio.sleep(0.01)
    os.kill(int(child.output[0]), signal.SIGKILL)
    while len(child.output) < 2:
        await asyncio.sleep(0.01)
    assert child.output[0] != child.output[1]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_child_that_never_stands_is_given_up_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("banyan.children._PAUSE_S", 0.0)
    child = Child("broken", sys.executable, "-c", "import sys; sys.exit('no camera')")
    with pytest.raises(ChildFailed, match=r"exit code 1.*no camera"):
        await child.keep_running()


async def test_a_demo_whose_peers_never_stand_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ready(demo: Demo) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("banyan.children._PAUSE_S", 0.0)
    monkeypatch.setattr("banyan.demo._BANYAN", (sys.executable, "-c", "import sys; sys.exit('no sound')"))
    monkeypatch.setattr("banyan.demo._ready", ready)
    nowhere = Running("http://localhost:1", None, None)
    with pytest.raises(ChildFailed, match="no sound"):
        await swarm(Demo(nowhere, ServerClient(nowhere.url, Path("nowhere")), "lecture", "live", Path("nowhere")))
