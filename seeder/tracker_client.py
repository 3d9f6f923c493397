"""The peer's conversation with the tracker: one WebSocket per course, joined with a ticket, renewed and reconnected.

Connections to peers do not depend on it: while the tracker is away they stay, and only new introductions wait.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import aiohttp

from seeder.errors import FetchError, TrackerLost
from seeder.origin_api import Grant
from swarm.codec import FROM_TRACKER, TO_TRACKER
from swarm.errors import ProtocolError
from swarm.tracker_messages import MAX_MESSAGE_BYTES, VERSION, FromTracker, Join, Refused, Renew, ToTracker, Welcome

logger = logging.getLogger(__name__)
_WELCOME_S = 10.0
_HEARTBEAT_S = 8.0
"""A tracker that leaves a ping unanswered for half of this is gone, though its socket stands open."""
_FLUSH_S = 1.0
_RENEW_BEFORE_MS = 40_000
_LEAST_RENEW_S = 5.0
_FIRST_RETRY_S = (0.2, 2.0)
_MOST_RETRY_S = 30.0
_MOST_BACKLOG_BYTES = 256 * 1024


class TrackerListener(Protocol):
    """What the owner of the conversation wants to hear. Nothing here may raise."""

    def granted(self, grant: Grant) -> None:
        """A ticket came, the first or a fresh one."""

    def heard(self, message: FromTracker) -> None:
        """The tracker said something; Welcome is the first after each (re)connection."""

    def lost(self) -> None:
        """The tracker is away; the client goes on trying."""


class TrackerClient:
    """Keeps one conversation alive. `grant` asks the platform for a ticket; `url` finds the tracker from it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        listener: TrackerListener,
        grant: Callable[[], Awaitable[Grant]],
        url: Callable[[Grant], str],
        agent: str,
    ) -> None:
        self._session = session
        self._listener = listener
        self._ask = grant
        self._url = url
        self._agent = agent
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._backlog = 0

    @property
    def joined(self) -> bool:
        """Whether the tracker has let this peer in."""
        return self._socket is not None

    def send(self, message: ToTracker) -> bool:
        """Queue a message; False, and dropped, while the tracker is away or far behind."""
        if self._socket is None or self._backlog > _MOST_BACKLOG_BYTES:
            return False
        data = TO_TRACKER.encode(message)
        self._backlog += len(data)
        self._outgoing.put_nowait(data)
        return True

    async def flush(self) -> None:
        """Wait until all that was queued has left, for a second at most."""
        if not self.joined:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_S):
                await self._outgoing.join()

    async def run(self) -> None:
        """Converse until cancelled; reconnects at a random time that grows to 30 s."""
        tries = 0
        while True:
            began = time.monotonic()
            asked_ms = 0
            try:
                await self._converse()
            except (TrackerLost, FetchError, ProtocolError, aiohttp.ClientError, TimeoutError, OSError) as error:
                asked_ms = error.retry_ms if isinstance(error, TrackerLost) else 0
                logger.info("tracker: %s", error or type(error).__name__)
            tries = 0 if time.monotonic() - began > _MOST_RETRY_S else tries + 1
            await asyncio.sleep(retry_s(tries, asked_ms, random.random()))

    async def _converse(self) -> None:
        grant = await self._ask()
        self._listener.granted(grant)
        async with self._session.ws_connect(
            self._url(grant), max_msg_size=MAX_MESSAGE_BYTES, heartbeat=_HEARTBEAT_S, compress=0
        ) as socket:
            await socket.send_bytes(TO_TRACKER.encode(Join(VERSION, grant.ticket, self._agent)))
            async with asyncio.timeout(_WELCOME_S):
                welcome = await _receive(socket)
            if not isinstance(welcome, Welcome):
                raise TrackerLost("the tracker did not welcome us", _retry_of(welcome))
            await self._stay(socket, grant, welcome)

    async def _stay(self, socket: aiohttp.ClientWebSocketResponse, grant: Grant, welcome: Welcome) -> None:
        self._outgoing = asyncio.Queue()
        self._backlog = 0
        self._socket = socket
        tasks = [asyncio.create_task(self._write(socket)), asyncio.create_task(self._renew(grant, welcome))]
        try:
            self._listener.heard(welcome)
            asked_ms = 0
            while True:
                message = await _receive(socket, asked_ms)
                asked_ms = _retry_of(message)
                self._listener.heard(message)
        finally:
            self._socket = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._listener.lost()

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while True:
                data = await self._outgoing.get()
                await socket.send_bytes(data)
                self._backlog -= len(data)
                self._outgoing.task_done()
        except (aiohttp.ClientError, OSError):
            await socket.close()

    async def _renew(self, grant: Grant, welcome: Welcome) -> None:
        """Fetch a fresh ticket before the old one ends, by the tracker's clock."""
        skew_ms = welcome.now - time.time() * 1000
        while True:
            left_ms = grant.expires - (time.time() * 1000 + skew_ms)
            await asyncio.sleep(max((left_ms - _RENEW_BEFORE_MS) / 1000, _LEAST_RENEW_S))
            try:
                grant = await self._ask()
            except FetchError as error:
                logger.warning("no fresh ticket: %s", error)
                continue
            # The tracker hears of a stricter ticket before whatever the owner says because of it.
            self.send(Renew(grant.ticket))
            self._listener.granted(grant)


def retry_s(tries: int, asked_ms: int, jitter: float) -> float:
    """When to try again after `tries` failures: 0.2 to 2 s by `jitter` (0 to 1), doubling to 30 s, and not before the
    tracker asked."""
    low, high = _FIRST_RETRY_S
    pause = (low + (high - low) * jitter) * (1 << min(max(tries - 1, 0), 6))
    return max(min(pause, _MOST_RETRY_S), asked_ms / 1000)


async def _receive(socket: aiohttp.ClientWebSocketResponse, asked_ms: int = 0) -> FromTracker:
    """The next message; `asked_ms` is how long the last one asked us to stay away.

    Raises TrackerLost when the tracker closed, ProtocolError when it talks nonsense.
    """
    message = await socket.receive()
    if message.type is aiohttp.WSMsgType.BINARY:
        return FROM_TRACKER.decode(message.data)
    raise TrackerLost(f"the tracker closed the conversation ({socket.close_code})", asked_ms)


def _retry_of(message: FromTracker) -> int:
    return message.retry if isinstance(message, Refused) else 0
