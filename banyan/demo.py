"""The demonstration: a lecture, a live class, a seeder and four viewers on this machine, with nothing to set up."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from banyan.children import Child
from banyan.config import Config
from banyan.demo_report import DemoReport, ViewerRun, report
from banyan.errors import ServerRefused
from banyan.ports import listen_near
from banyan.server import Running, running
from banyan.server_client import ServerClient
from origin.media.sample import write_sample
from origin.publish import OnProgress, publish

VIEWERS = 4
COURSE = "Banyan demo 演示"
LECTURE = "Sample lecture 示例课程"
CLASS = "Live class 直播课"
_SAMPLE_S = 60
_READY_S = 30.0
_BEHIND_LIVE = 3
_ENDLESS_S = 10_000_000
# Beyond the time that viewers watch: for their processes to start, to join, and to print.
_SLACK_S = 60.0
_BANYAN = (sys.executable, "-m", "banyan")
_QUIET = {"BANYAN__LOG__LEVEL": "warning"}


@dataclass(frozen=True, slots=True)
class Demo:
    """A demonstration under way: the server, who asks it, the ids of the lecture and of the live class, the data folder
    and the configuration file that was given, if any."""

    server: Running
    client: ServerClient
    lecture: str
    live: str
    data: Path
    config_file: Path | None = None

    @property
    def student_url(self) -> str:
        """The page of the live class."""
        return f"{self.server.url}/watch/{self.live}"

    def child(self, name: str, *arguments: str) -> Child:
        """A command of ours that reads the same configuration and the same data folder."""
        config = () if self.config_file is None else ("--config", str(self.config_file))
        return Child(name, *_BANYAN, *config, *arguments, "--data", str(self.data), environ=_QUIET)


@asynccontextmanager
async def demonstration(
    config: Config, file: Path | None, on_progress: OnProgress, config_file: Path | None = None
) -> AsyncIterator[Demo]:
    """Serve the lecture (of `file`, or a sample) and a live class; leaving ends and removes the class.

    The seeder and the viewers read `config_file` too. When the port is busy a free one is taken. Raises PlainError for
    what a person can mend.
    """
    data = Path(config.data.path)
    async with (
        running(config, "all", listen_near(config.server.host, config.server.port)) as server,
        ServerClient(server.url, data) as client,
    ):
        lecture = await _lecture(client, data, file, on_progress)
        live = await _start_class(client)
        try:
            yield Demo(server, client, lecture, live, data, config_file)
        finally:
            await client.ask("DELETE", f"/api/items/{live}", admin=True)


def seeder(demo: Demo) -> Child:
    """The seeder of the demonstration."""
    return demo.child("seeder", "seeder", "--course", COURSE, "--origin", demo.server.url)


def viewers(demo: Demo, seconds: float = _ENDLESS_S) -> list[Child]:
    """Its headless viewers, each a process and a peer of its own."""
    arguments = ("viewer", demo.student_url, "--seconds", str(seconds), "--json")
    return [demo.child(f"viewer {number}", *arguments) for number in range(1, VIEWERS + 1)]


async def swarm(demo: Demo) -> None:
    """Keep the seeder and the viewers running. Raises ChildFailed when one cannot be kept alive."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(seeder(demo).keep_running())
            await _ready(demo)
            for child in viewers(demo):
                group.create_task(child.keep_running())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def measured(demo: Demo, seconds: float) -> DemoReport:
    """Let the viewers watch for so long and return what was measured, from the first byte on."""
    seeding = asyncio.create_task(seeder(demo).keep_running())
    try:
        await _ready(demo)
        watching = viewers(demo, seconds)
        async with asyncio.timeout(seconds + _SLACK_S):
            codes = await asyncio.gather(*(child.run() for child in watching))
    finally:
        seeding.cancel()
        await asyncio.gather(seeding, return_exceptions=True)
    for child, code in zip(watching, codes, strict=True):
        child.check(code)
    assert demo.server.origin is not None
    runs = [msgspec.json.decode("".join(child.output), type=ViewerRun) for child in watching]
    return report(demo.server.origin.counters.total, runs)


async def _lecture(client: ServerClient, data: Path, file: Path | None, on_progress: OnProgress) -> str:
    title = file.stem if file else LECTURE
    for item in await _items(client):
        if item["kind"] == "lecture" and item["title"] == title and item["state"] == "ready":
            return str(item["id"])
    source = file or data / "sample.mp4"
    if not source.exists():
        await asyncio.to_thread(write_sample, source, _SAMPLE_S)
    return (await publish(data, source.absolute(), COURSE, title, on_progress)).item


async def _start_class(client: ServerClient) -> str:
    """Start the class, and remove those that an earlier demonstration could not.

    One that is not over yet, or that another server runs, removes its own.
    """
    for item in await _items(client):
        if item["kind"] == "class":
            with suppress(ServerRefused):
                await client.ask("DELETE", f"/api/items/{item['id']}", admin=True)
    body = {"course": COURSE, "title": CLASS, "source": "test", "loop": True}
    return str((await client.ask("POST", "/api/classes", body, admin=True))["id"])


async def _items(client: ServerClient) -> Sequence[dict[str, object]]:
    courses = (await client.ask("GET", "/api/courses"))["courses"]
    return [item for course in courses if course["title"] == COURSE for item in course["items"]]


async def _ready(demo: Demo) -> None:
    """Wait for the class and the seeder, but not for ever: viewers can do without."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_READY_S):
            await _under_way(demo)


async def _under_way(demo: Demo) -> None:
    """Wait until the seeder is in the swarm and the class is as old as players stay behind live (three segments).

    A viewer who comes earlier than that plays at the very edge for good, as nothing older exists to start from.
    """
    assert demo.server.origin is not None
    async for snapshot in demo.server.origin.telemetry.snapshots():
        item = await demo.client.ask("GET", f"/api/items/{demo.live}")
        if snapshot.total.seeders and item["duration"] >= _BEHIND_LIVE * item["segment_duration"]:
            return
