"""Token buckets: so many at once, so many a second after."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class TokenBucket:
    """At most `burst` at once, refilled at `rate` per second. Times are ms on one clock that never goes back."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: int) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst
        self._at = now

    def level(self, now: int) -> float:
        """What may be taken at `now`."""
        elapsed = max(0, now - self._at)
        return min(self.burst, self._level + elapsed * self.rate / 1000)

    def take(self, now: int, cost: float = 1) -> bool:
        """Take `cost` if there is so much; says whether it was."""
        level = self.level(now)
        self._at = max(now, self._at)
        self._level = level - cost if level >= cost else level
        return level >= cost


class Buckets(Generic[Key]):
    """One token bucket a key. Full buckets are forgotten, and no more than `most` are kept."""

    def __init__(self, rate: float, burst: float, most: int) -> None:
        self.rate = rate
        self.burst = burst
        self.most = most
        self._buckets: dict[Key, TokenBucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def level(self, key: Key, now: int) -> float:
        """What `key` may take at `now`."""
        bucket = self._buckets.get(key)
        return self.burst if bucket is None else bucket.level(now)

    def take(self, key: Key, now: int, cost: float = 1) -> bool:
        """Take `cost` for `key` if there is so much; says whether it was. A full table admits no new key."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self.most:
                return False
            bucket = self._buckets[key] = TokenBucket(self.rate, self.burst, now)
        return bucket.take(now, cost)

    def prune(self, now: int) -> None:
        """Forget the buckets that are full again: they tell nothing."""
        full = [key for key, bucket in self._buckets.items() if bucket.level(now) >= bucket.burst]
        for key in full:
            del self._buckets[key]
