"""A viewer under observation: what was handed to the player, where it came from, and every stall."""

import hashlib
from dataclasses import dataclass
from typing import Any

from chromium import Open, play, until
from playwright.async_api import Page
from processes import House

OBSERVE = """
window.observed = { appended: [], stalls: 0, stalledMs: 0, startupMs: null };
const opened = performance.now();
let page;
Object.defineProperty(window, "banyan", {
  configurable: true,
  get: () => page,
  set: (value) => {
    page = value;
    if (value.engine?.log && crypto.subtle) value.engine.log.recorder = (id, data) => {
      const copy = data.slice();
      const entry = { id, size: copy.length, sha256: null };
      window.observed.appended.push(entry);
      crypto.subtle.digest("SHA-256", copy).then((digest) => {
        entry.sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      });
    };
    const { video } = value;
    let since = null;
    video.addEventListener("playing", () => {
      window.observed.startupMs ??= performance.now() - opened;
      const stood = since === null ? 0 : performance.now() - since;
      since = null;
      if (stood < 100) return;
      window.observed.stalls += 1;
      window.observed.stalledMs += stood;
    });
    video.addEventListener("waiting", () => {
      if (window.observed.startupMs === null || video.seeking || video.ended) return;
      since = performance.now();
    });
  },
});
"""


@dataclass
class Watcher:
    """One page in one browser."""

    page: Page
    house: House

    @classmethod
    async def open(cls, open_page: Open, house: House, item: str, **options: Any) -> "Watcher":
        """Open the watch page of an item and play."""
        init = OBSERVE + str(options.pop("init", ""))
        page = await open_page(f"{house.url}/watch/{item}", init=init, **options)
        watcher = cls(page, house)
        await play(page)
        return watcher

    async def stats(self) -> dict[str, Any]:
        """The engine's own figures."""
        return dict(await self.page.evaluate("window.banyan.engine.stats()"))

    async def observed(self) -> dict[str, Any]:
        """What the test's own observer saw."""
        return dict(await self.page.evaluate("window.observed"))

    async def log(self) -> list[dict[str, Any]]:
        """Finished segments with the bytes of each source."""
        return list(await self.page.evaluate("window.banyan.engine.log.all"))

    async def meet(self, peers: int, seconds: float = 20) -> None:
        """Wait until the page is connected to so many peers."""
        await until(self.page, f"window.banyan.engine.stats().peers >= {peers}", seconds)

    async def position(self) -> float:
        return float(await self.page.evaluate("window.banyan.video.currentTime"))

    async def played_past(self, position: float, seconds: float = 60) -> None:
        """Wait until the playhead is past a position in s."""
        await until(self.page, f"window.banyan.video.currentTime > {position}", seconds)

    async def assert_fluent(self) -> None:
        """It never stood still for 100 ms after the first picture (Chromium says `waiting` for less, too)."""
        seen = await self.observed()
        assert seen["stalls"] == 0, f"{seen['stalls']} stalls, {seen['stalledMs']} ms; {await self.stats()}"

    async def assert_true_bytes(self, least: int = 1) -> None:
        """Every byte handed to the player is the origin's."""
        appended = (await self.observed())["appended"]
        assert len(appended) >= least
        known: dict[str, str] = {}
        for entry in appended:
            if entry["id"] not in known:
                data = self.house.media(entry["id"])
                known[entry["id"]] = hashlib.sha256(data).hexdigest()
            assert entry["sha256"] == known[entry["id"]], f"wrong bytes in {entry['id']}"


async def shares(watchers: list[Watcher]) -> tuple[int, int]:
    """Verified media bytes over HTTP, and from peers and seeders, over all watchers."""
    stats = [await watcher.stats() for watcher in watchers]
    return sum(s["httpBytes"] for s in stats), sum(s["peerBytes"] + s["seederBytes"] for s in stats)
