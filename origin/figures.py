"""The figures that operators see. Each is defined here and nowhere else. Pure: the time comes in as an argument."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from origin.counters import Traffic
from swarm.telemetry import ItemInterval

RATE_WINDOW_MS = 15_000
SILENT_AFTER_MS = 20_000
MAX_STARTUPS = 512


@dataclass(frozen=True, slots=True)
class Sample:
    """Running totals in bytes at one moment."""

    time_ms: int
    origin: int
    peer: int
    seeder: int
    played: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Means over the last 15 s, in bit/s."""

    origin: int = 0
    peer: int = 0
    seeder: int = 0
    played: int = 0


@dataclass(slots=True)
class Reported:
    """What viewers have reported, added up; the three counts of people are those of the last report."""

    viewers: int = 0
    p2p_viewers: int = 0
    seeders: int = 0
    peer: int = 0
    seeder: int = 0
    played: int = 0
    played_ms: int = 0
    stalled_ms: int = 0
    rejected: int = 0
    heard_ms: int = 0
    startups: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_STARTUPS))

    def add(self, interval: ItemInterval, now_ms: int) -> None:
        """Add one interval of one item."""
        self.viewers, self.p2p_viewers, self.seeders = interval.viewers, interval.p2p_viewers, interval.seeders
        self.add_sums(interval, now_ms)

    def add_sums(self, interval: ItemInterval, now_ms: int) -> None:
        """Add an interval's sums, without its counts of people."""
        self.peer += interval.peer
        self.seeder += interval.seeder
        self.played += interval.played
        self.played_ms += interval.played_ms
        self.stalled_ms += interval.stalled_ms
        self.rejected += interval.rejected
        self.startups.extend(interval.startups)
        self.heard_ms = now_ms

    def fall_silent(self, now_ms: int) -> None:
        """Nobody is counted any longer when no report has come for 20 s."""
        if now_ms - self.heard_ms > SILENT_AFTER_MS:
            self.viewers = self.p2p_viewers = self.seeders = 0

    @property
    def startup_p50(self) -> int | None:
        """Median of the newest 512 start-up times, in ms."""
        return round(median(self.startups)) if self.startups else None


class RateWindow:
    """Rates from running totals."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()

    def add(self, sample: Sample) -> None:
        """Note the totals; the newest sample that is at least 15 s old is the oldest one kept."""
        self._samples.append(sample)
        while len(self._samples) > 2 and self._samples[1].time_ms <= sample.time_ms - RATE_WINDOW_MS:
            self._samples.popleft()

    @property
    def rates(self) -> Rates:
        """Means over the window, or over the time there is when that is shorter."""
        if len(self._samples) < 2:
            return Rates()
        first, last = self._samples[0], self._samples[-1]
        elapsed = max(1, last.time_ms - first.time_ms)
        ends = zip(
            (first.origin, first.peer, first.seeder, first.played),
            (last.origin, last.peer, last.seeder, last.played),
            strict=True,
        )
        return Rates(*(max(0, after - before) * 8000 // elapsed for before, after in ends))


def offload(traffic: Traffic, played: int) -> float | None:
    """1 - all bytes the origin sent / media bytes played, not below 0; None until something was played."""
    return None if played <= 0 else max(0.0, 1 - traffic.total / played)


def fluency(played_ms: int, stalled_ms: int) -> float | None:
    """1 - stalled / (stalled + played); None until something was played."""
    return None if played_ms + stalled_ms <= 0 else 1 - stalled_ms / (stalled_ms + played_ms)
