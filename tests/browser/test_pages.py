"""The web player's pages in real Chromium: what people see, press and read."""

import json
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from chromium import Open, browsers, play, until
from playwright.async_api import Page, Route
from processes import House

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
NAMELESS = """
[...document.querySelectorAll("a, button, input, select, [role=slider], [role=region]")].filter((node) => {
  const labels = [...(node.labels ?? [])].map((label) => label.textContent).join("");
  const own = node.getAttribute("aria-label") || node.getAttribute("aria-labelledby") || node.textContent;
  return !(own || labels).trim();
}).map((node) => node.outerHTML)
"""
BAR = "document.querySelector('.time-shift input')"


@pytest.fixture
async def open_page() -> AsyncIterator[Open]:
    async with browsers() as opened:
        yield opened


async def text_of(page: Page, selector: str) -> str:
    return str(await until(page, f"document.querySelector('{selector}')?.textContent"))


async def test_courses_are_listed_with_pictures_in_the_language_of_the_browser(house: House, open_page: Open) -> None:
    page = await open_page(house.url, locale="zh-CN", **PHONE)
    assert await text_of(page, "h1") == "课程"
    await until(page, "document.querySelector('.picture img')?.naturalWidth > 0")
    assert await text_of(page, ".length") == "1:00"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.select_option("select.language", "en")
    assert await text_of(page, "h1") == "Courses"
    await page.reload()
    assert await text_of(page, ".state-badge") == "Lecture", "the choice is remembered"
    assert await page.evaluate(NAMELESS) == []
    await page.click("a.card")
    await until(page, "window.banyan?.video.currentTime > 0")
    assert page.url == f"{house.url}/watch/{house.lecture}"


async def test_a_server_without_items_says_how_to_publish_one(house: House, open_page: Open) -> None:
    page = await open_page("about:blank", locale="en")
    await page.route("**/api/courses", lambda route: route.fulfill(json={"courses": []}))
    await page.goto(house.url)
    assert (await text_of(page, "code")).startswith("banyan publish ")


async def test_a_lecture_has_qualities_speeds_and_pictures_on_its_seek_bar(house: House, open_page: Open) -> None:
    page = await open_page(f"{house.url}/watch/{house.lecture}", locale="en")
    await play(page)
    heights = [track["height"] for track in house.get(f"/api/items/{house.lecture}")["tracks"] if "height" in track]
    items = "[...document.querySelector('media-rendition-menu').shadowRoot.querySelectorAll('[role=menuitemradio]')]"
    shown = await until(page, f"{items}.length > 1 && {items}.map((item) => item.textContent.trim())")
    assert [item for item in shown if not item.startswith("Auto")] == [f"{height}p" for height in sorted(heights)[::-1]]
    await page.evaluate(f"{items}[{len(heights) - 1}].click()")
    await until(page, f"banyan.hls.autoLevelEnabled === false && banyan.video.videoHeight === {min(heights)}")
    await page.focus(".buttons media-play-button")
    await page.keyboard.press(">")
    await until(page, "banyan.video.playbackRate === 1.25 && banyan.video.defaultPlaybackRate === 1.25")
    await page.hover("media-time-range")
    await until(page, "document.querySelector('media-preview-thumbnail').mediaPreviewImage?.includes('.jpg#xywh=')")
    assert await page.evaluate(NAMELESS) == []


async def test_a_lecture_continues_where_it_was_left(house: House, open_page: Open) -> None:
    page = await open_page(f"{house.url}/watch/{house.lecture}", locale="en")
    await play(page)
    await page.evaluate("banyan.video.currentTime = 31")
    await until(page, "banyan.video.currentTime > 31.3")
    await page.reload()
    assert "0:31" in await text_of(page, ".chip span")
    await until(page, "window.banyan?.video.currentTime > 31")
    await page.click(".chip button")
    await until(page, "banyan.video.currentTime < 5")


async def test_an_unknown_item_is_told_in_words(house: House, open_page: Open) -> None:
    page = await open_page(f"{house.url}/watch/0123456789abcdef", locale="en")
    assert "nothing at this address" in await until(page, "document.querySelector('.message p')?.textContent")
    assert await page.evaluate("document.querySelector('.message a').getAttribute('href')") == "/"


async def test_a_page_over_plain_http_plays_and_says_why_it_has_no_p2p(house: House, open_page: Open) -> None:
    port = house.url.rsplit(":", 1)[1]
    resolver = "--host-resolver-rules=MAP banyan.test 127.0.0.1"
    page = await open_page(f"http://banyan.test:{port}/watch/{house.lecture}", flags=(resolver,), locale="en")
    await play(page)
    assert not await page.evaluate("isSecureContext")
    assert "HTTPS" in await text_of(page, ".p2p .state")
    assert await text_of(page, ".badge") == "P2P off"


async def test_the_switch_turns_p2p_off_for_good(house: House, open_page: Open) -> None:
    page = await open_page(f"{house.url}/watch/{house.lecture}", locale="en")
    await play(page)
    await until(page, "document.querySelector('#p2p')?.checked")
    await page.click("label[for=p2p]")
    await until(page, "banyan.engine.stats().state === 'off'")
    await page.reload()
    await play(page)
    assert await page.evaluate("banyan.engine.stats().reason") == "switched-off"
    assert "You switched P2P off" in await text_of(page, ".p2p .state")


async def test_a_lecture_plays_when_the_engine_cannot_be_loaded(house: House, open_page: Open) -> None:
    page = await open_page("about:blank", locale="en")
    await page.route("**/assets/engine-entry-*.js", lambda route: route.abort())
    await page.goto(f"{house.url}/watch/{house.lecture}")
    await play(page)
    assert await page.evaluate("banyan.engine") is None
    assert await page.evaluate("document.querySelector('#p2p').disabled")


async def test_a_lecture_plays_when_the_controls_cannot_be_loaded(house: House, open_page: Open) -> None:
    page = await open_page("about:blank")
    await page.route("**/assets/furnish-*.js", lambda route: route.abort())
    await page.goto(f"{house.url}/watch/{house.lecture}")
    await play(page)
    await until(page, "banyan.video.controls")


async def test_a_lost_connection_is_told_when_the_picture_stands_and_mended(house: House, open_page: Open) -> None:
    page = await open_page("about:blank", locale="en")
    lost = True

    async def maybe(route: Route) -> None:
        await (route.abort() if lost else route.continue_())

    await page.route("**/hls/**", maybe)
    await page.goto(f"{house.url}/watch/{house.lecture}")
    assert "connection to the server is lost" in await text_of(page, ".notice p")
    lost = False
    await page.click(".notice button")
    await until(page, "banyan.video.currentTime > 0 && document.querySelector('.notice').hidden")


class PretendedClass:
    """A class of ten minutes, made of a lecture's segments: its first 40 s and its last 60 s can be played."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.item: dict[str, Any] = house.get(f"/api/items/{house.lecture}")
        self.segment_ms = int(self.item["segment_duration"])
        self.started = int(time.time() * 1000) - 600_000
        self.asked: list[str] = []

    async def answer_page(self, route: Route) -> None:
        """The page as it comes where the item is asked for, and not in it already."""
        response = await route.fetch()
        await route.fulfill(
            response=response, body=re.sub('<script type="application/json".*?</script>', "", await response.text())
        )

    async def answer_item(self, route: Route) -> None:
        live = {"kind": "class", "state": "live", "started": self.started, "duration": 600_000, "thumbnails": None}
        await route.fulfill(json=self.item | live)

    async def answer_playlist(self, route: Route) -> None:
        path, _, query = route.request.url.removeprefix(self._house.url).partition("?")
        self.asked.append(query)
        text = self._house.bytes_of(path).decode()
        if path.endswith("index.m3u8"):
            text = re.sub(r"([a-z0-9-]+\.m3u8)", rf"\1?{query}", text)
        else:
            text = self._window(text, closed="start=" in query)
        await route.fulfill(body=text, content_type="application/vnd.apple.mpegurl")

    def _window(self, text: str, closed: bool) -> str:
        head = text.partition("#EXT-X-PROGRAM-DATE-TIME")[0].replace("#EXT-X-PLAYLIST-TYPE:VOD\n", "")
        segments = re.findall(r"#EXTINF:.*?\.m4s\n", text, re.S)
        first = self.started if closed else self.started + 600_000 - len(segments) * self.segment_ms
        lines = [head]
        for n, segment in enumerate(segments[:10] if closed else segments):
            moment = datetime.fromtimestamp((first + n * self.segment_ms) / 1000, UTC)
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{moment.isoformat(timespec='milliseconds')}\n{segment}")
        return "".join(lines) + ("#EXT-X-ENDLIST\n" if closed else "")


async def test_a_class_can_be_wound_back_to_its_start_and_forward_to_live(house: House, open_page: Open) -> None:
    page = await open_page("about:blank", locale="en")
    pretended = PretendedClass(house)
    # The playlists are made up, so the engine would rightly refuse them.
    await page.route("**/assets/engine-entry-*.js", lambda route: route.abort())
    await page.route(f"**/watch/{house.lecture}", pretended.answer_page)
    await page.route(f"**/api/items/{house.lecture}", pretended.answer_item)
    await page.route("**/hls/**", pretended.answer_playlist)
    await page.goto(f"{house.url}/watch/{house.lecture}")
    await play(page)
    assert await until(page, "document.querySelector('.go-live.at-live')?.textContent") == "LIVE"
    await page.focus(".time-shift input")
    await page.keyboard.press("Home")
    await until(page, "banyan.hls.url.includes('?start=') && banyan.video.currentTime > 0.5")
    assert f"start={pretended.started}" in pretended.asked
    assert "behind live" in await page.evaluate(f"{BAR}.getAttribute('aria-valuetext')")
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await until(page, "banyan.video.currentTime > 14 && banyan.video.currentTime < 20 && !banyan.video.paused")
    await page.click(".go-live")
    await until(page, "!banyan.hls.url.includes('start=') && document.querySelector('.go-live.at-live')")


async def test_operators_see_figures_with_their_definitions(house: House, open_page: Open) -> None:
    viewer = await open_page(f"{house.url}/watch/{house.lecture}", locale="en")
    await play(viewer)
    page = await open_page(f"{house.url}/operators", locale="en", **PHONE)
    await until(page, "Number(document.querySelector('.tile.viewers dd')?.textContent) >= 1", 30)
    assert await text_of(page, "tbody a") == "Sample lecture"
    assert await text_of(page, ".feed") == "Live figures"
    await page.focus(".tile.offload .ask")
    shown = "getComputedStyle(document.querySelector('.tile.offload .tip')).visibility"
    assert await page.evaluate(shown) == "visible"
    assert "all bytes the server sent" in await text_of(page, ".tile.offload .tip")
    await page.keyboard.press("Escape")
    assert await page.evaluate(shown) == "hidden"
    await until(page, "document.querySelector('.chart svg path')")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(NAMELESS) == []


async def test_operators_are_told_of_a_lost_feed_and_of_its_return(house: House, open_page: Open) -> None:
    page = await open_page("about:blank", locale="en")
    await page.route("**/api/swarm/events", lambda route: route.abort())
    await page.goto(f"{house.url}/operators")
    await until(page, "document.querySelector('.feed.lost')?.textContent.startsWith('Connection lost')")
    await page.unroute("**/api/swarm/events")
    await until(page, "document.querySelector('.feed.well')")


async def test_titles_are_never_taken_for_html(house: House, open_page: Open) -> None:
    evil = "<img src=x onerror=document.title=1>"
    courses = house.get("/api/courses")
    text = json.dumps(courses).replace("Sample lecture", evil)
    page = await open_page("about:blank", locale="en")
    await page.route("**/api/courses", lambda route: route.fulfill(body=text, content_type="application/json"))
    await page.goto(house.url)
    assert await text_of(page, ".title") == evil
