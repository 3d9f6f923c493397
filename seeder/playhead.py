"""A player without pictures: what it has listed and buffered, when it plays and when it stalls. Pure; times in ms.

It starts like hls.js 1.7.4 as the web player sets it (`liveSyncDurationCount` 3, `initialLiveManifestSize` 2): a
lecture at its beginning; a class three target durations behind its live edge, or at the beginning of one that is
younger than that, but not before two segments are listed. hls.js never goes back afterwards, so whoever began with
the only segment would play at the very edge for good, stall whenever the next is a moment late, and never have time
for peers. It plays in real time, and stalls when the segment under the playhead is missing in any of its tracks.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

LIVE_DELAY_TARGETS = 3
LEAST_LISTED = 2
"""Segments that a class must list before it is played (`initialLiveManifestSize`)."""
STARTING, PLAYING, STALLED, ENDED = "starting", "playing", "stalled", "ended"


@dataclass
class Playhead:
    """`tracks` are played together, the first gives the time. `now` of all calls is one clock in ms."""

    tracks: tuple[str, ...]
    live: bool
    began: int
    state: str = STARTING
    position: float = -1.0
    startup_ms: int | None = None
    stalls: int = 0
    stalled_ms: float = 0.0
    played_ms: float = 0.0
    _sequences: list[int] = field(default_factory=list)
    _starts: list[float] = field(default_factory=list)
    _ends: list[float] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _held: dict[str, set[int]] = field(default_factory=dict)
    _moved: int = 0

    def __post_init__(self) -> None:
        self._held = {track: set() for track in self.tracks}
        self._moved = self.began

    def listed(self, track: str, sequence: int, start: float, duration: float) -> None:
        """A playlist lists a segment that begins at media time `start`; those of a track come in order."""
        self._last[track] = max(self._last.get(track, -1), sequence)
        if track == self.tracks[0] and sequence > self._newest:
            self._sequences.append(sequence)
            self._starts.append(start)
            self._ends.append(start + duration)

    def ends(self, track: str) -> None:
        """No more segments of a track will come."""
        self._ended.add(track)

    def place(self, target_ms: int) -> None:
        """Choose where to start, once every track is listed and, in a class, there is enough to start with."""
        if self.position >= 0 or not self._starts or any(track not in self._last for track in self.tracks):
            return
        if self.live and len(self._starts) < LEAST_LISTED and self.tracks[0] not in self._ended:
            return
        first = self._starts[0]
        self.position = max(first, self.edge_ms - LIVE_DELAY_TARGETS * target_ms) if self.live else first

    @property
    def current(self) -> int:
        """The sequence number under the playhead; -1 before there is one."""
        if self.position < 0:
            return -1
        return self._sequences[self._index]

    @property
    def buffered_ms(self) -> float:
        """How long it can play from the playhead without a gap in any track."""
        return max(self._buffered_end() - self.position, 0.0) if self.position >= 0 else 0.0

    @property
    def edge_ms(self) -> float:
        """Media time of the end of what is listed."""
        return self._ends[-1] if self._ends else -1.0

    def wanted(self, ahead_ms: int) -> list[tuple[int, float]]:
        """Sequence numbers from the playhead up to `ahead_ms`, with the media time until each is played."""
        if self.position < 0:
            return []
        wanted = []
        for index in range(self._index, len(self._sequences)):
            left = self._starts[index] - self.position
            if left >= ahead_ms:
                break
            wanted.append((self._sequences[index], max(left, 0.0)))
        return wanted

    def got(self, track: str, sequence: int, now: int) -> None:
        """A segment is in the buffer."""
        self.advance(now)
        self._held[track].add(sequence)
        if self.state == STARTING and self.buffered_ms > 0:
            self.startup_ms = now - self.began
            self.state, self._moved = PLAYING, now
        elif self.state == STALLED and self.buffered_ms > 0:
            self.stalled_ms += now - self._moved
            self.state, self._moved = PLAYING, now

    def advance(self, now: int) -> None:
        """Let time pass up to `now`."""
        if self.state != PLAYING:
            return
        step = min(now - self._moved, self.buffered_ms)
        self.position += step
        self.played_ms += step
        if step < now - self._moved:
            self._run_dry(self._moved + step)
        self._moved = now if self.state == PLAYING else self._moved

    def stalled_until(self, now: int) -> float:
        """Time stalled so far, the stall under way included."""
        return self.stalled_ms + (now - self._moved if self.state == STALLED else 0)

    def catch_up(self, target_ms: int, first: int) -> None:
        """Jump to the live edge when what is under the playhead can no longer be had (all before `first` is gone)."""
        if self.live and 0 <= self.current < first <= self._newest:
            start = self._starts[bisect_left(self._sequences, first)]
            self.position = max(self.edge_ms - LIVE_DELAY_TARGETS * target_ms, start)

    def _run_dry(self, when: float) -> None:
        over = self.tracks[0] in self._ended and self.position >= self.edge_ms - 1
        self.state = ENDED if over else STALLED
        self._moved = round(when)
        self.stalls += self.state == STALLED

    @property
    def _newest(self) -> int:
        return self._sequences[-1] if self._sequences else -1

    @property
    def _index(self) -> int:
        return max(bisect_right(self._starts, self.position) - 1, 0)

    def _buffered_end(self) -> float:
        end = self.position
        for index in range(self._index, len(self._sequences)):
            sequence = self._sequences[index]
            if not self._has(sequence):
                break
            end = self._ends[index]
        return end

    def _has(self, sequence: int) -> bool:
        return all(
            sequence in held or (track in self._ended and sequence > self._last[track])
            for track, held in self._held.items()
        )
