"""Lists a media sequence number only when every track has it."""

from collections.abc import Iterable

from origin.errors import SourceError

MAX_LEAD = 32


class Alignment:
    """How far each track has come. `head` is the newest sequence number that all of them have (-1: none)."""

    def __init__(self, tracks: Iterable[str]) -> None:
        self._next = dict.fromkeys(tracks, 0)
        if not self._next:
            raise SourceError("a source without tracks")

    @property
    def head(self) -> int:
        return min(self._next.values()) - 1

    def check(self, track: str, sequence: int) -> None:
        """Raises SourceError unless `sequence` is the next one of a known track, at most 32 ahead of the slowest."""
        wanted = self._next.get(track)
        if wanted is None:
            raise SourceError(f"a segment of an unknown track {track!r}")
        if sequence != wanted:
            raise SourceError(f"segment {sequence} of {track} where {wanted} was due")
        if sequence - self.head > MAX_LEAD:
            raise SourceError(f"{track} is {sequence - self.head} segments ahead of another track")

    def add(self, track: str, sequence: int) -> bool:
        """Note that the segment is stored; says whether the head has moved. Raises SourceError as `check` does."""
        self.check(track, sequence)
        before = self.head
        self._next[track] = sequence + 1
        return self.head > before
