"""The always-on seeder: joins every item of its courses and serves what their viewers watch."""

import asyncio
import logging
import random
import ssl
from dataclasses import dataclass
from pathlib import Path

from seeder import __version__
from seeder.certificate import process_certificate
from seeder.course_seeder import CourseSeeder, open_disk
from seeder.errors import FetchError, FetchRefused
from seeder.http_source import HttpSource, retry_pause
from seeder.node import NodeSettings
from seeder.origin_api import Course
from swarm.errors import PlainError
from swarm.peer_messages import SEEDER

logger = logging.getLogger(__name__)
AGENT = f"banyan-seeder/{__version__}"
_LINKS = 64
_DEGREE = 0
"""A seeder is found by viewers; it looks for nobody."""


@dataclass(frozen=True, slots=True)
class SeederSettings:
    """`origin_url` is the platform, `courses` ids or titles (none: all courses), `admin_token` what buys a seeder's
    ticket. `cache_bytes` bounds memory in each course, `folder` and `folder_bytes` the store on disk, `poll_ms` is how
    often the catalogue is read, `upload` the most it sends in bit/s (0: no cap), `tls` what the platform's certificate
    is checked with (None: the system's authorities)."""

    origin_url: str
    admin_token: str
    courses: tuple[str, ...] = ()
    cache_bytes: int = 256 * 1024 * 1024
    folder: Path | None = None
    folder_bytes: int = 16 * 1024 * 1024 * 1024
    poll_ms: int = 5000
    upload: int = 0
    tls: ssl.SSLContext | None = None


async def run_seeder(settings: SeederSettings) -> None:
    """Seed until cancelled. Raises PlainError when a course does not exist or the admin token is refused."""
    source = HttpSource(settings.origin_url, AGENT, tls=settings.tls)
    seeders: dict[str, CourseSeeder] = {}
    try:
        await _seed(settings, source, seeders)
    finally:
        await asyncio.gather(*(seeder.close() for seeder in seeders.values()), return_exceptions=True)
        await source.close()


async def _seed(settings: SeederSettings, source: HttpSource, seeders: dict[str, CourseSeeder]) -> None:
    disk = open_disk(settings.folder, settings.folder_bytes)
    own = NodeSettings(
        SEEDER, AGENT, settings.cache_bytes, _DEGREE, _LINKS, settings.admin_token, upload=settings.upload // 8
    )
    tries = 0
    while True:
        try:
            wanted = choose_courses(await source.courses(), settings.courses)
            tries = 0
        except FetchError as error:
            logger.warning("catalogue: %s", error)
            tries += 1
            await retry_pause(tries, random.random())
            continue
        for course in wanted:
            if course.id not in seeders:
                await _check_token(source, course.id, settings.admin_token)
                seeders[course.id] = CourseSeeder(course.id, own, source, disk)
            seeders[course.id].update(course.items)
        await asyncio.sleep(settings.poll_ms / 1000)


def choose_courses(courses: tuple[Course, ...], wanted: tuple[str, ...]) -> tuple[Course, ...]:
    """The courses with these ids or titles; all of them when none is named. Raises PlainError on an unknown one."""
    known = {name for course in courses for name in (course.id, course.title)}
    for name in wanted:
        if name not in known:
            raise PlainError(
                f"There is no course “{name}”. The courses are: {_titles(courses, ', ', 'none yet')}.",
                f"没有课程“{name}”。现有课程：{_titles(courses, '、', '暂无')}。",
            )
    return tuple(course for course in courses if not wanted or course.id in wanted or course.title in wanted)


def _titles(courses: tuple[Course, ...], joint: str, none: str) -> str:
    return joint.join(course.title for course in courses[:10]) or none


async def _check_token(source: HttpSource, course: str, token: str) -> None:
    """Ask for one ticket, so that a wrong token is told at once."""
    try:
        await source.ticket(course, process_certificate().fingerprint, token)
    except FetchRefused as error:
        if error.status in (401, 403):
            raise PlainError(
                "The admin token was refused. Copy it again from the file admin-token in the server's data folder.",
                "管理员令牌被拒绝。请从服务器数据目录中的 admin-token 文件重新复制令牌。",
            ) from error
        logger.warning("ticket: %s", error)
    except FetchError as error:
        logger.warning("ticket: %s", error)
