"""Which segments of a track a playlist lists. Pure; durations in ticks of the track's timescale."""

from collections.abc import Sequence
from dataclasses import dataclass

from origin.records import Segment

LIVE_WINDOW_MS = 60_000
CLOSED_WINDOW_MS = 3_600_000
MIN_LIVE_SEGMENTS = 4  # RFC 8216 section 6.2.2: never shorter than three target durations


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """Segments of a stretch of time; `full` when nothing can ever be added to it."""

    segments: tuple[Segment, ...]
    full: bool


def live_count(segment_ms: int) -> int:
    """How many segments of the regular length a live playlist lists."""
    return max(MIN_LIVE_SEGMENTS, LIVE_WINDOW_MS // max(1, segment_ms))


def live_window(segments: Sequence[Segment], timescale: int) -> tuple[Segment, ...]:
    """The newest segments that together last at most 60 s, but never fewer than four where there are four."""
    most = LIVE_WINDOW_MS * timescale // 1000
    total = count = 0
    for segment in reversed(segments):
        total += segment.duration
        if total > most and count >= MIN_LIVE_SEGMENTS:
            break
        count += 1
    return tuple(segments[len(segments) - count :])


def closed_window(segments: Sequence[Segment], timescale: int, start_ms: int) -> ClosedWindow:
    """At most one hour from the segment that plays at `start_ms` (since the item's start) on.

    Empty when nothing has been listed for that time yet. A window is full when the segment after it is listed.
    """
    wanted = start_ms * timescale
    first = next((i for i, s in enumerate(segments) if (s.start + s.duration) * 1000 > wanted), len(segments))
    most = CLOSED_WINDOW_MS * timescale // 1000
    total = 0
    last = first
    while last < len(segments) and total + segments[last].duration <= most:
        total += segments[last].duration
        last += 1
    return ClosedWindow(tuple(segments[first:last]), full=first < last < len(segments))
