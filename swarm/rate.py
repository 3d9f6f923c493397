"""Measured rates in bytes/s and round trips in ms, as integers, from samples with explicit times."""

_WINDOW_MS = 200
_LEAST_MS = 20
_WEIGHT_PERMILLE = 300


class Rate:
    """Throughput while busy: bytes are summed over stretches of 200 ms and averaged exponentially.

    What came in a shorter stretch weighs less, so that a few bytes in a burst do not look like a fast source.
    """

    def __init__(self, initial: int) -> None:
        self.value = initial
        self.measured = False
        self._since: int | None = None
        self._bytes = 0

    def busy(self, now: int) -> None:
        """Something is owed from now on; waiting time before this does not count."""
        if self._since is None:
            self._since, self._bytes = now, 0

    def idle(self, now: int) -> None:
        """Nothing is owed any more. Where nothing came there is nothing to learn: it may have been taken back."""
        if self._bytes:
            self._close(now, _LEAST_MS)
        self._since = None

    def add(self, size: int, now: int) -> None:
        """`size` bytes arrived."""
        if self._since is None:
            self._since = now
        self._bytes += size
        self._close(now, _WINDOW_MS)

    def _close(self, now: int, least_ms: int) -> None:
        if self._since is None or now - self._since < least_ms:
            return
        span = now - self._since
        sample = self._bytes * 1000 // span
        weight = _WEIGHT_PERMILLE * min(span, _WINDOW_MS) // _WINDOW_MS if self.measured else 1000
        self.value = max((self.value * (1000 - weight) + sample * weight) // 1000, 1)
        self.measured = True
        self._since, self._bytes = now, 0


class RoundTrip:
    """Smoothed round trip (RFC 6298 section 2, without the variance)."""

    def __init__(self, initial: int) -> None:
        self.value = initial
        self._measured = False

    def add(self, sample: int) -> None:
        """One measured round trip in ms."""
        self.value = (7 * self.value + sample) // 8 if self._measured else sample
        self._measured = True
