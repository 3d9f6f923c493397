"""The origin as a service: opened on a data folder, mounted into an aiohttp application, closed again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry

from origin.access_log import AccessLog
from origin.api import Api
from origin.classes import LiveClasses
from origin.coalesced import Coalesced
from origin.counters import Counters
from origin.delivery import Delivery
from origin.flow import Source
from origin.heads import Heads
from origin.keyring import admin_token, signing_key
from origin.listing import Listing
from origin.media.runner import run
from origin.metrics import Metrics, OriginCollector
from origin.pages import Pages
from origin.records import REMOVED, Item
from origin.sending import Sender
from origin.telemetry import Telemetry
from origin.tickets import TRACKER_PATH, Admission, TicketOffice
from origin.warehouse import Warehouse, now_ms
from swarm.keys import SigningKey, VerifyingKey
from swarm.telemetry import ItemInterval

_KNOWN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginSettings:
    """What an origin needs to know.

    `stun` lists `stun:host:port` addresses for viewers, `mode` is how viewers may meet (`swarm.ticket.MODES`),
    `upload_bps` the most each may upload (0: no cap), `pages` the built web player, `store` an obstore address where
    objects shall not lie in the data folder, `tracker` the tracker's address as viewers reach it, `access_log` a file
    that notes every answer, `registry` where Prometheus metrics go.
    """

    data: Path
    stun: tuple[str, ...] = ()
    mode: str = "mesh"
    upload_bps: int = 0
    pages: Path | None = None
    store: str | None = None
    source: Source = run
    tracker: str = TRACKER_PATH
    access_log: Path | None = None
    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=False))


class Origin:
    """A running origin. `keys` are what tickets and playlists are checked with, by key id."""

    def __init__(self, settings: OriginSettings, warehouse: Warehouse, key: SigningKey, token: str) -> None:
        self.admin_token = token
        self.keys: dict[str, VerifyingKey] = {key.public.kid: key.public}
        self.counters = Counters()
        self._warehouse = warehouse
        self._log = None if settings.access_log is None else AccessLog(settings.access_log)
        heads = Heads()
        sender = Sender(self.counters, self._log)
        catalogue, store, entries = warehouse.catalogue, warehouse.store, warehouse.entries
        listing = Listing(catalogue, heads, key)
        self._known = Coalesced(self._look_up, most=4096, keep_s=_KNOWN_S)
        self.classes = LiveClasses(entries, store, listing, heads, settings.source, warehouse.lapsed)
        self.telemetry = Telemetry(self.counters, self._known.get, now_ms)
        office = TicketOffice(key, Admission(settings.mode, settings.upload_bps, settings.stun, settings.tracker))
        self._api = Api(
            catalogue,
            entries,
            listing,
            self.classes,
            self.telemetry,
            office,
            sender,
            key.public,
            token,
            version("banyan-video"),
        )
        self._mounted = (
            Delivery(listing, catalogue, store, sender),
            self._api,
            Pages(settings.pages, sender, self._look_up, key.public),
            Metrics(settings.registry, sender),
        )
        self._register_metrics(settings.registry, heads)
        self._ticking = asyncio.create_task(self.telemetry.run(), name="origin telemetry")

    @classmethod
    async def open(cls, settings: OriginSettings) -> "Origin":
        """Open the data folder, making keys and catalogue at the first start, and put right what a crash left.

        Raises PlainError when the folder cannot be used.
        """
        warehouse = await Warehouse.open(settings.data, settings.store)
        try:
            key = await asyncio.to_thread(signing_key, settings.data)
            token = await asyncio.to_thread(admin_token, settings.data)
            return cls(settings, warehouse, key, token)
        except BaseException:
            await warehouse.close()
            raise

    def add_routes(self, app: web.Application) -> None:
        """Mount pages, media, API and metrics; when the application shuts down, streams and classes end."""
        for part in self._mounted:
            part.add_routes(app)
        app.on_shutdown.append(self._shut_down)

    def telemetry_sink(self, intervals: Iterable[ItemInterval]) -> None:
        """Where the tracker hands its sums."""
        self.telemetry.sink(intervals)

    async def close(self) -> None:
        """End classes and let go of everything."""
        self._api.close()
        await self.classes.close()
        self._ticking.cancel()
        await asyncio.wait([self._ticking])
        await self._warehouse.close()
        if self._log is not None:
            self._log.close()

    async def _shut_down(self, app: web.Application) -> None:
        self._api.close()
        await self.classes.close()

    async def _look_up(self, item_id: str) -> Item | None:
        item = await self._warehouse.catalogue.item(item_id)
        return None if item is None or item.state == REMOVED else item

    def _register_metrics(self, registry: CollectorRegistry, heads: Heads) -> None:
        recent = self._warehouse.store.recent
        gauges = {
            "origin_live_classes": ("Classes that are live.", lambda: float(self.classes.count)),
            "origin_blocked_reloads": ("Playlist requests that wait for a segment.", lambda: float(heads.waiting)),
            "origin_recent_bytes": ("Live segments held in memory, in bytes.", lambda: float(recent.size)),
        }
        registry.register(OriginCollector(self.counters, gauges))
