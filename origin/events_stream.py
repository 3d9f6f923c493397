"""Server-Sent Events (WHATWG HTML section 9.2) of the operators' figures."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from origin.errors import NotYet
from origin.sending import Sender
from origin.telemetry import Telemetry

MAX_STREAMS = 200
RETRY_MS = 2000
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


class EventStream:
    """Streams snapshots to up to 200 readers."""

    def __init__(self, telemetry: Telemetry, sender: Sender) -> None:
        self._telemetry = telemetry
        self._sender = sender
        self._readers: set[asyncio.Task[None]] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Stream until the reader leaves or the server closes. Raises NotYet when there are too many readers."""
        if len(self._readers) >= MAX_STREAMS:
            raise NotYet("busy", f"{MAX_STREAMS} readers follow the figures already.")
        response = web.StreamResponse(headers=_HEADERS)
        reader = asyncio.create_task(self._sender.send_events(request, response, self._chunks()))
        self._readers.add(reader)
        try:
            await asyncio.wait([reader])
        finally:
            self._readers.discard(reader)
            reader.cancel()
        if not reader.cancelled() and (error := reader.exception()) is not None:
            raise ConnectionResetError("the reader is gone") from error
        return response

    def close(self) -> None:
        """End all streams."""
        for reader in self._readers:
            reader.cancel()

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield f"retry: {RETRY_MS}\n\n".encode()
        async for snapshot in self._telemetry.snapshots():
            yield b"event: snapshot\ndata: " + msgspec.json.encode(snapshot) + b"\n\n"
