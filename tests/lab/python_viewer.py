"""A headless viewer of a cell: `seeder.viewer.Viewer`, honest or not, that writes down how it goes each second."""

import asyncio
import resource
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop
from hostile import corrupt

from seeder.follow import Update
from seeder.http_source import HttpSource
from seeder.origin_api import Item, Track
from seeder.viewer import AGENT, Viewer, choose_tracks, split_address
from swarm.exchange_events import Finished
from swarm.identity import id_text
from swarm.segment import HTTP_SOURCE
from tests.lab.netns import enter
from tests.lab.progress import Progress
from tests.lab.record import ORIGIN, Appended, Sample

_EVERY_S = 1.0
_SPOILS = {"pollute": "flip", "silent": "silent", "trickle": "slow"}


class Order(msgspec.Struct, frozen=True):
    """Who shall watch what: `url` of a watch page, `until` when it shall stop (both clocks Unix s), `began` the start
    of the cell, `file` where progress goes. No namespace: this machine's own network."""

    name: str
    namespace: str | None
    url: str
    file: str
    began: float
    until: float
    p2p: bool = True
    behaviour: str = "honest"
    degree: int | None = None


def watch(order: Order) -> None:
    """Watch until the time is over or SIGTERM asks for it; in a process of its own."""
    if order.namespace is not None:
        enter(order.namespace)
    uvloop.run(_watch(order))


class WatchedViewer(Viewer):
    """A viewer that notes which segment came when, and from whom."""

    def __init__(self, source: HttpSource, item: Item, tracks: tuple[Track, ...], p2p: bool, began: float) -> None:
        super().__init__(source, item, tracks, p2p)
        self.news: list[Appended] = []
        self._cell_began = began
        self._ids: set[str] = set()
        self._fed_by: Counter[str] = Counter()
        self._durations: dict[bytes, float] = {}

    def _heard(self, update: Update) -> None:
        self._durations |= {one.listing.id: one.duration_ms / 1000 for one in update.segments}
        super()._heard(update)

    def finished(self, event: Finished) -> None:
        """A segment is complete: it is in the buffer from now on."""
        listing = self.node.exchange.library.of(event.segment)
        known = event.segment in self._fetched
        super().finished(event)
        if listing is None or known:
            return
        for source, size in event.came:
            self._fed_by[ORIGIN if source == HTTP_SOURCE else source.hex()] += size
        duration = self._durations.get(event.segment, 0.0)
        t = time.time() - self._cell_began
        self.news.append(Appended(t=t, key=id_text(event.segment), bytes=listing.size, duration_s=duration))

    def progress(self) -> Progress:
        """How it stands now."""
        figures, playhead = self.figures(), self._playhead
        if self.node.exchange.me:
            self._ids.add(self.node.exchange.me.hex())
        news, self.news = self.news, []
        used = resource.getrusage(resource.RUSAGE_SELF)
        behind = time.time() - playhead.position / 1000 if playhead.live and figures.startup_ms is not None else None
        sample = Sample(
            t=time.time() - self._cell_began,
            position_s=playhead.position / 1000,
            buffer_s=playhead.buffered_ms / 1000,
            latency_s=behind,
            http=figures.http,
            peer=figures.peer,
            seeder=figures.seeder,
            sent=figures.sent,
            neighbours=figures.neighbours,
        )
        return Progress(
            sample=sample,
            ids=sorted(self._ids),
            startup_ms=figures.startup_ms,
            stalls=figures.stalls,
            stalled_ms=figures.stalled_ms,
            played_ms=figures.played_ms,
            wasted=figures.wasted,
            rejected=figures.rejected,
            cpu_s=used.ru_utime + used.ru_stime,
            fed_by=dict(self._fed_by),
            appended=news,
        )


async def _watch(order: Order) -> None:
    base, name = split_address(order.url)
    source = HttpSource(base, f"{AGENT} lab/{order.name}")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        item = await source.item(name)
        viewer = WatchedViewer(source, item, choose_tracks(item, "lowest"), order.p2p, order.began)
        _set_up(viewer, order)
        await _play(viewer, order, stop)
    finally:
        await source.close()


def _set_up(viewer: WatchedViewer, order: Order) -> None:
    mesh = viewer.node.mesh
    if order.degree is not None:
        mesh._degree = order.degree
        mesh._most = max(mesh._most, 2 * order.degree)
    if order.behaviour != "honest":
        corrupt(mesh, _SPOILS[order.behaviour])


async def _play(viewer: WatchedViewer, order: Order, stop: asyncio.Event) -> None:
    left_s = order.until - time.time()
    playing = asyncio.create_task(viewer.play(max(left_s, 0.1)))
    noting = asyncio.create_task(_note(viewer, Path(order.file)))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([playing, noting, stopping], return_when=asyncio.FIRST_COMPLETED, timeout=left_s)
    for task in (noting, stopping, playing):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    _write(viewer, Path(order.file))
    await viewer.close()


async def _note(viewer: WatchedViewer, file: Path) -> None:
    while True:
        _write(viewer, file)
        await asyncio.sleep(_EVERY_S)


def _write(viewer: WatchedViewer, file: Path) -> None:
    with file.open("ab") as out:
        out.write(msgspec.json.encode(viewer.progress()) + b"\n")
