"""Child processes of this program: started, restarted when they die, and ended with their parent.

A child's standard input is a pipe that its parent holds and never writes to. When the parent ends, however it ends, the
child reads end-of-file there and stops; so no child is ever left behind.
"""

import asyncio
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

import structlog

from banyan.errors import ChildFailed

_MARK = "BANYAN_CHILD"
_GRACE_S = 5.0
_LAST_LINES = 3
_RESTARTS = 5
_STEADY_S = 30.0
_PAUSE_S = 0.25
_log = structlog.get_logger(__name__)


def follow_parent() -> None:
    """In a child: end with SIGTERM when the parent is gone, and hard some seconds later. Does nothing elsewhere."""
    if os.environ.pop(_MARK, None):
        threading.Thread(target=_wait_for_end, name="follow-parent", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)


class Child:
    """One command as a child process. `output` is its standard output so far (the last 1,000 lines)."""

    def __init__(self, name: str, *command: str, environ: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.output: deque[str] = deque(maxlen=1000)
        self._command = command
        self._environ = environ or {}
        self._errors: deque[str] = deque(maxlen=_LAST_LINES)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> int:
        """Run once to the end; returns the exit code. Cancelling stops the process: SIGTERM, then SIGKILL."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env={**os.environ, **self._environ, _MARK: "1"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal goes to the parent, which ends its children in order
        )
        try:
            await asyncio.gather(
                _lines(self._process.stdout, self.output.append), _lines(self._process.stderr, self._hear)
            )
            return await self._process.wait()
        finally:
            await _end(self._process)

    async def keep_running(self) -> None:
        """Run, and start again whenever it ends, a little later each time.

        Raises ChildFailed after five ends in a row that each came within 30 s of the start.
        """
        failures = 0
        while True:
            started = time.monotonic()
            code = await self.run()
            failures = 1 if time.monotonic() - started > _STEADY_S else failures + 1
            if failures > _RESTARTS:
                raise ChildFailed(self.name, code, self._last_words)
            pause = _PAUSE_S * 2 ** (failures - 1)
            _log.warning("child ended", child=self.name, code=code, restart_in_s=pause)
            await asyncio.sleep(pause)

    def check(self, code: int) -> None:
        """Raises ChildFailed when the exit code of `run` tells of a failure."""
        if code:
            raise ChildFailed(self.name, code, self._last_words)

    @property
    def _last_words(self) -> str:
        return " ".join(self._errors)

    def _hear(self, line: str) -> None:
        self._errors.append(line)
        _log.warning("child says", child=self.name, line=line)


async def _lines(stream: asyncio.StreamReader | None, take: Callable[[str], None]) -> None:
    while stream is not None and (line := await stream.readline()):
        take(line.decode("utf-8", "replace").rstrip())


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), _GRACE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
