"""One cell: a scenario with an engine, from an empty network to a record."""

import asyncio
import datetime as dt
import os
import platform
import random
import subprocess
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from playwright.async_api import Error, Playwright, async_playwright

from tests.lab import calibration
from tests.lab.engine import Engine, Stage
from tests.lab.house import ROOT, LabHouse, WhoAsked, write_clip
from tests.lab.network import Host, Network, open_network
from tests.lab.process_tree import ProcessorTime, machine_s
from tests.lab.record import Cell, EventRecord, Machine, SeederRecord, Segment, ViewerRecord
from tests.lab.scenario import Scenario, Viewers
from tests.lab.timetable import Join, joins, struck, timetable
from tests.lab.viewers import BrowserViewer, LabViewer, Nursery, PythonViewer

_EVERY_S = 1.0
_BITRATE_SEGMENTS = 3
_LONGEST_START_S = 90.0
_SEEDER_S = 3.0


class CellError(RuntimeError):
    """A cell that could not be run; says why."""


@dataclass
class CellRun:
    """Everything of a cell while it runs. `folder` is its own; `clip` the stream's; `pages` what the origin serves."""

    scenario: Scenario
    engine: Engine
    run: int
    folder: Path
    clip: Path
    pages: Path
    began: float = 0.0
    viewers: dict[str, LabViewer] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    events: list[EventRecord] = field(default_factory=list)
    listed: dict[int, float] = field(default_factory=dict)
    _looking: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def play(self) -> Cell:
        """Run it. Raises CellError, NetworkError."""
        self._check_engine()
        async with AsyncExitStack() as stack:
            network = open_network(self.scenario.network)
            stack.callback(network.close)
            house = LabHouse(self.folder, host=network.host("origin", self.scenario.origin.link), pages=self.pages)
            stack.callback(house.close)
            await asyncio.to_thread(self._open, house)
            hosts = self._hosts(network)
            playwright = await stack.enter_async_context(async_playwright())
            bitrate = await self._bitrate(house)
            await self._make_viewers(network, house.host, hosts, playwright, bitrate, stack)
            seeders = await self._seed(network, house)
            stage = self._stage(house)
            await self.engine.start(stage)
            stack.push_async_callback(self.engine.close)
            for viewer in self.viewers.values():
                stack.push_async_callback(viewer.close)
                await viewer.prepare(stage)
            return await self._watch(house, stage, seeders, bitrate)

    def _now(self) -> float:
        return time.time() - self.began

    # Before

    def _check_engine(self) -> None:
        headless = [group.name for group in self.scenario.viewers if group.kind == "python"]
        if headless and self.engine.name not in ("banyan", "http"):
            raise CellError(f"there is no headless viewer for {self.engine.name}: {headless[0]} must be browsers")

    def _open(self, house: LabHouse) -> None:
        if self.scenario.stream.kind == "vod":
            house.show(self.scenario.stream, self.clip)
            house.open()
        else:
            house.open()
            house.show(self.scenario.stream, self.clip)
        house.course = str(house.get(f"/api/items/{house.item}")["course"])

    def _hosts(self, network: Network) -> dict[str, Host]:
        """A place for each viewer."""
        return {
            join.name: network.host(join.name, group.link, group.nat, group.home)
            for group in self.scenario.viewers
            for join in joins(group)
        }

    async def _bitrate(self, house: LabHouse) -> int:
        """The stream's bitrate over what there is of it, once that is enough to tell and the class is old enough."""
        end = time.time() + _LONGEST_START_S
        while True:
            segments = await asyncio.to_thread(house.segments)
            length = sum(one.duration_s for one in segments if one.track == segments[0].track)
            enough = self.scenario.stream.age_s if self.scenario.stream.kind == "live" else 0.0
            if length >= enough and len({one.sequence for one in segments}) >= _BITRATE_SEGMENTS:
                return mean_bitrate(segments)
            if time.time() > end:
                raise CellError(f"only {length:.0f} s of the stream after {_LONGEST_START_S:.0f} s")
            await asyncio.sleep(0.2)

    async def _make_viewers(
        self,
        network: Network,
        origin: Host,
        hosts: dict[str, Host],
        playwright: Playwright,
        bitrate: int,
        stack: AsyncExitStack,
    ) -> None:
        nursery: Nursery | None = None
        for group in self.scenario.viewers:
            names = [join.name for join in joins(group)]
            own = [hosts[name] for name in names]
            link, goodput = await calibration.calibrate(playwright, network, group, own, origin, bitrate, self.folder)
            for name in names:
                record = _new_record(name, group, hosts[name])
                calibration.note(record, link, goodput)
                if group.kind == "browser":
                    self.viewers[name] = BrowserViewer(record, hosts[name], self.engine, playwright, self.folder)
                    continue
                if nursery is None:
                    nursery = await asyncio.to_thread(Nursery, self.folder)
                    stack.callback(nursery.close)
                self.viewers[name] = self._headless(record, hosts[name], nursery, group)

    def _headless(self, record: ViewerRecord, host: Host, nursery: Nursery, group: Viewers) -> PythonViewer:
        p2p = self.engine.name == "banyan"
        return PythonViewer(record, host, nursery, self.folder, self.scenario.seconds, p2p, group.degree)

    async def _seed(self, network: Network, house: LabHouse) -> list[tuple[SeederRecord, ProcessorTime]]:
        found = []
        for number in range(self.scenario.seeders.count if self.engine.name == "banyan" else 0):
            name, link = f"seeder-{number + 1}", self.scenario.seeders.link
            host = network.host(name, link)
            command = house.seed_at(host)
            record = SeederRecord(name=name, address=host.seen, uplink_bps=link.uplink_bps)
            found.append((record, ProcessorTime(command.process.pid)))
        if found:
            await asyncio.sleep(_SEEDER_S)
        return found

    def _stage(self, house: LabHouse) -> Stage:
        return Stage(
            url=house.url,
            host=house.host.address,
            course=house.course,
            item=house.item,
            playlist=f"{house.url}/hls/{house.item}/index.m3u8",
            live=self.scenario.stream.kind == "live",
            folder=self.folder,
            now=self._now,
            inside=house.host.command,
            names={},
        )

    # While it runs

    async def _watch(
        self, house: LabHouse, stage: Stage, seeders: list[tuple[SeederRecord, ProcessorTime]], bitrate: int
    ) -> Cell:
        load, machine, own = os.getloadavg()[0], machine_s(), ProcessorTime(os.getpid())
        own_before = own.look()
        self.began = time.time()
        started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        listing = asyncio.create_task(house.note_listed(self.began, self.listed)) if stage.live else None
        await self._follow_timetable(stage)
        # Now, as the time of processes that have ended cannot be read any more.
        own.look()
        await self._end(stage)
        if listing is not None:
            listing.cancel()
        others = (machine_s() - machine - (own.look() - own_before)) / max(self._now(), 1)
        about = Machine(
            cores=os.cpu_count() or 1,
            kernel=platform.release(),
            python=platform.python_version(),
            load=round(load, 2),
            others_cores=round(max(others, 0), 2),
        )
        for viewer in self.viewers.values():
            await viewer.close()
        return self._cell(house, stage, seeders, started, about, bitrate)

    async def _follow_timetable(self, stage: Stage) -> None:
        draw = random.Random(self.scenario.seed + self.run)
        for entry in timetable(self.scenario):
            await asyncio.sleep(max(entry.t - self._now(), 0))
            if isinstance(entry, Join):
                self.present.add(entry.name)
                self._looking[entry.name] = asyncio.create_task(self._attend(self.viewers[entry.name], stage))
                continue
            there = [self.viewers[name].record for name in sorted(self.present)]
            who = struck(entry.event, there, draw)
            self.present -= set(who)
            self.events.append(EventRecord(t=self._now(), action=entry.event.action, who=who))
            await asyncio.gather(*(self.viewers[name].stop(entry.event.action, stage) for name in who))
        await asyncio.sleep(max(self.scenario.seconds - self._now(), 0))

    async def _attend(self, viewer: LabViewer, stage: Stage) -> None:
        """Let a viewer join, and look at it each second until it is gone."""
        await viewer.join(stage)
        while viewer.record.left_how is None:
            began = time.monotonic()
            with suppress(Error, TimeoutError):
                await viewer.look(stage)
            await asyncio.sleep(max(_EVERY_S - (time.monotonic() - began), 0.1))

    async def _end(self, stage: Stage) -> None:
        staying = [viewer for viewer in self.viewers.values() if viewer.record.left_how is None]
        await asyncio.gather(*(viewer.stop("end", stage) for viewer in staying))
        for task in self._looking.values():
            task.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    # After

    def _cell(
        self,
        house: LabHouse,
        stage: Stage,
        seeders: list[tuple[SeederRecord, ProcessorTime]],
        started: str,
        machine: Machine,
        bitrate: int,
    ) -> Cell:
        segments = house.segments()
        for segment in segments:
            segment.published_s = self.listed.get(segment.sequence)
        records = [viewer.record for viewer in self.viewers.values()]
        for record in records:
            finish(record, stage.names, [one.name for one, _ in seeders])
        for seeder, processor in seeders:
            seeder.cpu_s = processor.look()
        # On the loopback everybody has one address.
        known = {} if self.scenario.network == "loopback" else {one.address: one.name for one, _ in seeders}
        who = WhoAsked(known, "seeder-1" if len(seeders) == 1 else "seeder")
        return Cell(
            scenario=self.scenario.name,
            engine=self.engine.name,
            run=self.run,
            network=self.scenario.network,
            kind=self.scenario.stream.kind,
            seconds=self.scenario.seconds,
            started=started,
            commit=_commit(),
            machine=machine,
            bitrate_bps=bitrate,
            epoch_s=house.epoch() - self.began if stage.live else None,
            viewers=records,
            seeders=[one for one, _ in seeders],
            segments=segments,
            requests=house.requests(self.began, self.scenario.seconds, who),
            events=self.events,
        )


def _new_record(name: str, group: Viewers, host: Host) -> ViewerRecord:
    return ViewerRecord(
        name=name,
        kind=group.kind,
        group=group.name,
        behaviour=group.behaviour,
        address=host.address,
        home=group.home,
        nat=group.nat,
        joined_s=group.join_at,
    )


def finish(record: ViewerRecord, names: dict[str, str], seeders: list[str]) -> None:
    """What can be told of a viewer only at the end: who fed it by name, and its median latency. Feeders that no viewer
    owned up to are the seeder's, or unknown ones where there is none."""
    fed: dict[str, int] = {}
    for source, size in record.fed_by.items():
        name = names.get(source) or (source if source == "origin" else seeders[0] if len(seeders) == 1 else "unknown")
        fed[name] = fed.get(name, 0) + size
    record.fed_by = fed
    behind = [sample.latency_s for sample in record.samples if sample.latency_s is not None]
    record.latency_s = round(median(behind), 3) if behind else None
    if record.startup_ms is None and not record.samples and record.left_how == "end":
        record.left_how = "failed"


def mean_bitrate(segments: list[Segment]) -> int:
    """Bits per second of all tracks together."""
    total = 0.0
    for track in {one.track for one in segments}:
        own = [one for one in segments if one.track == track]
        total += sum(one.bytes for one in own) * 8 / sum(one.duration_s for one in own)
    return round(total)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


async def run_cell(scenario: Scenario, engine: Engine, run: int, folder: Path, pages: Path) -> Cell:
    """Run one cell with all its files in `folder`; clips are kept beside it. Raises CellError, NetworkError."""
    clip = folder.parent / f"clip-{scenario.stream.seconds}.mp4"
    await asyncio.to_thread(write_clip, clip, scenario.stream.seconds)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    return await CellRun(scenario, engine, run, folder, clip, pages).play()
