"""The lasting cache in real Chromium: off by default, whole over a reload, checked, given to others, and cleared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chromium import FLAGS, Open, browsers, chromium_path, until
from conftest import COURSE
from playwright.async_api import Page, async_playwright
from processes import House
from watching import Watcher

KEPT = """(async () => {
  const names = (await caches.keys()).filter((name) => name.startsWith("banyan-shelf/"));
  const entries = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return entries.flat().map(({ url }) => new URL(url).pathname.split("/")).filter((path) => path.length === 5)
    .map(([, , track, id]) => ({ track, id }));
})()"""
SPOIL = """(async () => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (!request.url.includes("ID")) continue;
      const data = new Uint8Array(await (await cache.match(request)).arrayBuffer());
      data[data.length >> 1] ^= 1;
      await cache.put(request, new Response(data));
    }
  }
})()"""
FIGURES = "window.banyan.engine.lasting.figures()"
SHELF = "window.banyan.engine.lasting.shelf"


@asynccontextmanager
async def profile(folder: Path) -> AsyncIterator[Open]:
    """One browser with a profile on disk; gives what opens pages in it."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder, executable_path=chromium_path(), args=FLAGS, locale="en"
        )

        async def open_page(url: str, init: str = "") -> Page:
            page = await context.new_page()
            await page.add_init_script(init)
            await page.goto(url)
            return page

        try:
            yield open_page
        finally:
            await context.close()


async def kept(page: Page) -> list[dict[str, str]]:
    return list(await page.evaluate(KEPT))


def media_requests(page: Page) -> list[str]:
    """Ids of the segments that the page asks the server for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(Path(request.url).stem) if request.url.endswith(".m4s") else None)
    return asked


async def watch_all(page: Page) -> list[dict[str, str]]:
    """Switch the cache on and see that all of the lecture is kept; returns it."""
    assert await page.evaluate(FIGURES + ".state") == "off"
    await page.click("#lasting")
    await until(page, FIGURES + ".state === 'on'")
    buffered = "window.banyan.video.buffered.length > 0 && window.banyan.video.buffered.end(0)"
    await until(page, f"{buffered} > 29")
    await page.evaluate("window.banyan.video.currentTime = 28")
    await until(page, f"{buffered} > window.banyan.video.duration - 1")
    here = "({ id }) => window.banyan.engine.node.exchange.cache.has(id)"
    fetched = f"[...window.banyan.engine.lasting.known.values()].filter({here})"
    await until(page, f"{fetched}.length > 20 && {fetched}.every(({{ id }}) => {SHELF}.backs(id))")
    # The place to go on from is noted.
    await page.evaluate("window.banyan.video.pause()")
    return await kept(page)


async def test_what_was_watched_is_kept_over_a_restart_checked_and_given_to_others(
    house: House, tmp_path: Path
) -> None:
    async with profile(tmp_path) as open_page:
        watcher = await Watcher.open(open_page, house, house.lecture)
        held = await watch_all(watcher.page)
        entries = await watcher.log()
        spoilt = next(e["id"] for e in entries if e["sequence"] == 3 and e["track"].startswith("v"))
        await watcher.page.evaluate(SPOIL.replace("ID", spoilt))
    sound = {place["id"] for place in held} - {spoilt}
    async with profile(tmp_path) as open_page, browsers() as open_other:
        page = await open_page("about:blank")
        asked = media_requests(page)
        again = await Watcher.open(lambda url, init: _go(page, url, init), house, house.lecture)
        await until(again.page, f"{SHELF}.sound.size >= {len(sound)}")
        await until(again.page, f"{KEPT}.then((held) => held.every(({{ id }}) => id !== '{spoilt}'))")
        await again.played_past(await again.position() + 2)
        print(f"{len(asked)} segments asked of the server, with {len(sound)} kept")
        assert not set(asked) & sound, "what is kept is not asked of the server again"
        await again.assert_fluent()
        await again.assert_true_bytes()
        memory = set(await again.page.evaluate("[...window.banyan.engine.node.exchange.cache.segments.keys()]"))
        await _second_viewer(open_other, house, sound, spoilt, memory)
        await _clear(again.page)


async def _go(page: Page, url: str, init: str) -> Page:
    await page.add_init_script(init)
    await page.goto(url)
    return page


async def _second_viewer(open_page: Open, house: House, sound: set[str], spoilt: str, memory: set[str]) -> None:
    page = await open_page("about:blank")
    asked = media_requests(page)
    other = await Watcher.open(lambda url, init: _go(page, url, init), house, house.lecture)
    await other.meet(1)
    await other.played_past(6)
    await other.assert_fluent()
    await other.assert_true_bytes()
    log = await other.log()
    given = {entry["id"] for entry in log if entry["sources"] and "http" not in entry["sources"]}
    from_disk = (given & sound) - memory - set(asked)
    print(f"{len(given)} of {len(log)} segments came from the other page, {len(from_disk)} of them off its disk")
    assert len(from_disk) >= 3, "segments that were on the other's disk alone came without a byte over HTTP"
    assert spoilt not in given, "what was changed is not given to others"
    assert await other.page.evaluate("caches.keys()") == [], "off by default: nothing is stored"
    assert await other.page.evaluate(FIGURES + ".state") == "off"
    scripts = await other.page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not [name for name in scripts if "shelf" in name], "nor is anything loaded for it"


async def _clear(page: Page) -> None:
    await until(page, "document.querySelector('.shelf .state').textContent.includes('1 lecture kept here')")
    await page.click(".shelf button")
    await until(page, "document.querySelector('.shelf [role=status]').textContent.includes('removed')")
    assert await kept(page) == []
    assert await page.evaluate(FIGURES + ".bytes") == 0
    await page.click("#lasting")
    await until(page, FIGURES + ".state === 'off'")
    assert await page.evaluate("localStorage.getItem('banyan.lasting')") == "off"


async def test_a_class_is_kept_as_the_lecture_that_it_becomes(house: House) -> None:
    item = house.start_class(COURSE, "Kept class")
    async with browsers() as open_page:
        watcher = await Watcher.open(
            open_page, house, item, init="localStorage.setItem('banyan.lasting', 'on');", locale="en"
        )
        await until(watcher.page, f"{FIGURES}.bytes > 0 && {SHELF}.sound.size >= 4", 40)
        held = await kept(watcher.page)
        assert {place["id"] for place in held} <= {entry["id"] for entry in await watcher.log()} | await _ahead(watcher)


async def _ahead(watcher: Watcher) -> set[str]:
    """Segments that were fetched before the player asked for them."""
    return set(await watcher.page.evaluate("[...window.banyan.engine.node.exchange.cache.segments.keys()]"))


async def test_a_browser_that_keeps_nothing_plays_as_without_it(house: House) -> None:
    refuse = """
    localStorage.setItem("banyan.lasting", "on");
    const { Worker: RealWorker } = window;
    window.Worker = class extends RealWorker {
      constructor(url, options) {
        if (String(url).includes("shelf")) throw new DOMException("private window", "SecurityError");
        super(url, options);
      }
    };"""
    async with browsers() as open_page:
        watcher = await Watcher.open(open_page, house, house.lecture, init=refuse, locale="zh-CN")
        await watcher.played_past(3)
        await watcher.assert_fluent()
        await watcher.assert_true_bytes()
        await until(watcher.page, "document.querySelector('.shelf .state').textContent.includes('无法在此保留内容')")
        stats: dict[str, Any] = await watcher.stats()
        assert stats["httpBytes"] > 0
