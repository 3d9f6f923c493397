"""Carries out what an exchange wants over HTTP: ranges of segments as streams, and proofs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

from seeder.errors import FetchError
from seeder.http_source import HttpSource
from swarm.exchange import Exchange
from swarm.exchange_events import AbortHttp, FetchHttp
from swarm.segment import HTTP_SOURCE, BadBytes

logger = logging.getLogger(__name__)


class Fetches:
    """The HTTP requests of one exchange. `now` is its clock in ms, `changed` is called after it was told something."""

    def __init__(
        self, source: HttpSource, exchange: Exchange, now: Callable[[], int], changed: Callable[[], None]
    ) -> None:
        self._source = source
        self._exchange = exchange
        self._now = now
        self._changed = changed
        self._ranges: dict[tuple[bytes, int], asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def fetch(self, event: FetchHttp) -> None:
        """Begin to stream a range of a segment into the exchange."""
        self._ranges[event.segment, event.first] = self._start(self._stream(event))

    def abort(self, event: AbortHttp) -> None:
        """Stop a stream."""
        task = self._ranges.pop((event.segment, event.first), None)
        if task is not None:
            task.cancel()

    def fetch_proof(self, segment: bytes) -> None:
        """Begin to fetch a proof."""
        self._start(self._proof(segment))

    async def close(self) -> None:
        """Stop everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stream(self, event: FetchHttp) -> None:
        downloads = self._exchange.downloads
        key = event.segment, event.first
        body = self._source.segment(event.segment, event.offset, event.size, whole=event.whole)
        try:
            async with aclosing(body):
                async for chunk in body:
                    downloads.http_data(event.segment, event.first, chunk, self._now())
                    self._changed()
        except FetchError as error:
            logger.info("segment over HTTP: %s", error)
            downloads.http_failed(event.segment, event.first, self._now())
            self._changed()
        finally:
            if self._ranges.get(key) is asyncio.current_task():
                del self._ranges[key]

    async def _proof(self, segment: bytes) -> None:
        downloads = self._exchange.downloads
        try:
            downloads.proof(HTTP_SOURCE, segment, await self._source.proof(segment), self._now())
        except (FetchError, BadBytes) as error:
            logger.info("proof over HTTP: %s", error)
            downloads.proof_failed(segment, self._now())
        self._changed()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
