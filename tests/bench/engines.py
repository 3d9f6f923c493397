"""The engines that are compared: each a minimal page with the same hls.js, the same video element, the same recorder.

`http` is hls.js with its own settings; `banyan` the same with our engine; `p2pml` with p2p-media-loader and its own
settings, which choose the distance to the live edge; `p2pml-near` the same at the distance of plain hls.js.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.async_api import Error, Page

from tests.bench.building import TRACKER, recorder
from tests.lab.engine import Stage, Visit
from tests.lab.record import Appended, Sample, ViewerRecord

_NEAR_SEGMENTS = 3
_START_S = 10.0


@dataclass(slots=True)
class BenchVisit:
    """One page with the recorder in it. `now` is the cell's clock; only what is `live` can be behind real time."""

    page: Page
    live: bool
    now: Callable[[], float]

    async def sample(self, viewer: ViewerRecord) -> Sample:
        """Take what is new, and the totals."""
        seen = await self.page.evaluate("window.recorder.take()")
        now, unix_ms = self.now(), time.time_ns() / 1e6
        _note(viewer, seen, now)
        took = seen["received"]
        dated = self.live and seen["date"] is not None and not seen["paused"]
        return Sample(
            t=now,
            position_s=seen["position"],
            buffer_s=seen["buffer"],
            latency_s=(unix_ms - seen["date"]) / 1000 if dated else None,
            http=took["http"],
            peer=took["peer"],
            seeder=took["seeder"],
            sent=took["sent"],
            neighbours=took["neighbours"],
        )

    async def leave(self) -> None:
        """Close the page as a person does."""
        await self.page.close()


def _note(viewer: ViewerRecord, seen: dict[str, Any], now: float) -> None:
    """Bring a record up to date. The page's clock ran to `seen["now"]` when ours stood at `now`."""
    took = seen["received"]
    viewer.startup_ms = seen["startup"]
    viewer.stalls, viewer.stalled_ms, viewer.played_ms = seen["stalls"], seen["stalledMs"], seen["playedMs"]
    viewer.received = took["http"] + seen["channels"]
    viewer.sent, viewer.wasted, viewer.rejected = took["sent"], took["wasted"], took["rejected"]
    viewer.appended += [
        Appended(
            t=now - (seen["now"] - one["at"]) / 1000, key=one["key"], bytes=one["bytes"], duration_s=one["duration"]
        )
        for one in seen["appended"]
    ]
    if seen["errors"]:
        viewer.trouble = ", ".join(filter(None, [viewer.trouble, *sorted(set(seen["errors"]))]))[-500:]


class PageEngine:
    """An engine that needs nothing but its page."""

    def __init__(self, name: str, page: str) -> None:
        self.name = name
        self._page = page
        self.more: dict[str, str] = {}

    async def start(self, stage: Stage) -> None:
        """Nothing to start."""

    async def open(self, page: Page, stage: Stage, viewer: ViewerRecord) -> Visit:
        """Navigate; the page plays as soon as it can. Raises playwright's Error when there is no such page."""
        await page.add_init_script(recorder())
        query = urlencode({"src": urlsplit(stage.playlist).path, **self.more})
        answer = await page.goto(f"{stage.url}/assets/bench/{self._page}.html?{query}", wait_until="commit")
        if answer is None or not answer.ok:
            raise Error(f"the page of {self.name} is not there: {answer and answer.status}")
        return BenchVisit(page, stage.live, stage.now)

    async def close(self) -> None:
        """Nothing to end."""


class RivalEngine(PageEngine):
    """p2p-media-loader, with a tracker of its own beside the origin."""

    def __init__(self, name: str, rivals: Path, sync: int | None) -> None:
        super().__init__(name, "p2pml")
        self._rivals = rivals
        self._sync = sync
        self._tracker: asyncio.subprocess.Process | None = None

    async def start(self, stage: Stage) -> None:
        """Start the tracker. Raises TimeoutError when it does not tell its port."""
        pipe = asyncio.subprocess.PIPE
        command = stage.inside(["node", str(self._rivals / TRACKER), stage.host])
        self._tracker = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        assert self._tracker.stdout is not None
        async with asyncio.timeout(_START_S):
            port = int(await self._tracker.stdout.readline())
        self.more = {"tracker": f"ws://{stage.host}:{port}"}
        if self._sync is not None:
            self.more["sync"] = str(self._sync)

    async def close(self) -> None:
        """End the tracker."""
        if self._tracker is not None and self._tracker.returncode is None:
            self._tracker.kill()
            await self._tracker.wait()


def engine(name: str, rivals: Path | None) -> PageEngine:
    """One of `ENGINES`; `rivals` is where p2p-media-loader is installed."""
    if name in RIVAL_ENGINES:
        assert rivals is not None
        return RivalEngine(name, rivals, _NEAR_SEGMENTS if name == "p2pml-near" else None)
    return PageEngine(name, name)


RIVAL_ENGINES = ("p2pml", "p2pml-near")
ENGINES = ("banyan", *RIVAL_ENGINES, "http")
