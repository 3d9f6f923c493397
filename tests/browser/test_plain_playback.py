"""A published lecture plays in real Chromium: in our page, and in a page with plain hls.js and nothing of ours."""

import json
import subprocess

from chromium import browsers, play, until
from plain_page import plain_page
from processes import House


async def test_the_watch_page_plays_the_lecture(house: House) -> None:
    async with browsers() as open_page:
        page = await open_page(f"{house.url}/watch/{house.lecture}")
        await play(page)
        await until(page, "window.banyan.video.currentTime > 3")
        assert await page.evaluate("window.banyan.video.videoHeight") > 0
        assert await page.evaluate("window.banyan.video.error") is None


async def test_a_strangers_hls_js_plays_the_same_address(house: House) -> None:
    async with browsers() as open_page, plain_page() as address:
        page = await open_page(f"{address}?src={house.url}/hls/{house.lecture}/index.m3u8")
        await until(page, "document.getElementById('video').currentTime > 3")
        assert await page.evaluate("window.errors") == []


def test_ffprobe_plays_the_same_address(house: House) -> None:
    address = f"{house.url}/hls/{house.lecture}/index.m3u8"
    words = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", address]
    done = subprocess.run(words, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    probed = json.loads(done.stdout)
    kinds = sorted(stream["codec_name"] for stream in probed["streams"])
    assert kinds == ["aac", "h264", "h264"]
    assert abs(float(probed["format"]["duration"]) - 60) < 4
