"""Puts the segments of all tracks into one order: by sequence, and within one by track. Holds what came early."""

from collections.abc import Callable
from threading import Lock

from origin.media.events import Segment


class Collector:
    """Emits a sequence once every track has it. Called from the threads of the tracks."""

    def __init__(self, tracks: tuple[str, ...], first: int, emit: Callable[[Segment], None]) -> None:
        self._tracks = tracks
        self._next = first
        self._emit = emit
        self._held: dict[tuple[int, str], Segment] = {}
        self._lock = Lock()

    def add(self, segment: Segment) -> None:
        """One more segment is made."""
        with self._lock:
            self._held[segment.sequence, segment.track] = segment
            while all((self._next, track) in self._held for track in self._tracks):
                for track in self._tracks:
                    self._emit(self._held.pop((self._next, track)))
                self._next += 1

    @property
    def held(self) -> int:
        """Segments that wait for another track."""
        return len(self._held)
