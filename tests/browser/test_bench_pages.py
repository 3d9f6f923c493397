"""The benchmark's pages and their recorder, over a real lecture: what they tell is what the origin knows."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Open, browsers
from processes import House

from origin.media.sample import write_sample
from tests.bench.building import build_pages
from tests.bench.engines import PageEngine
from tests.lab.engine import Stage, Visit
from tests.lab.record import ViewerRecord

_LECTURE_S = 32
_SEGMENTS = 16
_LONGEST_S = 40


@pytest.fixture(scope="module")
def bench_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that serves the benchmark's pages and notes every answer."""
    house = House(tmp_path_factory.mktemp("house"))
    build_pages(house.folder / "pages", None)
    write_sample(house.folder / "lecture.mp4", _LECTURE_S, (640, 360))
    house.lecture = house.publish(house.folder / "lecture.mp4", "Physics", "Sample lecture")
    settings = {"PAGES": str(house.folder / "pages"), "ACCESS_LOG": str(house.folder / "access.jsonl")}
    house.serve(environ={f"BANYAN__ORIGIN__{name}": value for name, value in settings.items()})
    yield house
    house.close()


def _stage(house: House) -> Stage:
    playlist = f"{house.url}/hls/{house.lecture}/index.m3u8"
    began = time.monotonic()
    return Stage(
        url=house.url,
        host="127.0.0.1",
        course="Physics",
        item=house.lecture,
        playlist=playlist,
        live=False,
        folder=house.folder,
        now=lambda: time.monotonic() - began,
        inside=lambda command: command,
        names={},
    )


async def _open(open_page: Open, engine: PageEngine, stage: Stage, name: str) -> tuple[Visit, ViewerRecord]:
    viewer = ViewerRecord(name=name, kind="browser", group="viewer", joined_s=stage.now())
    return await engine.open(await open_page("about:blank"), stage, viewer), viewer


async def _watch(visit: Visit, viewer: ViewerRecord, segments: int) -> None:
    """Until so many segments were appended and 2 s were played."""
    async with asyncio.timeout(_LONGEST_S):
        while len(viewer.appended) < segments or viewer.played_ms < 2000:
            viewer.samples.append(await visit.sample(viewer))
            await asyncio.sleep(0.2)


def _sizes(house: House) -> dict[str, int]:
    """The whole segments that the origin sent, by key."""
    lines = (house.folder / "access.jsonl").read_text("utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    whole = (row for row in rows if row["status"] == 200 and row["path"].endswith(".m4s"))
    return {Path(row["path"]).stem: row["body"] for row in whole}


async def test_a_page_of_plain_hls_is_recorded_as_the_origin_saw_it(bench_house: House) -> None:
    async with browsers() as open_page:
        engine = PageEngine("http", "http")
        visit, viewer = await _open(open_page, engine, _stage(bench_house), "viewer-1")
        await _watch(visit, viewer, _SEGMENTS)
    sizes = _sizes(bench_house)
    assert viewer.appended
    assert {one.key: one.bytes for one in viewer.appended}.items() <= sizes.items()
    assert viewer.received == viewer.samples[-1].http >= sum(one.bytes for one in viewer.appended)
    assert viewer.startup_ms is not None
    assert 0 < viewer.startup_ms < 1000 * viewer.samples[-1].t
    assert all(0 <= one.t <= viewer.samples[-1].t for one in viewer.appended)
    assert (viewer.stalls, viewer.wasted, viewer.sent, viewer.trouble) == (0, 0, 0, "")
    assert viewer.samples[-1].latency_s is None
    assert viewer.samples[-1].buffer_s > 5


async def test_what_comes_over_data_channels_is_counted_from_outside(bench_house: House) -> None:
    async with browsers() as open_page:
        engine, stage = PageEngine("banyan", "banyan"), _stage(bench_house)
        first, giver = await _open(open_page, engine, stage, "viewer-1")
        await _watch(first, giver, _SEGMENTS)
        second, taker = await _open(open_page, engine, stage, "viewer-2")
        await _watch(second, taker, _SEGMENTS)
        last = taker.samples[-1]
        assert last.neighbours == 1
        assert last.peer > 0
        # Blocks with their headers, proofs and small talk, a little late or early against the engine's own count.
        assert 0.9 * last.peer < taker.received - last.http < 1.3 * last.peer + 100_000
        await asyncio.gather(first.leave(), second.leave())


async def test_a_page_that_is_not_there_is_an_error(bench_house: House) -> None:
    async with browsers() as open_page:
        with pytest.raises(Exception, match="p2pml is not there: 404"):
            await _open(open_page, PageEngine("p2pml", "p2pml"), _stage(bench_house), "viewer-1")
