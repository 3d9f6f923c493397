"""Wakes those who wait for a segment of a live class."""

import asyncio
from collections.abc import Callable


class Heads:
    """The newest listed sequence number of each class that this process runs."""

    def __init__(self) -> None:
        self._heads: dict[str, int] = {}
        self._changes: dict[str, asyncio.Event] = {}
        self.waiting = 0

    def runs(self, item_id: str) -> bool:
        """Whether this process runs the class."""
        return item_id in self._heads

    def set(self, item_id: str, head: int) -> None:
        """A class has come to `head`; all who wait look again."""
        self._heads[item_id] = head
        self._wake(item_id)

    def close(self, item_id: str) -> None:
        """A class has ended; nobody waits any longer."""
        self._heads.pop(item_id, None)
        self._wake(item_id)

    async def wait(self, item_id: str, msn: int, timeout_s: float) -> None:
        """Return when segment `msn` is listed, the class has ended, or the time is over."""
        self.waiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                await self._until(item_id, lambda: self._heads.get(item_id, msn) >= msn)
        except TimeoutError:
            return
        finally:
            self.waiting -= 1

    async def _until(self, item_id: str, done: Callable[[], bool]) -> None:
        while not done():
            await self._changes.setdefault(item_id, asyncio.Event()).wait()

    def _wake(self, item_id: str) -> None:
        change = self._changes.pop(item_id, None)
        if change is not None:
            change.set()
