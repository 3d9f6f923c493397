"""The asyncio side: starts a worker, hands on its events, ends it, and turns its death into a plain sentence."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from origin.media import refusals, wire
from origin.media.errors import Refused, WireError
from origin.media.events import Event, Failed, Finished, Job, Opened

SILENCE_SECONDS = 60.0
_EXIT_SECONDS = 5.0
_PIPE_BYTES = 1 << 20
_LOG_BYTES = 4096
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
_ENVIRONMENT = {
    "PYTHONPATH": _PACKAGE_ROOT,
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
}

_log = structlog.get_logger(__name__)


async def run(job: Job, silence_s: float = SILENCE_SECONDS) -> AsyncIterator[Event]:
    """Prepare one source in a child process. The last event is Finished or Failed; nothing is raised for a bad source.

    The worker waits while the caller is busy. It is killed when the caller stops iterating (close the generator, or
    cancel) and when it says nothing for `silence_s` seconds while it is being listened to.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __package__ + ".worker",
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=_ENVIRONMENT,
        limit=_PIPE_BYTES,
    )
    tail = asyncio.create_task(_tail(process))
    try:
        async for event in _events(process, job, silence_s):
            yield event
    finally:
        await _end(process)
        said = await tail
        if said:
            _log.warning("media_worker_said", source=job.source, pid=process.pid, text=said)


async def _events(process: Process, job: Job, silence_s: float) -> AsyncIterator[Event]:
    try:
        await _ask(process, job)
        while True:
            event = await asyncio.wait_for(_read(process), silence_s)
            if isinstance(event, Opened):
                _log.info(
                    "media_opened", source=job.source, guard=event.guard, tracks=[track.id for track in event.tracks]
                )
            yield event
            if isinstance(event, Finished | Failed):
                return
    except asyncio.IncompleteReadError:
        yield _failed(refusals.inside(_cause(await process.wait())))
    except TimeoutError:
        yield _failed(refusals.inside("silent"))
    except WireError as error:
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


async def _end(process: Process) -> None:
    """Wait for a worker that has said its last word; kill any other."""
    try:
        await asyncio.wait_for(process.wait(), _EXIT_SECONDS if process.stdout and process.stdout.at_eof() else 0.5)
    except TimeoutError:
        process.kill()
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()


def _cause(status: int) -> str:
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        return "killed"
    return "cpu" if status == -signal.SIGXCPU else "crashed"


def _failed(refused: Refused) -> Failed:
    return Failed(en=refused.en, zh=refused.zh, reason=refused.reason)
