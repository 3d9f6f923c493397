"""The seeder and then the tracker are killed while pages play: nothing stalls, and both are used again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import browsers, until
from conftest import COURSE
from processes import House
from watching import Watcher

from tests.fixed_port import fixed_port


@pytest.fixture(scope="module")
def split_house(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[House]:
    """An origin and a tracker as two processes, so that each can be killed alone."""
    port = fixed_port()
    house = House(tmp_path_factory.mktemp("split"))
    house.lecture = house.publish(sample, COURSE, "Sample lecture")
    house.tracker_port = port
    house.serve("--role", "origin", environ={"BANYAN__TRACKER__URL": f"ws://localhost:{port}/tracker"})
    yield house
    house.close()


async def test_seeder_and_tracker_may_die(split_house: House) -> None:
    house = split_house
    tracker = house.track()
    seeder = house.seed(COURSE)
    item = house.start_class(COURSE, "Live class")
    await asyncio.to_thread(house.class_under_way, item)
    async with browsers() as open_page:
        a = await Watcher.open(open_page, house, item)
        b = await Watcher.open(open_page, house, item)
        for watcher in (a, b):
            await watcher.meet(2)
            await until(watcher.page, "window.banyan.engine.stats().seederBytes > 0")

        seeder.kill()
        start = await a.position()
        await asyncio.gather(*(w.played_past(start + 10, 30) for w in (a, b)))
        given = [(await w.stats())["seederBytes"] for w in (a, b)]
        seeder = house.seed(COURSE)
        for watcher, before in zip((a, b), given, strict=True):
            await until(watcher.page, f"window.banyan.engine.stats().seederBytes > {before}", 40)

        tracker.kill()
        start = await a.position()
        await asyncio.gather(*(w.played_past(start + 10, 30) for w in (a, b)))
        assert (await a.stats())["peers"] >= 1, "links outlive the tracker"
        tracker = house.track()
        for watcher in (a, b):
            await until(watcher.page, "window.banyan.engine.node.joined", 40)
        c = await Watcher.open(open_page, house, item)
        await c.meet(1, 30)
        for watcher in (a, b, c):
            await watcher.assert_fluent()
            await watcher.assert_true_bytes()
    seeder.stop()
    tracker.stop()
