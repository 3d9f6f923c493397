"""The all-in-one: pages, API, media, tracker and STUN under one address, opened and closed in order."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from aiohttp import web
from prometheus_client import CollectorRegistry

from banyan.addresses import own_url, tracker_host, web_origin
from banyan.certificate import CERTIFICATE_FILE, machine_names, own_certificate
from banyan.config import Config
from banyan.errors import ConfigError
from banyan.pages import built_pages
from banyan.platform_keys import platform_keys
from banyan.ports import listen_tcp, port_error
from banyan.telemetry_post import TelemetryPost
from origin.counters import Counters
from origin.metrics import Metrics
from origin.sending import Sender
from origin.service import Origin, OriginSettings
from origin.tickets import TRACKER_PATH
from swarm.telemetry import ItemInterval
from tracker.service import TrackerService
from tracker.settings import TrackerSettings

ROLES = ("all", "origin", "tracker")
_SHUTDOWN_S = 3.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: its address for people, and its parts (None where its role has none)."""

    url: str
    origin: Origin | None
    tracker: TrackerService | None


@asynccontextmanager
async def running(config: Config, role: str = "all", listener: socket | None = None) -> AsyncIterator[Running]:
    """Serve until the block is left. `role` is one of ROLES; `listener` a socket that listens already.

    Raises PortBusy, ConfigError and what the origin says of its data folder (PlainError).
    """
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listener or listen_tcp(config.server.host, config.server.port))
        context = await asyncio.to_thread(_tls, config)
        url = own_url(config, listener.getsockname()[1], context is not None)
        parts = _Parts(config, url)
        stack.push_async_callback(parts.close)
        app = web.Application()
        await parts.open(role, app)
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener, ssl_context=context, backlog=512).start()
        yield Running(url, parts.origin, parts.tracker)


class _Parts:
    """Opens what a role consists of. The tracker comes first: tickets name its STUN port."""

    def __init__(self, config: Config, url: str) -> None:
        self.origin: Origin | None = None
        self.tracker: TrackerService | None = None
        self._post: TelemetryPost | None = None
        self._config = config
        self._url = url
        self._registry = CollectorRegistry(auto_describe=False)

    async def open(self, role: str, app: web.Application) -> None:
        stun = await self._open_tracker() if role != "origin" else self._config.tracker.stun_port
        if role != "tracker":
            self.origin = await Origin.open(self._origin_settings(stun))
            self.origin.add_routes(app)
        else:
            self._open_post(app)
        if self.tracker is not None:
            self.tracker.keys = self.origin.keys if self.origin else platform_keys(self._config)
            self.tracker.add_routes(app)
            await self.tracker.start()

    async def close(self) -> None:
        if self.tracker is not None:
            await self.tracker.close()
        if self._post is not None:
            await self._post.close()
        if self.origin is not None:
            await self.origin.close()

    def _open_post(self, app: web.Application) -> None:
        """For a tracker of its own: its figures go to the origin, its metrics to Prometheus."""
        Metrics(self._registry, Sender(Counters())).add_routes(app)
        if self._config.tracker.origin:
            self._post = TelemetryPost(self._config.tracker.origin, Path(self._config.data.path), self._registry)
            self._post.start()

    async def _open_tracker(self) -> int:
        tracker = self._config.tracker
        pages = tuple(web_origin(url) for url in (self._url, tracker.origin) if url)
        settings = TrackerSettings(
            announce_ms=tracker.announce_ms,
            report_ms=tracker.report_ms,
            origins=(*pages, *tracker.origins),
            proxies=tracker.proxies,
        )
        self.tracker = TrackerService({}, self._sink, settings, self._registry)
        host = self._config.server.host
        try:
            return await self.tracker.start_stun(host, tracker.stun_port)
        except OSError as error:
            raise port_error("UDP", host, tracker.stun_port, "--stun-port", error) from error

    def _origin_settings(self, stun_port: int) -> OriginSettings:
        config = self._config
        return OriginSettings(
            data=Path(config.data.path),
            stun=(f"stun:{tracker_host(config)}:{stun_port}",) if stun_port else (),
            mode=config.delivery.mode,
            tracker=config.tracker.url or TRACKER_PATH,
            upload_bps=config.delivery.upload_bps,
            pages=Path(config.origin.pages) if config.origin.pages else built_pages(),
            access_log=Path(config.origin.access_log) if config.origin.access_log else None,
            registry=self._registry,
        )

    def _sink(self, intervals: Sequence[ItemInterval]) -> None:
        if self.origin is not None:
            self.origin.telemetry_sink(intervals)
        elif self._post is not None:
            self._post.sink(intervals)


def _tls(config: Config) -> ssl.SSLContext | None:
    server = config.server
    if server.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(server.certificate, server.certificate_key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"The certificate {server.certificate} cannot be used with its key: {error}.",
                f"证书 {server.certificate} 与其私钥无法使用：{error}。",
            ) from error
        return context
    if server.tls:
        return own_certificate(Path(config.data.path) / CERTIFICATE_FILE, machine_names(), dt.datetime.now(dt.UTC))
    return None
