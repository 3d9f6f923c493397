"""The writing half of one WebSocket: a bounded queue and the task that empties it."""

import asyncio
from collections import deque

from aiohttp import web

from swarm.codec import FROM_TRACKER
from tracker.outbox import Action, Hangup, Ping

CLOSE_S = 2.0
"""A peer that does not take its last messages in this time goes without."""


class Connection:
    """Sends what the core wants sent, in order, of which at most `most` bytes may wait."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, most: int) -> None:
        self._socket = socket
        self._transport = transport
        self._most = most
        self._bytes = 0
        self._waiting: deque[bytes | Ping | Hangup] = deque()
        self._wake = asyncio.Event()
        self._deadline: asyncio.TimerHandle | None = None

    def push(self, action: Action) -> bool:
        """Queue an action; says whether there was room for it."""
        if isinstance(action, Hangup):
            self._deadline = asyncio.get_running_loop().call_later(CLOSE_S, self.abort)
        data = action if isinstance(action, Ping | Hangup) else FROM_TRACKER.encode(action)
        if isinstance(data, bytes):
            if self._bytes + len(data) > self._most:
                return False
            self._bytes += len(data)
        self._waiting.append(data)
        self._wake.set()
        return True

    async def write(self) -> None:
        """Send until the connection closes."""
        try:
            while not self._socket.closed:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._send(self._waiting.popleft())
        except ConnectionError:
            self.abort()

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """The connection is over."""
        if self._deadline is not None:
            self._deadline.cancel()

    async def _send(self, entry: bytes | Ping | Hangup) -> None:
        if isinstance(entry, Ping):
            await self._socket.ping()
        elif isinstance(entry, Hangup):
            await self._socket.close(code=entry.code)
        else:
            await self._socket.send_bytes(entry)
            self._bytes -= len(entry)
