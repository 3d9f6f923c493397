"""Puts answers on the wire and counts what has really left.

Files go by sendfile, so that a slow client costs 11 KB of memory and not a segment (measured: an aiohttp answer of
1 MB held in memory costs a slow client 869 KB); what lies in memory is written in slices for the same reason.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import BinaryIO

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from origin.access_log import AccessLog
from origin.counters import REST, Counters, is_seeder
from origin.errors import StoreError
from origin.store import Found, InMemory, OnDisk, Remote

SLICE_BYTES = 64 * 1024
FILE_SLICE_BYTES = 512 * 1024
SLICE_TIMEOUT_S = 60.0


async def _no_item() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Account:
    """What an answer counts as. `item` is asked only after the answer has left."""

    kind: str = REST
    item: Callable[[], Awaitable[str | None]] = _no_item


class Sender:
    """Sends answers to requests; every byte of the origin leaves through here, and is noted in `log` if given."""

    def __init__(self, counters: Counters, log: AccessLog | None = None) -> None:
        self._counters = counters
        self._log = log

    async def send(self, request: web.Request, response: web.StreamResponse, body: bytes, account: Account) -> None:
        """Send a whole body. Raises ConnectionError when the client is gone."""
        response.content_length = len(body)
        await self._deliver(request, response, account, InMemory(body), 0, len(body))

    async def send_part(
        self,
        request: web.Request,
        response: web.StreamResponse,
        account: Account,
        found: Found,
        span: tuple[int, int],
    ) -> None:
        """Send `span` (first byte, length) of an object, and close it. Raises ConnectionError as `send` does."""
        first, length = span
        response.content_length = length
        try:
            await self._deliver(request, response, account, found, first, length)
        finally:
            found.close()

    async def send_events(
        self, request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]
    ) -> None:
        """Send a stream without end (Server-Sent Events), counted as it goes."""
        tally = _Tally()
        tally.began_with(await response.prepare(request))
        counted = 0
        seeder = is_seeder(request.headers.get(hdrs.USER_AGENT))
        try:
            async for chunk in chunks:
                async with asyncio.timeout(SLICE_TIMEOUT_S):
                    await response.write(chunk)
                self._counters.add(REST, None, tally.total - counted, seeder)
                counted = tally.total
        finally:
            self._note(request, response, REST, tally)

    async def _deliver(
        self,
        request: web.Request,
        response: web.StreamResponse,
        account: Account,
        found: Found,
        first: int,
        length: int,
    ) -> None:
        if request.transport is None:
            return  # the client left while it waited; aiohttp ends such an unprepared answer quietly
        tally = _Tally()
        try:
            tally.began_with(await response.prepare(request))
            if request.method != hdrs.METH_HEAD and length and response.status != 304:
                await _write(request, response, found, first, length, tally)
            await response.write_eof()
        except (TimeoutError, StoreError, OSError) as error:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError(f"the answer ended early: {error}") from error
        finally:
            self._note(request, response, account.kind, tally)
            await self._count(request, account, tally)

    def _note(self, request: web.Request, response: web.StreamResponse, kind: str, tally: "_Tally") -> None:
        if self._log is not None:
            self._log.note(request, response, kind, tally.began, tally.total, tally.body)

    async def _count(self, request: web.Request, account: Account, tally: "_Tally") -> None:
        seeder = is_seeder(request.headers.get(hdrs.USER_AGENT))
        self._counters.add(account.kind, await account.item(), tally.total, seeder)


class _Tally:
    """What one answer has put on the wire: through aiohttp's writer, and past it by sendfile."""

    def __init__(self) -> None:
        self.began = time.time()
        self.by_sendfile = 0
        self._writer: AbstractStreamWriter | None = None
        self._headers = 0

    def began_with(self, writer: AbstractStreamWriter | None) -> None:
        """What is on the wire when an answer has been prepared is its headers."""
        self._writer = writer
        self._headers = self.total

    @property
    def body(self) -> int:
        """Bytes besides the headers."""
        return self.total - self._headers

    @property
    def total(self) -> int:
        return self.by_sendfile + (0 if self._writer is None else self._writer.output_size)


async def _write(
    request: web.Request, response: web.StreamResponse, found: Found, first: int, length: int, tally: _Tally
) -> None:
    match found:
        case InMemory(data):
            await _write_memory(response, memoryview(data)[first : first + length])
        case OnDisk(file):
            await _write_file(request, response, file, first, length, tally)
        case Remote():
            async for chunk in found.chunks(first, length):
                await _write_memory(response, memoryview(chunk))


async def _write_memory(response: web.StreamResponse, view: memoryview) -> None:
    for start in range(0, len(view), SLICE_BYTES):
        async with asyncio.timeout(SLICE_TIMEOUT_S):
            await response.write(view[start : start + SLICE_BYTES])


async def _write_file(
    request: web.Request, response: web.StreamResponse, file: BinaryIO, first: int, length: int, tally: _Tally
) -> None:
    end = first + length
    while first < end:
        size = min(FILE_SLICE_BYTES, end - first)
        async with asyncio.timeout(SLICE_TIMEOUT_S):
            sent = await _send_slice(request, response, file, first, size, tally)
        if sent < size:
            raise StoreError(f"the file ends {end - first - sent} bytes early")
        first += sent


async def _send_slice(
    request: web.Request, response: web.StreamResponse, file: BinaryIO, first: int, size: int, tally: _Tally
) -> int:
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    try:
        sent = await asyncio.get_running_loop().sendfile(transport, file, first, size)
    except NotImplementedError:  # uvloop has no sendfile
        data = await asyncio.to_thread(_read_at, file, first, size)
        await _write_memory(response, memoryview(data))
        return len(data)
    except OSError:
        tally.by_sendfile += max(0, file.tell() - first)
        raise
    tally.by_sendfile += sent
    return sent


def _read_at(file: BinaryIO, first: int, size: int) -> bytes:
    file.seek(first)
    return file.read(size)
