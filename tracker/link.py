"""One connection as the core sees it, joined or not: when it was last heard, and how much more it may send."""

from dataclasses import dataclass

from tracker.addresses import Address
from tracker.limits import TokenBucket
from tracker.peer import Peer

BYTES_PER_TOKEN = 4096


@dataclass(slots=True, eq=False)
class Link:
    """A connection. Times are ms; `pinged` is when the ping went out that no sign of life has followed."""

    connection: int
    address: Address
    opened: int
    heard: int
    bucket: TokenBucket
    peer: Peer | None = None
    pinged: int | None = None

    def hear(self, now: int) -> None:
        """Note a sign of life."""
        self.heard = now
        self.pinged = None

    def pays(self, size: int, now: int) -> bool:
        """Whether a message of `size` bytes is within the connection's limit."""
        return self.bucket.take(now, 1 + size / BYTES_PER_TOKEN)

    def wants_ping(self, interval: int, now: int) -> bool:
        return self.pinged is None and now - self.heard >= interval

    def silence(self, now: int) -> int:
        """For how long a ping has gone unanswered, in ms."""
        return 0 if self.pinged is None else now - self.pinged
