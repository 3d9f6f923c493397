import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from origin_server import Server, lecture, publish_events, serving

from origin.service import OriginSettings


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    pages = tmp_path / "dist"
    (pages / "assets" / "deep").mkdir(parents=True)
    for name in ("index", "watch", "operators"):
        (pages / f"{name}.html").write_text(f"<!doctype html><title>{name} 榕</title>")
    (pages / "assets" / "app-0a1b.js").write_text("export const a = 1;\n" * 100)
    (pages / "assets" / "deep" / "font.woff2").write_bytes(b"wOF2")
    (pages / "favicon.svg").write_text("<svg/>")
    (pages / "banyan-engine.js").write_text("export {};")
    (tmp_path / "secret.js").write_text("secret")
    (pages / "assets" / "link.js").symlink_to(tmp_path / "secret.js")
    async with serving(OriginSettings(data=tmp_path / "data", pages=pages)) as running:
        yield running


@pytest.mark.parametrize(("path", "title"), [("/", "index"), ("/watch/abc", "watch"), ("/operators", "operators")])
async def test_pages_come_with_their_guards(server: Server, path: str, title: str) -> None:
    async with server.client.get(server.base + path) as response:
        assert f"<title>{title} 榕</title>" in await response.text()
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "worker-src 'self' blob:" in policy
        assert "unsafe-eval" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        etag = response.headers["ETag"]
    async with server.client.get(server.base + path, headers={"If-None-Match": etag}) as response:
        assert (response.status, await response.read()) == (304, b"")


async def test_the_player_comes_with_its_item_and_has_the_playlist_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "watch.html").write_text("<head><title>watch</title></head><body></body>")
    title = "</script><script>alert(1)</script>"
    report = await publish_events(tmp_path / "data", lecture(2), title)
    async with serving(OriginSettings(data=tmp_path / "data", pages=tmp_path / "dist")) as server:
        text = await server.text(f"/watch/{report.item}")
        (block,) = re.findall(r'<script type="application/json" id="item">(.*?)</script>', text)
        assert json.loads(block) == json.loads(await server.text(f"/api/items/{report.item}"))
        assert json.loads(block)["title"] == title
        assert text.count("<script") == 1
        playlist = f"/hls/{report.item}/index.m3u8"
        assert f'<link rel="preload" as="fetch" crossorigin href="{playlist}">' in text
        assert "application/json" not in await server.text("/watch/none")


async def test_assets_are_immutable_and_squeezed(server: Server) -> None:
    async with server.client.get(f"{server.base}/assets/app-0a1b.js") as response:
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.text() == "export const a = 1;\n" * 100
    async with server.client.get(f"{server.base}/assets/deep/font.woff2") as response:
        assert response.headers["Content-Type"] == "font/woff2"
    async with server.client.get(f"{server.base}/favicon.svg") as response:
        assert response.headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/banyan-engine.js", "/assets/app-0a1b.js"])
async def test_pages_of_other_sites_may_import_the_engine(server: Server, path: str) -> None:
    async with server.client.get(server.base + path) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert ("immutable" in response.headers["Cache-Control"]) == path.startswith("/assets/")
    async with server.client.get(f"{server.base}/") as response:
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/link.js",
        "/assets/none.js",
        "/assets/.hidden",
        "/assets/a/../../x",
        "/assets/%2e%2e/index.html",
        "/secret.js",
    ],
)
async def test_nothing_else_is_served(server: Server, path: str) -> None:
    async with server.client.get(server.base + path) as response:
        assert response.status == 404
        assert "secret" not in await response.text()


async def test_a_checkout_without_the_built_player_says_what_to_do(tmp_path: Path) -> None:
    async with (
        serving(OriginSettings(data=tmp_path, pages=tmp_path / "nowhere")) as server,
        server.client.get(f"{server.base}/") as response,
    ):
        assert response.status == 503
        assert "npm run build" in await response.text()
