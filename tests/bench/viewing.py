"""One viewing: three pages in browsers of their own watch an item, and say how it went."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from chromium import Open, browsers, play, until
from plain_page import plain_page
from playwright.async_api import Page
from processes import House
from watching import OBSERVE, Watcher

VIEWERS = 3
MODES = ("p2p", "http", "plain")
_BETWEEN_S = 2
_SWITCHED_OFF = 'localStorage.setItem("banyan.p2p", "off");'
# The observer looks at what our page shows of itself; a stranger's page shows the same for its sake.
_OBSERVE_PLAIN = (
    OBSERVE
    + """
window.loaded = 0;
let player;
Object.defineProperty(window, "hls", {
  configurable: true,
  get: () => player,
  set: (value) => {
    player = value;
    window.banyan = { hls: value, video: document.getElementById("video") };
    value.on("hlsFragLoaded", (_, { frag }) => {
      if (frag.sn !== "initSegment") window.loaded += frag.stats.total;
    });
  },
});
"""
)
_SEEN = """(() => {
  const { hls, video, engine } = window.banyan;
  let played = 0;
  for (let at = 0; at < video.played.length; at += 1) played += video.played.end(at) - video.played.start(at);
  const stats = engine?.stats() ?? { httpBytes: window.loaded, peerBytes: 0, seederBytes: 0 };
  const { httpBytes: http, peerBytes: peers, seederBytes: seeder } = stats;
  const media = { http, peers, seeder };
  return { ...window.observed, played, media, latency: hls.latency, height: video.videoHeight };
})()"""


@dataclass(slots=True)
class Viewing:
    """Of all viewers together: start-ups (from opening the page to the first picture), stalls of 100 ms and more,
    minutes played, media by who sent it; `origin` is what the origin counted meanwhile. Bytes."""

    startups_ms: list[float]
    stalls: int
    stalled_ms: float
    minutes: float
    media: dict[str, int]
    heights: list[int]
    behind_live_s: list[float]
    origin: dict[str, int] = field(default_factory=dict)


async def view(house: House, item: str, mode: str, seconds: int, live: bool) -> Viewing:
    """Watch for so many seconds; of a lecture of that length all but the last second."""
    async with browsers() as open_page, plain_page() as plain_address:
        pages = []
        for _ in range(VIEWERS):
            pages.append(await _open(open_page, house, item, mode, plain_address))
            await asyncio.sleep(_BETWEEN_S)
        await asyncio.gather(*(_watch(page, seconds if live else seconds - 1) for page in pages))
        return _together([await page.evaluate(_SEEN) for page in pages], live)


async def _open(open_page: Open, house: House, item: str, mode: str, plain_address: str) -> Page:
    if mode == "plain":
        page = await open_page(f"{plain_address}?src={house.url}/hls/{item}/index.m3u8", init=_OBSERVE_PLAIN)
        await play(page)
        return page
    watcher = await Watcher.open(open_page, house, item, init=_SWITCHED_OFF if mode == "http" else "")
    return watcher.page


async def _watch(page: Page, seconds: int) -> None:
    played = "[...Array(window.banyan.video.played.length).keys()]"
    played += ".reduce((sum, at) => sum + banyan.video.played.end(at) - banyan.video.played.start(at), 0)"
    await until(page, f"{played} >= {seconds}", 2 * seconds + 30)


def _together(seen: list[dict[str, Any]], live: bool) -> Viewing:
    return Viewing(
        startups_ms=[one["startupMs"] for one in seen],
        stalls=sum(one["stalls"] for one in seen),
        stalled_ms=sum(one["stalledMs"] for one in seen),
        minutes=sum(one["played"] for one in seen) / 60,
        media={source: sum(one["media"][source] for one in seen) for source in ("http", "peers", "seeder")},
        heights=[one["height"] for one in seen],
        behind_live_s=[one["latency"] for one in seen] if live else [],
    )
