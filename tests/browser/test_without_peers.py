"""Where peers cannot be had, the page plays as plain HLS does, and starts as fast."""

import asyncio
import statistics
from collections.abc import Iterator
from typing import Any

import pytest
from chromium import Open, browsers, until
from conftest import COURSE
from plain_page import plain_page
from processes import House
from watching import Watcher

RUNS = 3
NO_WEBRTC = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection;"
BLOCKED_UDP = ("--webrtc-ip-handling-policy=disable_non_proxied_udp",)


@pytest.fixture(scope="module")
def trackerless_house(tmp_path_factory: pytest.TempPathFactory, sample: Any) -> Iterator[House]:
    """An origin whose tracker is never there."""
    house = House(tmp_path_factory.mktemp("trackerless"))
    house.lecture = house.publish(sample, COURSE, "Sample lecture")
    house.serve("--role", "origin", environ={"BANYAN__TRACKER__URL": "ws://localhost:9/tracker"})
    yield house
    house.close()


async def _startup(open_page: Open, house: House, **options: Any) -> float:
    watcher = await Watcher.open(open_page, house, house.lecture, **options)
    await until(watcher.page, "window.observed.startupMs !== null")
    startup = (await watcher.observed())["startupMs"]
    await watcher.page.context.browser.close()  # type: ignore[union-attr]
    return float(startup)


async def _plain_startup(open_page: Open, address: str, house: House) -> float:
    page = await open_page(f"{address}?src={house.url}/hls/{house.lecture}/index.m3u8")
    startup = await until(page, "window.startup")
    await page.context.browser.close()  # type: ignore[union-attr]
    return float(startup)


@pytest.mark.parametrize("case", ["no WebRTC", "UDP blocked"])
async def test_plays_without_peers(house: House, case: str) -> None:
    options: dict[str, Any] = {"init": NO_WEBRTC} if case == "no WebRTC" else {"flags": BLOCKED_UDP}
    seeder = house.seed(COURSE)
    async with browsers() as open_page:
        watcher = await Watcher.open(open_page, house, house.lecture, **options)
        await watcher.played_past(12)
        stats = await watcher.stats()
        print(case, {name: stats[name] for name in ("state", "peers", "httpBytes", "peerBytes", "seederBytes")})
        assert stats["peers"] == 0
        assert stats["peerBytes"] + stats["seederBytes"] == 0
        await watcher.assert_fluent()
        await watcher.assert_true_bytes(6)
    seeder.stop()


async def test_plays_without_a_tracker(trackerless_house: House) -> None:
    async with browsers() as open_page:
        watcher = await Watcher.open(open_page, trackerless_house, trackerless_house.lecture)
        await watcher.played_past(12)
        assert (await watcher.stats())["reason"] == "no-tracker"
        await watcher.assert_fluent()
        await watcher.assert_true_bytes(6)


async def test_starts_as_fast_as_plain_hls(house: House, trackerless_house: House) -> None:
    """Medians of a few starts in turn. The limit is generous, as this is no benchmark; the figures are printed."""
    starts: dict[str, list[float]] = {"plain hls.js": [], "with peers": [], "no WebRTC": [], "no tracker": []}
    async with browsers() as open_page, plain_page() as address:
        for _ in range(RUNS):
            starts["plain hls.js"].append(await _plain_startup(open_page, address, house))
            starts["with peers"].append(await _startup(open_page, house))
            starts["no WebRTC"].append(await _startup(open_page, house, init=NO_WEBRTC))
            starts["no tracker"].append(await _startup(open_page, trackerless_house))
            await asyncio.sleep(0)
    medians = {name: round(statistics.median(times)) for name, times in starts.items()}
    print("start-up, ms:", medians)
    assert max(medians.values()) <= 1.5 * medians["plain hls.js"] + 250
