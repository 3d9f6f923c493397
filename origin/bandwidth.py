"""Bit rates of a track as a multivariant playlist tells them (RFC 8216 section 4.3.4.2)."""


class RateMeter:
    """Watches a track's segments; `regular` is the regular length of a segment in ticks of `timescale`."""

    def __init__(self, timescale: int, regular: int) -> None:
        self._timescale = timescale
        self._regular = regular
        self._bytes = self._ticks = 0
        self._peak_regular = self._peak_short = 0

    def add(self, size: int, duration: int) -> None:
        """Note a segment of `size` bytes and `duration` ticks."""
        self._bytes += size
        self._ticks += duration
        rate = self._bps(size, duration)
        if 2 * duration >= self._regular:
            self._peak_regular = max(self._peak_regular, rate)
        else:
            self._peak_short = max(self._peak_short, rate)

    @property
    def peak(self) -> int:
        """The largest bit rate of a segment of at least half the regular length; of any when all are shorter."""
        return self._peak_regular or self._peak_short

    @property
    def mean(self) -> int:
        """All bits over all time."""
        return self._bps(self._bytes, self._ticks)

    def _bps(self, size: int, ticks: int) -> int:
        return -(-size * 8 * self._timescale // max(1, ticks))
