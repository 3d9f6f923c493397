"""The viewers of a cell: browsers and headless ones, with one face for the timetable."""

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from chromium import FLAGS, chromium_path
from playwright.async_api import Browser, Error, Page, Playwright

from tests.lab.engine import Engine, Stage, Visit
from tests.lab.network import Host
from tests.lab.process_tree import ProcessorTime, signal_all, tree
from tests.lab.progress import ProgressFile
from tests.lab.python_viewer import Order
from tests.lab.record import ORIGIN, ViewerRecord

Action = Literal["kill", "leave", "freeze", "end"]
_PATIENCE_S = 5.0
_FAREWELL_S = 3.0
_WRAPPER = '#!/bin/sh\necho $$ > "$LAB_PID"\nexec $LAB_INSIDE "$LAB_CHROMIUM" "$@"\n'
_FEEDERS = """() => {
  const engine = window.banyan?.engine;
  if (!engine?.node?.exchange) return null;
  const fed = {};
  for (const { sources } of engine.log.all)
    for (const [source, size] of Object.entries(sources)) fed[source] = (fed[source] ?? 0) + size;
  return { me: engine.node.exchange.me, fed };
}"""


class LabViewer(Protocol):
    """One viewer on the timetable; everything that is known of it stands in `record`."""

    record: ViewerRecord

    async def prepare(self, stage: Stage) -> None:
        """Start what may be started before the viewer joins."""

    async def join(self, stage: Stage) -> None:
        """Begin to watch."""

    async def look(self, stage: Stage) -> None:
        """Bring the record up to date."""

    async def stop(self, action: Action, stage: Stage) -> None:
        """Go, in one of the ways."""

    async def close(self) -> None:
        """Release everything."""


@dataclass
class BrowserViewer:
    """A Chromium of its own on a host of its own."""

    record: ViewerRecord
    host: Host
    engine: Engine
    playwright: Playwright
    folder: Path
    _browser: Browser | None = None
    _page: Page | None = None
    _visit: Visit | None = None
    _pid: int = 0
    _processor: ProcessorTime | None = None
    _ids: set[str] = field(default_factory=set)

    async def prepare(self, stage: Stage) -> None:
        """Start the browser, with an empty page."""
        pid = self.folder / f"{self.record.name}.pid"
        self._browser = await launch(self.playwright, self.host, stage.url, pid)
        self._pid = int(pid.read_text())
        self._processor = ProcessorTime(self._pid)
        agent = f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{self._browser.version}"
        context = await self._browser.new_context(user_agent=f"{agent} Safari/537.36 lab/{self.record.name}")
        self._page = await context.new_page()
        self._page.on("pageerror", lambda error: self._complain(str(error)))

    async def join(self, stage: Stage) -> None:
        """Open the engine's page."""
        assert self._page is not None
        self.record.joined_s = stage.now()
        try:
            self._visit = await self.engine.open(self._page, stage, self.record)
        except Error as error:
            self._complain(str(error))
            self.record.left_s, self.record.left_how = stage.now(), "failed"

    async def look(self, stage: Stage) -> None:
        """One sample, and who fed it as far as the engine tells."""
        if self._visit is None or self._page is None or self._processor is None:
            return
        self.record.cpu_s = await asyncio.to_thread(self._processor.look)
        sample = await asyncio.wait_for(self._visit.sample(self.record), _PATIENCE_S)
        if not self._gone:
            self.record.samples.append(sample)
            self._note_feeders(await asyncio.wait_for(self._page.evaluate(_FEEDERS), _PATIENCE_S), stage)

    async def stop(self, action: Action, stage: Stage) -> None:
        """Kill or freeze all processes of the browser, or close the page; at the end, look once more."""
        left_s = stage.now()
        if action == "end":
            with suppress(Error, TimeoutError):
                await self.look(stage)
        self.record.left_s, self.record.left_how = left_s, action
        if action in ("kill", "freeze"):
            number = signal.SIGKILL if action == "kill" else signal.SIGSTOP
            signal_all(await asyncio.to_thread(tree, self._pid), number)
        elif action == "leave" and self._visit is not None:
            with suppress(Error, TimeoutError):
                await asyncio.wait_for(self._visit.leave(), _FAREWELL_S)

    async def close(self) -> None:
        """End the browser and all its processes."""
        if self._browser is None:
            return
        if self.record.left_how != "freeze":
            with suppress(Error, TimeoutError):
                await asyncio.wait_for(self._browser.close(), _FAREWELL_S)
        signal_all(tree(self._pid), signal.SIGKILL)

    @property
    def _gone(self) -> bool:
        return self.record.left_how is not None

    def _complain(self, text: str) -> None:
        self.record.trouble = f"{self.record.trouble} {text}".strip()[-500:]

    def _note_feeders(self, told: dict[str, Any] | None, stage: Stage) -> None:
        if told is None:
            return
        if told["me"]:
            stage.names[told["me"]] = self.record.name
        self.record.fed_by = {ORIGIN if name == "http" else name: size for name, size in told["fed"].items()}


async def launch(playwright: Playwright, host: Host, url: str, pid: Path) -> Browser:
    """A Chromium on a host, to which pages of `url` are secure although they come over plain HTTP; writes the id of its
    first process to `pid`."""
    wrapper = pid.parent / "chromium-inside"
    if not wrapper.exists():
        wrapper.write_text(_WRAPPER)
        wrapper.chmod(0o755)
    inside = shlex.join(host.command([]))
    environ: dict[str, str | float | bool] = {
        **os.environ,
        "LAB_PID": str(pid),
        "LAB_INSIDE": inside,
        "LAB_CHROMIUM": chromium_path(),
    }
    flags = [*FLAGS, f"--unsafely-treat-insecure-origin-as-secure={url}"]
    return await playwright.chromium.launch(executable_path=wrapper, args=flags, env=environ)


class Nursery:
    """The process that starts headless viewers. Made when it is ready; raises RuntimeError when it never is."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "nursery.log").open("wb")
        words = [sys.executable, "-m", "tests.lab.nursery"]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=Path(__file__).parents[2]
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != b"ready":
            self.close()
            raise RuntimeError(f"headless viewers cannot be started: see {folder / 'nursery.log'}")

    def start(self, order: Order) -> int:
        """Start a viewer; returns its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End all of them."""
        self._process.kill()
        self._process.communicate()
        self._log.close()


@dataclass
class PythonViewer:
    """A headless viewer in a process of its own."""

    record: ViewerRecord
    host: Host
    nursery: Nursery
    folder: Path
    seconds: float
    p2p: bool
    degree: int | None
    _pid: int = 0
    _progress: ProgressFile | None = None

    async def prepare(self, stage: Stage) -> None:
        """Nothing is started beforehand."""

    async def join(self, stage: Stage) -> None:
        """Start the process."""
        file = self.folder / f"{self.record.name}.jsonl"
        self.record.joined_s = stage.now()
        self._progress = ProgressFile(file)
        began = time.time() - stage.now()
        order = Order(
            name=self.record.name,
            namespace=self.host.namespace,
            url=f"{stage.url}/watch/{stage.item}",
            file=str(file),
            began=began,
            until=began + self.seconds,
            p2p=self.p2p,
            behaviour=self.record.behaviour,
            degree=self.degree,
        )
        self._pid = await asyncio.to_thread(self.nursery.start, order)

    async def look(self, stage: Stage) -> None:
        """Read what it has written."""
        if self._progress is not None:
            self._progress.follow(self.record, stage.names)

    async def stop(self, action: Action, stage: Stage) -> None:
        """End the process, or ask it to leave."""
        self.record.left_s, self.record.left_how = stage.now(), action
        # It may have been told to come a moment ago only.
        await _until(lambda: self._pid > 0, _PATIENCE_S)
        numbers = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "leave": signal.SIGTERM, "end": signal.SIGTERM}
        signal_all([self._pid] if self._pid else [], numbers[action])

    async def close(self) -> None:
        """Read its last words, and end it."""
        if self._pid:
            await _until(lambda: not Path(f"/proc/{self._pid}").exists(), _FAREWELL_S)
            signal_all([self._pid], signal.SIGKILL)
        if self._progress is not None:
            self._progress.follow(self.record, {})


async def _until(true: Callable[[], bool], seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.05)
