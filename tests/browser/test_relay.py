"""Blocks of one segment from several peers, and a segment that is handed on while it arrives."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import browsers, until
from clips import write_noise
from conftest import COURSE
from processes import House
from watching import Watcher

# Counts block messages to each peer of segments that the sender has not whole yet: `window.early[peer]`.
COUNT_EARLY = """
window.early = {};
setTimeout(function look() {
  const exchange = window.banyan?.engine?.node?.exchange;
  if (!exchange) return setTimeout(look, 20);
  const emit = exchange.emit.bind(exchange);
  exchange.emit = (event) => {
    if (event.type === "SendBlocks") {
      const request = new DataView(event.data.buffer, event.data.byteOffset).getUint32(0);
      const serving = exchange.neighbours.get(event.peer)?.serving.get(request);
      if (serving && !exchange.cache.has(serving.segment)) {
        window.early[event.peer] = (window.early[event.peer] ?? 0) + 1;
      }
    }
    emit(event);
  };
}, 0);
"""


@pytest.fixture(scope="module")
def slow_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose viewers upload at most 1 Mbit/s, with a class of noise: segments take a while to hand on."""
    house = House(tmp_path_factory.mktemp("slow"))
    noise = house.folder / "noise.mp4"
    write_noise(noise, 8)
    house.serve(environ={"BANYAN__DELIVERY__UPLOAD_BPS": "1000000"})
    house.lecture = house.start_class(COURSE, "Noise", str(noise))
    yield house
    house.close()


async def test_a_segment_comes_from_three_peers(house: House, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp4"
    write_noise(noise, 20)
    item = house.publish(noise, "Noise", "Noise")
    seeders = [house.seed("Noise") for _ in range(3)]
    await asyncio.sleep(3)
    async with browsers() as open_page:
        watcher = await Watcher.open(open_page, house, item)
        await watcher.meet(3)
        await watcher.played_past(14, 40)
        peers = [[name for name in entry["sources"] if name != "http"] for entry in await watcher.log()]
        print("sources per segment:", [len(names) for names in peers])
        assert max(len(names) for names in peers) >= 3
        await watcher.assert_true_bytes()
        await watcher.assert_fluent()
    for seeder in seeders:
        seeder.stop()


async def test_a_chain_hands_on_what_is_still_arriving(slow_house: House) -> None:
    async with browsers() as open_page:
        a = await Watcher.open(open_page, slow_house, slow_house.lecture, init=COUNT_EARLY)
        await until(a.page, "window.banyan.engine.node.exchange.duties.size > 0")
        b = await Watcher.open(open_page, slow_house, slow_house.lecture, init=COUNT_EARLY)
        await b.meet(1)
        c = await Watcher.open(open_page, slow_house, slow_house.lecture, init=COUNT_EARLY)
        await c.meet(1)
        names = [await watcher.page.evaluate("window.banyan.engine.node.exchange.me") for watcher in (a, b, c)]
        for watcher, other in ((a, names[2]), (c, names[0])):
            await watcher.page.evaluate("(name) => window.banyan.engine.node.mesh.part(name, 'test', true)", other)
        await b.meet(2)
        start = await c.position()
        await c.played_past(start + 25, 60)
        early = await b.page.evaluate("(name) => window.early[name] ?? 0", names[2])
        print(f"{early} block messages went to C while B was still loading")
        assert early > 0
        assert any(set(entry["sources"]) == {names[1]} for entry in await c.log()), "no segment came all from B"
        await c.assert_true_bytes()
        await c.assert_fluent()
