"""The HTTP client against a server that lies, cuts short, sends too much, redirects and stays silent."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from seeder import http_source
from seeder.errors import FetchBroken, FetchRefused
from seeder.http_source import HttpSource
from swarm.identity import id_text

SEGMENT = bytes(range(32))
BODY = bytes(100_000)


class Liar:
    """Answers every request as the test wants."""

    def __init__(self) -> None:
        self.answer = web.Response()
        self.requests: list[web.Request] = []
        self.cut: int | None = None
        self.silence = 0.0
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self.server = TestServer(app)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        await asyncio.sleep(self.silence)
        if self.cut is None:
            return self.answer
        response = web.StreamResponse(headers={"Content-Length": str(len(BODY))})
        await response.prepare(request)
        await response.write(BODY[: self.cut])
        assert request.transport is not None
        request.transport.close()
        return response


Met = tuple[Liar, HttpSource]


@pytest.fixture
async def met() -> AsyncIterator[Met]:
    liar = Liar()
    await liar.server.start_server()
    source = HttpSource(str(liar.server.make_url("/")), "banyan-viewer/test")
    yield liar, source
    await source.close()
    await liar.server.close()


async def read(source: HttpSource, offset: int, size: int, whole: bool) -> bytes:
    return b"".join([chunk async for chunk in source.segment(SEGMENT, offset, size, whole=whole)])


async def test_whole_segments_and_ranges(met: Met) -> None:
    liar, source = met
    liar.answer = web.Response(body=BODY)
    assert await read(source, 0, len(BODY), True) == BODY
    liar.answer = web.Response(body=BODY[:500], status=206)
    assert await read(source, 16384, 500, False) == BODY[:500]
    whole, part = liar.requests
    assert whole.path == f"/media/{id_text(SEGMENT)}.m4s"
    assert whole.headers["User-Agent"] == "banyan-viewer/test"
    assert "Range" not in whole.headers
    assert part.headers["Range"] == "bytes=16384-16883"


@pytest.mark.parametrize(
    ("status", "body", "whole"),
    [(200, BODY + b"x", True), (200, BODY[:-1], True), (206, BODY, True), (200, BODY, False)],
    ids=["long", "short", "unasked part", "ignored range"],
)
async def test_a_wrong_answer_is_refused(met: Met, status: int, body: bytes, whole: bool) -> None:
    liar, source = met
    liar.answer = web.Response(status=status, body=body)
    with pytest.raises((FetchBroken, FetchRefused)):
        await read(source, 0, len(BODY), whole)


async def test_a_body_cut_short_is_told(met: Met) -> None:
    liar, source = met
    liar.cut = 40_000
    with pytest.raises(FetchBroken):
        await read(source, 0, len(BODY), True)
    with pytest.raises(FetchBroken):
        await source.proof(SEGMENT)


async def test_silence_is_not_waited_out(met: Met, monkeypatch: pytest.MonkeyPatch) -> None:
    liar, _ = met
    monkeypatch.setattr(http_source, "_SILENCE_S", 0.1)
    liar.silence = 0.5
    source = HttpSource(str(liar.server.make_url("/")), "test")
    source.session._timeout = http_source._timeout(1.0, 0.1)
    with pytest.raises(FetchBroken, match="imeout"):
        await source.proof(SEGMENT)
    await source.close()


async def test_redirects_are_not_followed(met: Met) -> None:
    liar, source = met
    liar.answer = web.Response(status=302, headers={"Location": "http://192.0.2.1/"})
    with pytest.raises(FetchRefused):
        await source.proof(SEGMENT)
    liar.answer = web.Response(status=302, headers={"Location": "http://192.0.2.1/"})
    with pytest.raises(FetchRefused):
        await read(source, 0, 10, True)


async def test_a_bomb_is_cut_off(met: Met, monkeypatch: pytest.MonkeyPatch) -> None:
    liar, source = met
    monkeypatch.setattr(http_source, "MAX_PLAYLIST_BYTES", 1_000_000)
    bomb = gzip.compress(bytes(20_000_000))
    liar.answer = web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchBroken, match="more than"):
        await source.playlist("item", "v360")


async def test_json_is_checked(met: Met) -> None:
    liar, source = met
    for text in ("{}", "[]", "nonsense", '{"courses": [{"id": 1, "title": "x"}]}', "[" * 100_000):
        liar.answer = web.Response(text=text, content_type="application/json")
        with pytest.raises(FetchBroken):
            await source.courses()
    liar.answer = web.Response(status=403)
    with pytest.raises(FetchRefused) as caught:
        await source.ticket("course", bytes(32), "token")
    assert caught.value.status == 403
    assert liar.requests[-1].headers["Authorization"] == "Bearer token"


async def test_what_lasts_leaves_media_its_connections(met: Met) -> None:
    """More trackers and live playlists are waited for than requests may be under way, and media comes all the same."""
    liar, plain = met
    source = HttpSource(plain.base, "test", connections=2)
    liar.answer = web.Response(body=b"x")
    liar.silence = 60
    waits: list[asyncio.Future[object]] = [
        asyncio.ensure_future(source.playlist("class", "v360", 9, 60_000)) for _ in range(5)
    ]
    waits += [asyncio.ensure_future(source.lasting.ws_connect(source.url("tracker"))) for _ in range(5)]
    async with asyncio.timeout(5):
        while len(liar.requests) < 10:
            await asyncio.sleep(0.01)
        liar.silence = 0
        assert await source.proof(SEGMENT) == b"x"
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    await source.close()
