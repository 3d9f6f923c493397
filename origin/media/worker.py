"""The child process: `python -m origin.media.worker`, a Job on stdin, events on stdout (see `wire`), logs on stderr.

Exit status 0 once `Finished` or `Failed` is written; anything else is a crash, and the runner says so.
"""

import os
import signal
import sys
from threading import Lock

from origin.media import guard, refusals, wire
from origin.media.errors import Refused
from origin.media.events import TEST_SOURCE, Event, Failed, Job

_NICE_FOR_LECTURES = 10


class Outlet:
    """Writes events to the runner, one at a time. When the runner is gone, so is the worker."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._lock = Lock()

    def emit(self, event: Event) -> None:
        """Write one event; waits while the runner is busy."""
        left = memoryview(wire.frame(event))
        with self._lock:
            try:
                while left:
                    left = left[self._file.write(left) :]
            except BrokenPipeError:
                os._exit(0)

    def fail(self, refused: Refused) -> None:
        """Say why nothing more comes."""
        self.emit(Failed(en=refused.en, zh=refused.zh, reason=refused.reason))


def _read_job() -> Job:
    stdin = sys.stdin.buffer
    size = wire.length(stdin.read(wire.HEADER_BYTES), wire.MAX_JOB_BYTES)
    return wire.read_job(stdin.read(size))


def _prepare(job: Job, walls: tuple[str, ...], outlet: Outlet) -> None:
    # Only now: namespaces for a user without privileges need a process of one thread, and codecs may start more.
    from origin.media.pipeline import Pipeline  # noqa: I001
    from origin.media import preparation

    path = None if job.source == TEST_SOURCE else preparation.check_path(job.source)
    preparation.preload()
    walls += guard.confine(path, job.live)
    source, turn = preparation.source(job, path)
    Pipeline(source, job, turn, outlet.emit).run(walls)


def main() -> None:
    """Do one job and end; at Ctrl-C end without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    walls = guard.isolate()
    outlet = Outlet()
    job = _read_job()
    if not job.live:
        os.nice(_NICE_FOR_LECTURES)
    try:
        _prepare(job, walls, outlet)
    except Refused as refused:
        outlet.fail(refused)
    except MemoryError:
        outlet.fail(refusals.inside("memory"))
    # Threads may still be inside a codec; nothing is left that a regular end would save.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
