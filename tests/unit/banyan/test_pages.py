"""The pages: their addresses, their headers, and what is said when they are not built."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from banyan.pages import add_pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "watch.html", "operators.html"):
        (tmp_path / name).write_text(f"<!doctype html>{name}" * 50)
    (tmp_path / "assets" / "main-Ab12.js").write_text("let a = 1;" * 100)
    (tmp_path / "secret.txt").write_text("no")
    return tmp_path


def _client(folder: Path | None) -> TestClient[web.Request, web.Application]:
    app = web.Application()
    add_pages(app, folder)
    return TestClient(TestServer(app))


@pytest.mark.parametrize(
    ("path", "page"),
    [("/", "index"), ("/watch/abc-_9", "watch"), ("/operators", "operators"), ("/watch/x?t=5", "watch")],
)
async def test_pages(folder: Path, path: str, page: str) -> None:
    async with _client(folder) as client, client.get(path) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert f"{page}.html" in await response.text()
        assert response.headers["Cache-Control"] == "no-cache"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


async def test_assets_are_immutable_and_packed(folder: Path) -> None:
    async with _client(folder) as client, client.get("/assets/main-Ab12.js") as response:
        assert response.content_type in {"text/javascript", "application/javascript"}
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.text() == "let a = 1;" * 100


@pytest.mark.parametrize("path", ["/secret.txt", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/watch/a%2fb"])
async def test_nothing_else_is_served(folder: Path, path: str) -> None:
    async with _client(folder) as client, client.get(path) as response:
        assert response.status == 404


async def test_pages_that_are_not_built_say_so() -> None:
    async with _client(None) as client, client.get("/") as response:
        assert response.status == 503
        assert "make setup" in await response.text()
