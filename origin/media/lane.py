"""A thread with a bounded queue before it. What goes wrong in it comes out where work is put in."""

import queue
from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

Work = TypeVar("Work")
_LOOK_UP_SECONDS = 0.5


class Lane(Generic[Work]):
    """Does `work` on everything put, in order, in its own thread; `finish` runs in it last."""

    def __init__(self, name: str, depth: int, work: Callable[[Work], None], finish: Callable[[], None]) -> None:
        self._queue: queue.Queue[Work | None] = queue.Queue(depth)
        self._work = work
        self._finish = finish
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, work: Work) -> None:
        """Wait for room and queue. Raises what went wrong in the thread."""
        self._queue_up(work)

    def close(self) -> None:
        """Do all that is queued, finish and end. Raises what went wrong in the thread."""
        self._queue_up(None)
        self._thread.join()
        self._check()

    def _queue_up(self, work: Work | None) -> None:
        while True:
            self._check()
            try:
                return self._queue.put(work, timeout=_LOOK_UP_SECONDS)
            except queue.Full:
                continue

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while (work := self._queue.get()) is not None:
                self._work(work)
            self._finish()
        except BaseException as error:  # noqa: BLE001 (handed over to whoever puts work in)
            self._error = error
