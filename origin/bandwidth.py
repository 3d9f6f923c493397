"""Bit rates of a track as a multivariant playlist tells them (RFC 8216 section 4.3.4.2)."""

from collections.abc import Iterable

from origin.records import Segment


def peak_bps(segments: Iterable[Segment], timescale: int, segment_ms: int) -> int:
    """The largest bit rate of a segment of at least half the regular length; of any when all are shorter."""
    rates = [(_bps(s.size, s.duration, timescale), s.duration * 2000 >= segment_ms * timescale) for s in segments]
    regular = [rate for rate, long_enough in rates if long_enough]
    return max(regular or [rate for rate, _ in rates], default=0)


def mean_bps(segments: Iterable[Segment], timescale: int) -> int:
    """All bits over all time."""
    size = ticks = 0
    for segment in segments:
        size += segment.size
        ticks += segment.duration
    return _bps(size, ticks, timescale)


def _bps(size: int, ticks: int, timescale: int) -> int:
    return -(-size * 8 * timescale // max(1, ticks))
