"""Publishes a file as a lecture. Nothing is listed until all of it is stored; what fails leaves nothing behind."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from origin.entries import new_id
from origin.errors import OriginError, StoreError
from origin.flow import Source, broke_off, pour, undisturbed
from origin.intake import Intake
from origin.media.errors import MediaError
from origin.media.events import Event, Job, Progress
from origin.media.runner import run
from origin.objects import ObjectName
from origin.records import LECTURE, Track
from origin.reserve import Reserve
from origin.warehouse import Warehouse, now_ms
from swarm.errors import IdentityError, PlainError
from swarm.identity import Proof

MAX_TITLE_CHARS = 200
_log = structlog.get_logger("origin")
OnProgress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What has been published. `speed` is seconds of media per second of work; `bytes` all segments."""

    item: str
    title: str
    duration_ms: int
    tracks: tuple[Track, ...]
    segments: int
    bytes: int
    took_ms: int
    speed: float
    warnings: tuple[str, ...]


async def publish(
    data: Path,
    path: Path,
    course: str,
    title: str,
    on_progress: OnProgress,
    *,
    source: Source = run,
    store_url: str | None = None,
) -> PublishReport:
    """Prepare a file and list it as a lecture of the course with that title; a server may run beside it.

    `on_progress` gets done and total milliseconds (None: unknown). Raises PlainError for what a person can mend: the
    file, the titles, a full disk. However it ends, cancelled too, half-made things are removed first.
    """
    check_titles(course, title)
    warehouse = await Warehouse.open(data, store_url)
    try:
        return await publish_into(warehouse, Job(source=str(path)), course, title, on_progress, source)
    finally:
        await undisturbed(warehouse.close())


async def publish_into(
    warehouse: Warehouse, job: Job, course: str, title: str, on_progress: OnProgress, source: Source
) -> PublishReport:
    """The same, into a warehouse that is open."""
    began = time.monotonic()
    item = new_id()
    reserve = Reserve(warehouse.folder)
    reserve.fill()
    intake = Intake(warehouse.entries, warehouse.store, item, _stored)

    async def take(event: Event) -> None:
        if isinstance(event, Progress):
            on_progress(event.done_ms, event.total_ms)
        await intake.take(event)

    try:
        await undisturbed(warehouse.entries.begin(item, course, LECTURE, title, now_ms()))
        await pour(source, job, take)
        await undisturbed(warehouse.entries.complete(item, intake.head, intake.duration_ms, intake.rates))
    except BaseException as error:
        await undisturbed(_remove(warehouse, item, reserve))
        if isinstance(error, OriginError | MediaError | IdentityError):
            _log.error("publishing broke off", source=job.source, error=repr(error))
            raise broke_off(job.source) from error
        raise
    return _report(intake, item, title, time.monotonic() - began)


async def _remove(warehouse: Warehouse, item: str, reserve: Reserve) -> None:
    try:
        await warehouse.entries.remove(item)
    except (PlainError, StoreError):
        reserve.release()
        await warehouse.entries.remove(item)


def check_titles(course: str, title: str) -> None:
    """Raises PlainError for a title that is empty, too long, or not printable."""
    for text in (course, title):
        if not text.strip() or len(text) > MAX_TITLE_CHARS or not text.isprintable():
            raise PlainError(
                f"A title has 1 to {MAX_TITLE_CHARS} characters on one line. Choose another one.",
                f"标题须为 1 至 {MAX_TITLE_CHARS} 个字符,且只占一行。请换一个标题。",
            )


def _stored(name: ObjectName, data: bytes, proof: Proof) -> None:
    """A lecture's segments are not kept in memory."""


def _report(intake: Intake, item: str, title: str, took_s: float) -> PublishReport:
    warnings = intake.finished.warnings if intake.finished is not None else ()
    speed = intake.duration_ms / 1000 / max(took_s, 0.001)
    took_ms = round(took_s * 1000)
    return PublishReport(
        item, title, intake.duration_ms, intake.tracks, intake.segments, intake.bytes, took_ms, speed, warnings
    )
