"""The asyncio side: starts a worker, hands on its events, ends it, and turns its death into a plain sentence."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path

import structlog

from origin.media import refusals, wire
from origin.media.errors import Refused, WireError
from origin.media.events import Event, Failed, Finished, Job, Opened

SILENCE_SECONDS = 60.0
_EXIT_SECONDS = 3.0
_PIPE_BYTES = 1 << 20
_LOG_BYTES = 4096
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
COMMAND = (sys.executable, "-m", "origin.media.worker")
_ENVIRONMENT = {
    "PYTHONPATH": _PACKAGE_ROOT,
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
}

_log = structlog.get_logger(__name__)


async def run(job: Job, silence_s: float = SILENCE_SECONDS) -> AsyncGenerator[Event, None]:
    """Prepare one source in a child process. The last event is Finished or Failed; nothing is raised for a bad source.

    The worker waits while the caller is busy. It is killed when the caller stops iterating (close the generator, or
    cancel) and when it says nothing for `silence_s` seconds while it is being listened to.
    """
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=_ENVIRONMENT,
        limit=_PIPE_BYTES,
        start_new_session=True,  # a Ctrl-C at the terminal is for us; we end the worker when its class has ended
    )
    tail = asyncio.create_task(_tail(process))
    patience_s = 0.0
    try:
        async with aclosing(_events(process, job, silence_s)) as events:
            async for event in events:
                yield event
        patience_s = _EXIT_SECONDS
    finally:
        await _end(process, patience_s)
        said = await tail
        if said:
            _log.warning("media_worker_said", source=job.source, pid=process.pid, text=said)


async def _events(process: Process, job: Job, silence_s: float) -> AsyncGenerator[Event, None]:
    try:
        await _ask(process, job)
        while True:
            async with asyncio.timeout(silence_s):
                event = await _read(process)
            if isinstance(event, Opened):
                _log.info("media_opened", source=job.source, guard=event.guard)
            yield event
            if isinstance(event, Finished | Failed):
                return
    except asyncio.IncompleteReadError:
        status = await _exit_status(process, _EXIT_SECONDS)
        if status is None:
            process.kill()
        yield _failed(refusals.inside(_cause(status)))
    except TimeoutError:
        process.kill()
        yield _failed(refusals.inside("silent"))
    except WireError as error:
        process.kill()
        _log.error("media_worker_broke_the_wire", source=job.source, error=str(error))
        yield _failed(refusals.inside("crashed"))


async def _ask(process: Process, job: Job) -> None:
    assert process.stdin is not None
    process.stdin.write(wire.frame(job, wire.MAX_JOB_BYTES))
    try:
        await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        process.stdin.close()


async def _read(process: Process) -> Event:
    assert process.stdout is not None
    size = wire.length(await process.stdout.readexactly(wire.HEADER_BYTES))
    return wire.read_event(await process.stdout.readexactly(size))


async def _tail(process: Process) -> str:
    """The last lines of what the worker writes to stderr; all of it is read, so that it never blocks."""
    assert process.stderr is not None
    kept = b""
    while chunk := await process.stderr.read(_LOG_BYTES):
        kept = (kept + chunk)[-_LOG_BYTES:]
    return kept.decode("utf-8", "replace")


async def _exit_status(process: Process, patience_s: float) -> int | None:
    """How the worker ended, None if it has not."""
    # Not wait_for: before Python 3.12 it may swallow a cancellation.
    try:
        async with asyncio.timeout(patience_s):
            return await process.wait()
    except TimeoutError:
        return None


async def _end(process: Process, patience_s: float) -> None:
    """Wait for a worker that has said its last word; kill any other."""
    if await _exit_status(process, patience_s) is None:
        with suppress(ProcessLookupError):
            process.kill()
        # A pipe that is full and paused never closes, and wait() waits for pipes too.
        assert process.stdout is not None
        while await process.stdout.read(_PIPE_BYTES):
            continue
        await process.wait()


def _cause(status: int | None) -> str:
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        return "killed"
    return "cpu" if status == -signal.SIGXCPU else "crashed"


def _failed(refused: Refused) -> Failed:
    return Failed(en=refused.en, zh=refused.zh, reason=refused.reason)
