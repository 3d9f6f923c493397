"""Live classes: each one media source whose segments are listed as soon as every track has them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from origin.entries import Entries, new_id
from origin.errors import Missing, OriginError
from origin.flow import Source, broke_off, pour, undisturbed
from origin.heads import Heads
from origin.intake import Intake
from origin.listing import Listing
from origin.media.errors import MediaError
from origin.media.events import Event, Job
from origin.objects import ObjectName
from origin.records import CLASS, Item
from origin.store import Store
from origin.warehouse import now_ms
from swarm.errors import PlainError, SwarmError
from swarm.identity import Proof

RECENT_MS = 90_000
OPENING_S = 30.0
MAX_CLASSES = 16
_log = structlog.get_logger("origin")


class LiveClasses:
    """Runs the live classes of this process. `lapsed` tells whether the process of a lease has ended."""

    def __init__(
        self,
        entries: Entries,
        store: Store,
        listing: Listing,
        heads: Heads,
        source: Source,
        lapsed: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._entries = entries
        self._store = store
        self._listing = listing
        self._heads = heads
        self._source = source
        self._lapsed = lapsed
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def count(self) -> int:
        return len(self._running)

    async def start(self, course: str, title: str, job: Job) -> str:
        """Start a class and return its item id once it is live. Raises PlainError when its source cannot be opened;
        nothing is left of it then."""
        if self.count >= MAX_CLASSES:
            raise PlainError(
                f"{MAX_CLASSES} classes are live here already. End one of them first.",
                f"这台服务器上已有 {MAX_CLASSES} 个直播课堂。请先结束其中一个。",
            )
        item = new_id()
        live = _LiveClass(self._entries, self._store, self._listing, self._heads, item)
        task = asyncio.create_task(self._run(live, item, course, title, job), name=f"class {item}")
        self._running[item] = task
        try:
            async with asyncio.timeout(OPENING_S):
                await asyncio.shield(live.opened)
        except BaseException as error:
            await undisturbed(self._withdraw(item, task))
            if isinstance(error, TimeoutError):
                raise _never_opened(job.source) from error
            raise
        return item

    async def _run(self, live: "_LiveClass", item: str, course: str, title: str, job: Job) -> None:
        try:
            await undisturbed(self._entries.begin(item, course, CLASS, title, now_ms()))
            await live.run(self._source, job)
        finally:
            del self._running[item]

    async def _withdraw(self, item: str, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait([task])
        await self._entries.remove(item)
        self._listing.changed(item)

    async def end(self, item: Item) -> None:
        """End a class; all that was listed stays as its recording.

        A class whose process has died ends where its last segment does. Raises Missing when another process runs it.
        """
        task = self._running.get(item.id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        elif item.owner == self._entries.owner:
            await self._entries.end(item.id, now_ms(), {})
            self._listing.changed(item.id)
        elif await self._lapsed(item.owner):
            await self._entries.end(item.id, item.epoch_ms + item.duration_ms, {})
            self._listing.changed(item.id)
        else:
            raise Missing("class", "Another server runs this class.")

    async def close(self) -> None:
        """End all classes."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class _LiveClass:
    """One class, from its first event to its end."""

    def __init__(self, entries: Entries, store: Store, listing: Listing, heads: Heads, item: str) -> None:
        self._entries = entries
        self._store = store
        self._listing = listing
        self._heads = heads
        self._item = item
        self._recent: deque[ObjectName] = deque()
        self._head = -1
        self._intake = Intake(entries, store, item, self._keep)
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opened.add_done_callback(lambda opened: opened.cancelled() or opened.exception())

    async def run(self, source: Source, job: Job) -> None:
        """Take the source's events until it finishes, fails, or the task is cancelled; then end the class."""
        try:
            await pour(source, job, self._take)
        except PlainError as error:
            self._fail(error)
        except (OriginError, SwarmError, MediaError) as error:
            self._fail(broke_off(job.source), error)
        finally:
            await undisturbed(self._end())

    def _fail(self, plain: PlainError, error: Exception | None = None) -> None:
        _log.error("class broke off", item=self._item, message=plain.en, error=repr(error or plain))
        if not self.opened.done():
            self.opened.set_exception(plain)

    async def _take(self, event: Event) -> None:
        await self._intake.take(event)
        if self._intake.tracks and not self.opened.done():
            await self._go_live()
        if self._intake.head > self._head:
            await self._list(self._intake.head)

    async def _go_live(self) -> None:
        opened = self._intake.opened
        started = now_ms() if opened is None or opened.started_ms is None else opened.started_ms
        await self._entries.go_live(self._item, started)
        self._heads.set(self._item, -1)
        self._listing.changed(self._item)
        self.opened.set_result(None)

    async def _list(self, head: int) -> None:
        assert self._intake.opened is not None
        duration = min(round((head + 1) * self._intake.opened.segment_ms), self._intake.duration_ms)
        await self._entries.list_head(self._item, head, duration)
        self._head = head
        self._listing.changed(self._item)
        self._heads.set(self._item, head)

    def _keep(self, name: ObjectName, data: bytes, proof: Proof) -> None:
        assert self._intake.opened is not None
        most = len(self._intake.tracks) * round(RECENT_MS / self._intake.opened.segment_ms)
        self._store.recent.keep(name, data)
        self._store.recent.keep(name.proof, proof.encode())
        self._recent.append(name)
        while len(self._recent) > most:
            self._drop(self._recent.popleft())

    def _drop(self, name: ObjectName) -> None:
        if name not in self._recent:
            self._store.recent.drop(name)
            self._store.recent.drop(name.proof)

    async def _end(self) -> None:
        if not self.opened.done():
            self.opened.set_exception(broke_off("the class"))
        try:
            await self._entries.end(self._item, now_ms(), self._intake.rates)
        except (PlainError, OriginError) as error:
            _log.error("class could not be ended; the next start ends it", item=self._item, error=repr(error))
        finally:
            while self._recent:
                self._drop(self._recent.popleft())
            self._listing.changed(self._item)
            self._heads.close(self._item)


def _never_opened(source: str) -> PlainError:
    return PlainError(
        f"{source} gave no picture within {OPENING_S:.0f} seconds. Check that it can be read, and start again.",
        f"{source} 在 {OPENING_S:.0f} 秒内没有画面。请检查它能否读取,然后重新开始课堂。",
    )
