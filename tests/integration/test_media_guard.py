"""The walls around the worker, tried from inside; and what the runner makes of workers that die, hang or lie."""

import asyncio
import os
import signal
import sys
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from media_clips import Clip, write_clip
from media_outcome import Outcome, prepare

from origin.media import landlock, runner, wire
from origin.media.events import Failed, Job, Opened, Progress
from origin.media.runner import run

ROOT = str(Path(runner.__file__).parents[2])
BURGLAR = """
import os, socket, sys
from pathlib import Path
from origin.media import guard
allowed, other = map(Path, sys.argv[1:])
walls = guard.isolate() + guard.confine(allowed, live=False)
def tried(name, act):
    try:
        act()
    except OSError:
        print(name, "refused")
    else:
        print(name, "DONE")
print(*walls)
tried("allowed", allowed.read_bytes)
tried("passwd", lambda: open("/etc/passwd"))
tried("neighbour", other.read_bytes)
tried("list", lambda: os.listdir(allowed.parent))
tried("write", lambda: open(allowed, "r+b"))
tried("create", lambda: open(allowed.parent / "new", "wb"))
tried("run", lambda: os.execv("/bin/sh", ["sh", "-c", "true"]))
tried("tcp", lambda: socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 1))
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", 9)); s.send(b"x")
tried("udp", udp)
tried("signal", lambda: os.kill(os.getppid(), 0))
try:
    bytearray(4 << 30)
except MemoryError:
    print("memory refused")
"""


async def test_nothing_but_the_one_file_is_in_reach(tmp_path: Path) -> None:
    allowed, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    allowed.write_bytes(b"a")
    other.write_bytes(b"b")
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        environment = {**os.environ, "PORT": str(server.sockets[0].getsockname()[1]), "PYTHONPATH": ROOT}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", BURGLAR, str(allowed), str(other), stdout=-1, env=environment
        )
        out, _ = await process.communicate()
    walls, *lines = out.decode().splitlines()
    answers = dict(line.split() for line in lines)
    expected = {"allowed": "DONE", "memory": "refused"}
    if landlock.version():
        assert f"landlock-{landlock.version()}" in walls.split()
        expected |= dict.fromkeys(("passwd", "neighbour", "list", "write", "create", "run"), "refused")
    if landlock.version() >= 4 or "no-network" in walls:
        expected["tcp"] = "refused"
    if landlock.version() >= 6:
        expected["signal"] = "refused"
    if "no-network" in walls:
        expected["udp"] = "refused"
    assert answers.items() >= expected.items()
    assert "limits" in walls


async def test_opened_says_which_walls_hold(tmp_path: Path) -> None:
    outcome = await prepare(write_clip(tmp_path / "a.mp4", Clip(seconds=0.4, voices=())))
    assert "limits" in outcome.opened.guard
    assert any(wall.startswith("landlock") for wall in outcome.opened.guard) == bool(landlock.version())


def pretend(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Put another program in the worker's place. `say(bytes)` writes a frame's header and body."""
    say = "import os, sys, time\ndef say(b, n=None): os.write(1, (len(b) if n is None else n).to_bytes(4, 'big') + b)\n"
    monkeypatch.setattr(runner, "COMMAND", (sys.executable, "-c", say + code))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os.kill(os.getpid(), 11)", "crashed"),
        ("os.abort()", "crashed"),
        ("os.kill(os.getpid(), 9)", "killed"),
        ("os.kill(os.getpid(), 24)", "cpu"),
        ("raise RuntimeError('x')", "crashed"),
        ("sys.exit(0)", "crashed"),
        ("say(b'abc', 1000)", "crashed"),
        ("say(b'', 0xffffffff); time.sleep(60)", "crashed"),
        ("say(b'\\xc1\\xc1'); time.sleep(60)", "crashed"),
        ("say(b'\\x81\\xa4type\\xa6opened'); time.sleep(60)", "crashed"),
        ("time.sleep(60)", "silent"),
        ("os.close(1); time.sleep(60)", "crashed"),
    ],
)
async def test_a_worker_that_dies_hangs_or_lies_gives_one_sentence(
    monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    pretend(monkeypatch, code)
    began = time.monotonic()
    events = [event async for event in run(Job(source="a.mp4"), silence_s=1.0)]
    assert len(events) == 1
    assert isinstance(events[0], Failed)
    assert events[0].reason == reason
    assert time.monotonic() - began < 10


async def test_a_worker_that_floods_its_log_is_not_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "os.write(2, b'x' * 3_000_000); sys.exit(3)")
    events = [event async for event in run(Job(source="a.mp4"), silence_s=5)]
    assert [type(event) for event in events] == [Failed]


async def test_a_worker_with_a_full_pipe_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    hello = "{'type': 'progress', 'done_ms': 1, 'total_ms': None}"
    pretend(monkeypatch, f"import msgspec\nwhile True: say(msgspec.msgpack.encode({hello}))")
    events = run(Job(source="a.mp4"))
    assert isinstance(await anext(events), Progress)
    await asyncio.sleep(0.5)
    async with asyncio.timeout(5):
        await events.aclose()


async def test_a_slow_reader_is_not_silence(tmp_path: Path) -> None:
    path, outcome = write_clip(tmp_path / "a.mp4", Clip(seconds=1)), Outcome()
    async for event in run(Job(source=str(path)), silence_s=2.0):
        outcome.events.append(event)
        if isinstance(event, Opened):
            await asyncio.sleep(2.5)
    assert outcome.finished.duration_ms == 1000


def children(parent: int) -> set[str]:
    return set(Path(f"/proc/{parent}/task/{parent}/children").read_text().split())


async def test_no_worker_outlives_its_reader(tmp_path: Path) -> None:
    before = children(os.getpid())

    async def watch() -> None:
        async for event in run(Job(source="test", live=True)):
            if isinstance(event, Opened):
                started.set()

    started = asyncio.Event()
    task = asyncio.create_task(watch())
    await asyncio.wait_for(started.wait(), 20)
    assert children(os.getpid()) - before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not children(os.getpid()) - before


async def test_the_death_of_the_origin_is_the_death_of_its_workers(tmp_path: Path) -> None:
    code = (
        "import asyncio\nfrom origin.media.events import *\nfrom origin.media.runner import run\n"
        "async def main():\n async for e in run(Job(source='test', live=True)):\n"
        "  if isinstance(e, Opened): print('up', flush=True)\nasyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=-1)
    assert process.stdout is not None
    while b"up" not in (line := await process.stdout.readline()):
        assert line
    listed = children(process.pid)
    assert listed
    process.kill()
    await process.wait()
    for _ in range(50):
        if not any(alive(pid) for pid in listed):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"still there: {listed}")


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_ctrl_c_at_the_terminal_reaches_no_worker(tmp_path: Path) -> None:
    async with aclosing(run(Job(source="test", live=True))) as events:
        assert isinstance(await anext(events), Opened)
        (worker,) = children(os.getpid())
        assert os.getpgid(int(worker)) != os.getpgid(0)


async def test_an_interrupted_worker_ends_without_a_word() -> None:
    worker = await asyncio.create_subprocess_exec(*runner.COMMAND, stdin=-1, stdout=-1, stderr=-1, cwd=ROOT)
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(wire.frame(Job(source="test", live=True), wire.MAX_JOB_BYTES))
    await worker.stdout.readexactly(1)
    worker.send_signal(signal.SIGINT)
    assert (await worker.communicate())[1] == b""
    assert worker.returncode == -signal.SIGINT
