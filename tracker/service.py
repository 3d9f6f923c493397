"""The tracker's shell: WebSockets by aiohttp, clocks, the STUN socket. It decides nothing (`tracker.tracker` does)."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_network
from random import SystemRandom

from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web
from prometheus_client import CollectorRegistry

from swarm.keys import VerifyingKey
from swarm.tracker_messages import MAX_MESSAGE_BYTES
from tracker.addresses import seen_from
from tracker.connection import CLOSE_S, Connection
from tracker.errors import Expulsion, Refusal
from tracker.metrics import TrackerCollector
from tracker.settings import TrackerSettings
from tracker.stun_server import StunServer
from tracker.telemetry import Sink
from tracker.tracker import Tracker

PATH = "/tracker"
TICK_S = 0.25

logger = logging.getLogger(__name__)


class TrackerService:
    """One tracker behind an aiohttp application.

    `keys` are the platform's verifying keys by kid and may be replaced at any time; `sink` gets a list with
    an `ItemInterval` for each watched item about once a second, on the event loop, and must not block. Metrics are in
    `registry`.
    """

    def __init__(
        self,
        keys: Mapping[str, VerifyingKey],
        sink: Sink,
        settings: TrackerSettings | None = None,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self.settings = settings or TrackerSettings()
        self.registry = registry or CollectorRegistry()
        self._sink = sink
        self._tracker = Tracker(self.settings, keys, SystemRandom())
        self._proxies = tuple(ip_network(proxy) for proxy in self.settings.proxies)
        self._connections: dict[int, Connection] = {}
        self._handlers: set[asyncio.Task[object]] = set()
        self._clock: asyncio.Task[None] | None = None
        self._stun: asyncio.DatagramTransport | None = None
        self._open = False
        self._collector = TrackerCollector(self._tracker)
        self.registry.register(self._collector)

    @property
    def keys(self) -> Mapping[str, VerifyingKey]:
        """The platform's verifying keys by kid."""
        return self._tracker.admission.keys

    @keys.setter
    def keys(self, keys: Mapping[str, VerifyingKey]) -> None:
        self._tracker.admission.keys = dict(keys)

    def add_routes(self, app: web.Application) -> None:
        """Serve the WebSocket at `/tracker`, and close with the application."""
        app.router.add_get(PATH, self._serve)
        app.on_shutdown.append(self._on_shutdown)

    async def start(self) -> None:
        """Begin to take connections."""
        self._open = True
        self._clock = asyncio.create_task(self._run_clock())

    async def start_stun(self, host: str, port: int) -> int:
        """Answer STUN on UDP; returns the port (of the system's choice for port 0). Raises OSError."""
        loop = asyncio.get_running_loop()
        address = (host, port)
        self._stun, _ = await loop.create_datagram_endpoint(self._stun_server, local_addr=address)
        bound: int = self._stun.get_extra_info("sockname")[1]
        return bound

    async def close(self) -> None:
        """Tell every peer to come back a little later, and stop."""
        self._open = False
        self._tracker.shut(_now())
        self._deliver()
        if self._stun is not None:
            self._stun.close()
        if self._clock is not None:
            self._clock.cancel()
            with suppress(asyncio.CancelledError):
                await self._clock
            self._clock = None
        if self._handlers:
            await asyncio.wait(self._handlers, timeout=CLOSE_S + 1)

    def _stun_server(self) -> StunServer:
        return StunServer(self.settings, self._tracker.tally.stun)

    async def _on_shutdown(self, _: web.Application) -> None:
        await self.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not self._welcomes(request):
            self._tracker.tally.refusals["origin"] += 1
            raise web.HTTPForbidden(text="This page may not use the tracker.")
        if not self._open:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "2"})
        address = seen_from(request.remote, request.headers.getall("X-Forwarded-For", []), self._proxies)
        try:
            number = self._tracker.connect(address, _now())
        except Refusal as cause:
            retry = str(-(-cause.retry // 1000))
            raise web.HTTPServiceUnavailable(text=str(cause), headers={"Retry-After": retry}) from cause
        try:
            return await self._converse(request, number)
        finally:
            self._tracker.disconnect(number, _now())
            self._deliver()

    def _welcomes(self, request: web.Request) -> bool:
        """Whether the page that connects is one of ours; peers that are no browsers send no Origin."""
        origin = request.headers.get("Origin")
        return origin is None or origin.partition("://")[2] == request.host or origin in self.settings.origins

    async def _converse(self, request: web.Request, number: int) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            timeout=CLOSE_S, autoping=False, compress=False, max_msg_size=MAX_MESSAGE_BYTES + 1
        )
        await socket.prepare(request)
        connection = Connection(socket, request.transport, self.settings.queue_bytes)
        self._connections[number] = connection
        writer = asyncio.create_task(connection.write())
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        try:
            async for frame in socket:
                await self._take(socket, number, frame)
        finally:
            self._handlers.discard(handler)
            del self._connections[number]
            connection.end()
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    async def _take(self, socket: web.WebSocketResponse, number: int, frame: WSMessage) -> None:
        now = _now()
        if frame.type is WSMsgType.BINARY:
            self._tracker.receive(number, frame.data, now, _unix())
        elif frame.type is WSMsgType.TEXT:
            self._tracker.receive_text(number, now)
        elif frame.type is WSMsgType.ERROR:
            cause = frame.data
            big = isinstance(cause, WebSocketError) and cause.code == WSCloseCode.MESSAGE_TOO_BIG
            label = "frame_size" if big else "frame"
            self._tracker.expel(number, Expulsion("frame", "broken frame", label=label), now)
        else:
            self._tracker.hear(number, now)
            if frame.type is WSMsgType.PING:
                await socket.pong(frame.data)
        self._deliver()

    def _deliver(self) -> None:
        """Hand out what the core wants done; a peer whose queue is full is cut off."""
        for number, action in self._tracker.outbox.take():
            connection = self._connections.get(number)
            if connection is not None and not connection.push(action):
                self._tracker.expel(number, Expulsion("slow", "too much waits to be sent"), _now())
                connection.abort()

    async def _run_clock(self) -> None:
        flushed = _now()
        while True:
            await asyncio.sleep(TICK_S)
            now = _now()
            self._tracker.tick(now)
            self._deliver()
            if now - flushed >= self.settings.flush_ms:
                flushed = now
                self._flush(now)

    def _flush(self, now: int) -> None:
        try:
            self._sink(self._tracker.flush(now))
        except Exception:
            logger.exception("the sink of telemetry failed")


def _now() -> int:
    return time.monotonic_ns() // 1_000_000


def _unix() -> int:
    return time.time_ns() // 1_000_000
