"""A real origin on a real socket, and media sources whose every event a test decides."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, web

from origin.media.events import Event, Finished, Init, Job, Opened, Segment, TrackInfo
from origin.publish import PublishReport, publish
from origin.service import Origin, OriginSettings

SEGMENT_TICKS = 345_600
TIMESCALES = {"v720": 90_000, "a-1": 48_000}


def opened() -> Opened:
    """Two tracks, segments of 3.84 s."""
    video = TrackInfo(
        id="v720",
        kind="video",
        codecs="avc1.64001f",
        bandwidth=2_000_000,
        timescale=90_000,
        width=1280,
        height=720,
        frame_rate=25.0,
    )
    audio = TrackInfo(id="a-1", kind="audio", codecs="mp4a.40.2", bandwidth=96_000, timescale=48_000, channels=2)
    return Opened(
        duration_ms=None,
        segment_ticks=SEGMENT_TICKS,
        segment_timescale=90_000,
        frame_rate=25.0,
        tracks=(video, audio),
        guard=(),
    )


def content(seed: str, size: int = 300_000) -> bytes:
    """The same bytes for the same seed."""
    return random.Random(seed).randbytes(size)


def segment(track: str, sequence: int, seed: str = "") -> Segment:
    """Sound is smaller than picture."""
    timescale = TIMESCALES[track]
    data = content(f"{seed}{track}{sequence}", 300_000 if track == "v720" else 30_000)
    ticks = SEGMENT_TICKS * timescale // 90_000
    return Segment(track=track, sequence=sequence, duration_ticks=ticks, timescale=timescale, data=data)


def beginning() -> list[Event]:
    """What every source says first."""
    return [opened(), Init(track="v720", data=b"init of v720"), Init(track="a-1", data=b"init of a-1")]


def lecture(count: int, seed: str = "") -> list[Event]:
    """A whole source of `count` segments."""
    segments = [segment(track, n, seed) for n in range(count) for track in TIMESCALES]
    return [*beginning(), *segments, Finished(duration_ms=count * 3840)]


@dataclass
class Script:
    """A source that says what a test puts in; `closed` tells that it was closed."""

    events: asyncio.Queue[Event | Exception] = field(default_factory=asyncio.Queue)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, job: Job) -> AsyncIterator[Event]:
        try:
            while True:
                event = await self.events.get()
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed.set()

    def say(self, *events: Event | Exception) -> None:
        for event in events:
            self.events.put_nowait(event)


def saying(events: list[Event]) -> Callable[[Job], AsyncIterator[Event]]:
    """A source that says these events and stops."""

    async def source(job: Job) -> AsyncIterator[Event]:
        for event in events:
            await asyncio.sleep(0)
            yield event

    return source


async def publish_events(
    data: Path, events: list[Event], title: str = "Lecture", course: str = "Course"
) -> PublishReport:
    """Publish what a source says."""
    return await publish(data, Path("lecture.mp4"), course, title, lambda done, total: None, source=saying(events))


@dataclass
class Server:
    """An origin and a client of it."""

    origin: Origin
    base: str
    client: ClientSession
    port: int

    @property
    def admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.origin.admin_token}"}

    async def start_class(self, title: str = "Live") -> str:
        asked = {"course": "Course", "title": title, "source": "test"}
        async with self.client.post(f"{self.base}/api/classes", json=asked, headers=self.admin) as response:
            assert response.status == 201, await response.text()
            return str((await response.json())["id"])

    async def text(self, path: str) -> str:
        async with self.client.get(self.base + path) as response:
            assert response.status == 200, f"{response.status} {await response.text()}"
            return await response.text()


@asynccontextmanager
async def serving(settings: OriginSettings) -> AsyncIterator[Server]:
    """Serve an origin on a free port of the loopback."""
    origin = await Origin.open(settings)
    app = web.Application()
    origin.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = int(runner.addresses[0][1])
    try:
        async with ClientSession() as client:
            yield Server(origin, f"http://127.0.0.1:{port}", client, port)
    finally:
        await runner.cleanup()
        await origin.close()


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 5.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(0.01)
