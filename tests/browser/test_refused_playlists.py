"""Playlists that must not be used, put in the way of a real browser: the page refuses each and plays nothing of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import browsers, until
from playwright.async_api import Route
from processes import House
from watching import OBSERVE

from origin.keyring import SIGNING_KEY_FILE
from swarm.keys import SigningKey
from swarm.playlist import Claims, sign_playlist, verify_playlist

Change = Callable[[bytes, dict[str, bytes], SigningKey], bytes]


def tampered(body: bytes, others: dict[str, bytes], key: SigningKey) -> bytes:
    """One segment's name is another's."""
    names = re.findall(rb"[A-Za-z0-9_-]{43}(?=\.m4s)", body)
    return body.replace(names[0], names[1], 1)


def spliced(body: bytes, others: dict[str, bytes], key: SigningKey) -> bytes:
    """Another track's playlist, validly signed."""
    return others["a-1"]


def unsigned(body: bytes, others: dict[str, bytes], key: SigningKey) -> bytes:
    """The signature line is gone."""
    return body[: body.rindex(b"#BANYAN:")]


def forged(body: bytes, others: dict[str, bytes], key: SigningKey) -> bytes:
    """Signed well, with another key."""
    claims = verify_playlist(body, key.public)
    return sign_playlist(body[: body.rindex(b"#BANYAN:")].decode(), claims, SigningKey.generate())


@pytest.mark.parametrize("change", [tampered, spliced, unsigned, forged])
async def test_a_playlist_that_is_not_ours_is_refused(house: House, change: Change) -> None:
    key = SigningKey.from_pem((house.folder / ".data" / SIGNING_KEY_FILE).read_bytes())
    others = {"a-1": house.bytes_of(f"/hls/{house.lecture}/a-1.m3u8")}

    async def answer(route: Route) -> None:
        body = house.bytes_of(route.request.url.removeprefix(house.url))
        await route.fulfill(body=change(body, others, key), content_type="application/vnd.apple.mpegurl")

    async with browsers() as open_page:
        page = await open_page("about:blank", init=OBSERVE)
        await page.route(re.compile(r"/hls/.*/v\d+\.m3u8"), answer)
        await page.goto(f"{house.url}/watch/{house.lecture}")
        said = await until(page, "document.querySelector('[role=alert]')?.textContent.trim()", 40)
        assert "signature" in said, said
        video = [e for e in await page.evaluate("window.observed.appended") if e["size"] > 5000]
        listed = await page.evaluate("[...window.banyan.engine.log.all].filter((s) => s.track.startsWith('v')).length")
        assert listed == 0, video
        assert await page.evaluate("window.banyan.video.readyState") < 2


async def test_a_class_is_never_rolled_back(house: House) -> None:
    """After edition 5 was seen, edition 4 is refused, whatever it lists; playing goes on when 5 is back."""
    key = SigningKey.from_pem((house.folder / ".data" / SIGNING_KEY_FILE).read_bytes())
    item = house.start_class("Physics", "Rolled back")
    seen = {"edition": 5, "old": 0}

    async def answer(route: Route) -> None:
        body = house.bytes_of(route.request.url.removeprefix(house.url))
        claims = verify_playlist(body, key.public)
        seen["old"] += seen["edition"] == 4
        changed = Claims(claims.item, claims.track, claims.window, seen["edition"], claims.head, claims.time_ms)
        text = body[: body.rindex(b"#BANYAN:")].decode()
        await route.fulfill(body=sign_playlist(text, changed, key), content_type="application/vnd.apple.mpegurl")

    async with browsers() as open_page:
        page = await open_page("about:blank", init=OBSERVE)
        await page.route(re.compile(r"/hls/.*\.m3u8"), answer)
        await page.goto(f"{house.url}/watch/{item}")
        await until(page, "window.banyan?.video?.currentTime > 1", 40)
        seen["edition"] = 4
        newest = "Math.max(...window.banyan.engine.log.all.map((segment) => segment.sequence))"
        await until(page, "window.banyan.engine.log.all.length > 0")
        before = await page.evaluate(newest)
        for _ in range(200):
            if seen["old"] >= 4:
                break
            await page.wait_for_timeout(100)
        assert seen["old"] >= 2, "the old edition was offered"
        await page.wait_for_timeout(4000)
        assert await page.evaluate(newest) <= before + 3, "only what edition 5 had listed was fetched"
        seen["edition"] = 5
        await until(page, f"{newest} > {before + 3}", 40)


def test_the_key_is_where_the_tests_think(house: House) -> None:
    assert (house.folder / ".data" / SIGNING_KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert isinstance(house.folder, Path)
