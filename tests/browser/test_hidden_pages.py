"""A page in the background goes on giving and receiving, and notices by itself that its tracker's line is dead."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chromium import browsers, until
from conftest import COURSE
from frozen_line import FrozenLine
from processes import House
from tabs import tab
from watching import Watcher

from tests.fixed_port import fixed_port

STATS = "window.banyan.engine.stats()"


@pytest.fixture
async def line() -> AsyncIterator[FrozenLine]:
    made = FrozenLine(fixed_port())
    await made.open()
    yield made
    await made.close()


async def test_a_hidden_page_gives_receives_and_rejoins(tmp_path: Path, line: FrozenLine) -> None:
    house = House(tmp_path)
    house.tracker_port = line._to
    try:
        environ = {"BANYAN__TRACKER__URL": f"ws://localhost:{line.port}/tracker"}
        await asyncio.to_thread(house.serve, "--role", "origin", environ=environ)
        await asyncio.to_thread(house.track)
        item = await asyncio.to_thread(house.start_class, COURSE, "Live class")
        await asyncio.to_thread(house.class_under_way, item)
        await _watch(house, item, line)
    finally:
        await asyncio.to_thread(house.close)


async def _watch(house: House, item: str, line: FrozenLine) -> None:
    async with browsers() as open_page, tab("about:blank") as hidden:
        feeder = await Watcher.open(open_page, house, item)
        await until(feeder.page, "window.banyan.engine.node.joined")
        await hidden.call("Page.navigate", hidden.session, url=f"{house.url}/watch/{item}")
        await hidden.until("window.banyan?.video?.readyState >= 2", 30)
        await hidden.evaluate("void window.banyan.video.play()")
        await hidden.until(f"{STATS}.peers >= 1", 30)
        await hidden.hide()
        await hidden.evaluate("window.ticks = 0; setInterval(() => { window.ticks += 1; }, 50); 0")

        before = await hidden.evaluate(f"({{ ...{STATS}, me: window.banyan.engine.node.exchange.me }})")
        line.freeze()
        await hidden.until(f"window.banyan.engine.node.exchange.me !== '{before['me']}' && {STATS}.peers >= 1", 30)
        await hidden.until(f"{STATS}.peerBytes > {before['peerBytes']}", 20)
        assert await hidden.evaluate("document.hidden")
        ticks = await hidden.evaluate("window.ticks")
        await asyncio.sleep(3)
        assert await hidden.evaluate("window.ticks") - ticks <= 5, "its timers are not those of a hidden page"

        late = await Watcher.open(open_page, house, item)
        await late.meet(2, 30)
        given = await hidden.evaluate(f"{STATS}.sentBytes")
        await feeder.page.close()
        await hidden.until(f"{STATS}.sentBytes > {given}", 30)
        await late.assert_fluent()
