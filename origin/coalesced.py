"""A bounded memory of answers: many who ask for the same at once share one look-up."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Coalesced(Generic[Key, Value]):
    """Remembers up to `most` answers of `load`, each for `keep_s` seconds; the least recently used go first.

    A failed look-up is not remembered; all who waited for it get its error.
    """

    def __init__(self, load: Callable[[Key], Awaitable[Value]], most: int, keep_s: float) -> None:
        self._load = load
        self._most = most
        self._keep_s = keep_s
        self._answers: OrderedDict[Key, tuple[float, asyncio.Task[Value]]] = OrderedDict()

    async def get(self, key: Key) -> Value:
        """The answer for a key; whatever `load` raises."""
        now = asyncio.get_running_loop().time()
        born, task = self._answers.get(key, (float("-inf"), None))
        if task is None or now - born > self._keep_s:
            task = asyncio.ensure_future(self._ask(key))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._answers[key] = now, task
            self._shrink()
        self._answers.move_to_end(key)
        return await asyncio.shield(task)

    def drop(self, key: Key) -> None:
        """Forget the answer for a key."""
        self._answers.pop(key, None)

    async def _ask(self, key: Key) -> Value:
        try:
            return await self._load(key)
        except BaseException:
            task = asyncio.current_task()
            if key in self._answers and self._answers[key][1] is task:
                del self._answers[key]
            raise

    def _shrink(self) -> None:
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
