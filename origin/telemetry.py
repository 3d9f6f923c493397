"""Folds the tracker's intervals and the origin's own counters into the figures that operators see."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import msgspec

from origin.counters import Counters, Traffic
from origin.figures import Rates, RateWindow, Reported, Sample, fluency, offload
from origin.messages import Figures, History, ItemFigures, OriginBytes, Point, Snapshot
from origin.records import Item
from swarm.telemetry import ItemInterval

TICK_S = 1.0
POINT_MS = 5_000
MAX_POINTS = 720
MAX_QUEUED = 10_000
MAX_ITEMS = 512
MAX_SERIALS = 1024


class _Ledger:
    """What is known of one item, or of all together."""

    def __init__(self) -> None:
        self.reported = Reported()
        self.window = RateWindow()

    def sample(self, now_ms: int, traffic: Traffic) -> None:
        reported = self.reported
        reported.fall_silent(now_ms)
        self.window.add(Sample(now_ms, traffic.total, reported.peer, reported.seeder, reported.played))


class Telemetry:
    """Takes intervals at any time; `tick` once a second makes figures of them.

    `known` looks an item up (None: there is none): what a viewer reports of an item that does not exist is dropped.
    """

    def __init__(
        self, counters: Counters, known: Callable[[str], Awaitable[Item | None]], clock_ms: Callable[[], int]
    ) -> None:
        self._counters = counters
        self._known = known
        self._clock_ms = clock_ms
        self._queue: deque[ItemInterval] = deque(maxlen=MAX_QUEUED)
        self._serials: deque[str] = deque(maxlen=MAX_SERIALS)
        self._total = _Ledger()
        self._items: dict[str, tuple[Item, _Ledger]] = {}
        self._points: deque[Point] = deque(maxlen=MAX_POINTS)
        self._change = asyncio.Event()
        self.snapshot = self._snapshot(clock_ms())

    def sink(self, intervals: Iterable[ItemInterval]) -> None:
        """Where the tracker hands its sums; never waits, keeps the newest 10,000."""
        self._queue.extend(intervals)

    def take_batch(self, serial: str, intervals: Iterable[ItemInterval]) -> None:
        """The same from a tracker elsewhere, which posts a batch again when it did not hear our answer."""
        if serial not in self._serials:
            self._serials.append(serial)
            self.sink(intervals)

    async def run(self) -> None:
        """Tick once a second until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.tick()

    async def tick(self) -> None:
        """Fold what has come, and make new figures."""
        now_ms = self._clock_ms()
        await self._fold(now_ms)
        await self._meet_served_items()
        for item, ledger in self._items.values():
            ledger.sample(now_ms, self._counters.of(item.id))
        self._total.sample(now_ms, self._counters.total)
        self.snapshot = self._snapshot(now_ms)
        if not self._points or now_ms - self._points[-1].time >= POINT_MS:
            self._points.append(_point(self.snapshot))
        self._change.set()
        self._change = asyncio.Event()

    def history(self, seconds: int) -> History:
        """The points of the last `seconds`."""
        since = self._clock_ms() - seconds * 1000
        return History(points=[point for point in self._points if point.time >= since])

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """The newest snapshot now, and each new one as it comes."""
        while True:
            change = self._change
            yield self.snapshot
            await change.wait()

    async def _fold(self, now_ms: int) -> None:
        for _ in range(len(self._queue)):
            interval = self._queue.popleft()
            ledger = await self._ledger(interval.item)
            if ledger is not None and self._of_its_course(interval):
                ledger.reported.add(interval, now_ms)
                self._total.reported.add_sums(interval, now_ms)

    def _of_its_course(self, interval: ItemInterval) -> bool:
        """A ticket of one course does not admit to reporting on the items of another."""
        return interval.course in ("", self._items[interval.item][0].course)

    async def _meet_served_items(self) -> None:
        for item in self._counters.items():
            await self._ledger(item)

    async def _ledger(self, item_id: str) -> _Ledger | None:
        met = self._items.pop(item_id, None)
        item = await self._known(item_id)
        if item is None:
            return None
        ledger = _Ledger() if met is None else met[1]
        self._items[item_id] = item, ledger
        if len(self._items) > MAX_ITEMS:
            del self._items[next(iter(self._items))]
        return ledger

    def _snapshot(self, now_ms: int) -> Snapshot:
        items = [self._item_figures(item, ledger) for item, ledger in self._items.values()]
        people = self._total.reported
        people.viewers = sum(one.viewers for one in items)
        people.p2p_viewers = sum(one.p2p_viewers for one in items)
        people.seeders = _seeders(items)
        items.sort(key=lambda one: (-one.viewers, -one.played_bytes, one.item))
        return Snapshot(now=now_ms, total=_figures(self._total, self._counters.total), items=items)

    def _item_figures(self, item: Item, ledger: _Ledger) -> ItemFigures:
        figures = _figures(ledger, self._counters.of(item.id))
        fields = {name: getattr(figures, name) for name in Figures.__struct_fields__}
        about = {"item": item.id, "title": item.title, "course": item.course, "kind": item.kind}
        return msgspec.convert({**fields, **about}, ItemFigures, from_attributes=True)


def _seeders(items: list[ItemFigures]) -> int:
    """A seeder is in all items of its course, and counts once."""
    of_course: dict[str, int] = {}
    for one in items:
        of_course[one.course] = max(of_course.get(one.course, 0), one.seeders)
    return sum(of_course.values())


def _figures(ledger: _Ledger, traffic: Traffic) -> Figures:
    reported, rates = ledger.reported, ledger.window.rates
    return Figures(
        viewers=reported.viewers,
        seeders=reported.seeders,
        p2p_viewers=reported.p2p_viewers,
        **_rates(rates),
        offload=offload(traffic, reported.played),
        fluency=fluency(reported.played_ms, reported.stalled_ms),
        startup_p50=reported.startup_p50,
        rejected=reported.rejected,
        origin_bytes=OriginBytes(**{name: getattr(traffic, name) for name in OriginBytes.__struct_fields__}),
        peer_bytes=reported.peer,
        seeder_bytes=reported.seeder,
        played_bytes=reported.played,
    )


def _rates(rates: Rates) -> dict[str, int]:
    return {
        "origin_bps": rates.origin,
        "peer_bps": rates.peer,
        "seeder_bps": rates.seeder,
        "played_bps": rates.played,
    }


def _point(snapshot: Snapshot) -> Point:
    fields = {name: getattr(snapshot.total, name) for name in Point.__struct_fields__ if name != "time"}
    return Point(time=snapshot.now, **fields)
