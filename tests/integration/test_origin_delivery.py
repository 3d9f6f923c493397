import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from origin_server import Server, content, lecture, publish_events, serving

from origin.objects import ObjectName
from origin.publish import PublishReport
from origin.service import OriginSettings
from swarm.identity import decode_proof, id_bytes, id_text, prove
from swarm.playlist import PlaylistGuard

BODY = content("v7200")
NAME = id_text(prove(BODY).id)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PublishReport]:
    data = tmp_path_factory.mktemp("origin")
    return data, asyncio.run(publish_events(data, lecture(20)))


@pytest.fixture
async def published(folder: tuple[Path, PublishReport]) -> AsyncIterator[tuple[Server, PublishReport]]:
    data, report = folder
    async with serving(OriginSettings(data=data)) as server:
        yield server, report


async def test_a_whole_lecture_is_served_verifiable(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    (key,) = server.origin.keys.values()
    index = await server.text(f"/hls/{report.item}/index.m3u8")
    assert "v720.m3u8" in index
    PlaylistGuard(report.item, "index", "all", key).accept(index.encode())
    text = await server.text(f"/hls/{report.item}/v720.m3u8")
    claims = PlaylistGuard(report.item, "v720", "all", key).accept(text.encode())
    assert claims.head == 19
    names = [line.rpartition("/")[2] for line in text.splitlines() if line.endswith(".m4s")]
    assert len(names) == 20
    for number, name in enumerate(names):
        async with server.client.get(f"{server.base}/media/{name}") as response:
            data = await response.read()
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert data == content(f"v720{number}")
        segment_id = id_bytes(name.removesuffix(".m4s"))
        async with server.client.get(f"{server.base}/media/{name.replace('.m4s', '.proof')}") as response:
            assert decode_proof(await response.read(), segment_id) == prove(data)


async def test_ranges_and_conditions(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    url, etag = f"{server.base}/media/{NAME}.m4s", f'"{NAME}.m4s"'
    size = len(BODY)
    cases: list[tuple[dict[str, str], int, bytes, str | None]] = [
        ({}, 200, BODY, None),
        ({"Range": "bytes=0-0"}, 206, BODY[:1], f"bytes 0-0/{size}"),
        ({"Range": "bytes=16384-32767"}, 206, BODY[16384:32768], f"bytes 16384-32767/{size}"),
        ({"Range": "bytes=-5"}, 206, BODY[-5:], f"bytes {size - 5}-{size - 1}/{size}"),
        ({"Range": f"bytes={size - 1}-99999999999"}, 206, BODY[-1:], f"bytes {size - 1}-{size - 1}/{size}"),
        ({"Range": f"bytes={size}-"}, 416, b"", f"bytes */{size}"),
        ({"Range": "bytes=999999999999999999-"}, 416, b"", f"bytes */{size}"),
        ({"Range": "bytes=0-1,3-4"}, 200, BODY, None),
        ({"Range": "bytes=" + "9" * 4000 + "-"}, 200, BODY, None),
        ({"Range": "bytes=0-9", "If-Range": etag}, 206, BODY[:10], f"bytes 0-9/{size}"),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, 200, BODY, None),
        ({"If-None-Match": etag}, 304, b"", None),
        ({"If-None-Match": f'W/{etag}, "x"'}, 304, b"", None),
        ({"If-None-Match": '"x"'}, 200, BODY, None),
    ]
    for headers, status, body, content_range in cases:
        async with server.client.get(url, headers=headers) as response:
            assert (response.status, await response.read()) == (status, body), headers
            assert response.headers.get("Content-Range") == content_range
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            if status != 416:
                assert response.headers["ETag"] == etag
    async with server.client.head(url) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, str(size))


async def test_any_page_may_ask_for_ranges(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "range"
    for path in (f"/media/{NAME}.m4s", f"/hls/{report.item}/index.m3u8"):
        async with server.client.options(server.base + path, headers=asked) as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "Range" in response.headers["Access-Control-Allow-Headers"]
            assert "Content-Range" in response.headers["Access-Control-Expose-Headers"]


async def test_playlists_are_squeezed_when_asked(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    path = f"/hls/{report.item}/v720.m3u8"
    plain = await server.text(path)
    for accept, coding in (("gzip", "gzip"), ("gzip;q=0", None), ("identity", None), ("br, gzip;q=0.5", "gzip")):
        headers = {"Accept-Encoding": accept}
        async with server.client.get(server.base + path, headers=headers) as response:
            assert response.headers.get("Content-Encoding") == coding
            assert await response.text() == plain
            assert response.headers["Content-Type"] == "application/vnd.apple.mpegurl"
            assert response.headers["Cache-Control"] == "public, max-age=10"
            etag = response.headers["ETag"]
    async with server.client.get(server.base + path, headers={"If-None-Match": etag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    assert len(gzip.compress(plain.encode())) < len(plain)


@pytest.mark.parametrize(
    "path",
    [
        "/media/../signing-key.pem",
        "/media/..%2fsigning-key.pem",
        "/media/%2e%2e/admin-token",
        "/media/..%5cadmin-token",
        "/media/%00.m4s",
        "/media/" + "A" * 43 + ".m4s",
        "/media/" + "A" * 5000 + ".m4s",
        f"/media/{NAME}.pem",
        f"/media/{NAME}.m4s%00.jpg",
        "/hls/../../etc/passwd/index.m3u8",
        "/hls/%2e%2e%2f%2e%2e/index.m3u8",
        "/hls/nobody/index.m3u8",
        "/hls/' or 1=1 --/index.m3u8",
        "/assets/../../admin-token",
        "/assets/..%2f..%2fadmin-token",
        "/assets//etc/passwd",
    ],
)
async def test_paths_lead_nowhere_else(published: tuple[Server, PublishReport], path: str) -> None:
    server, _ = published
    answer = await raw(server.port, f"GET {path.replace(' ', '%20')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ")[1] in (b"400", b"403", b"404")
    assert server.origin.admin_token.encode() not in answer
    assert b"PRIVATE KEY" not in answer


@pytest.mark.parametrize(
    "query", ["start=-1", "start=x", "start=" + "9" * 99, "start=٣", "_HLS_msn=1e3", "_HLS_part=1"]
)
async def test_queries_are_numbers(published: tuple[Server, PublishReport], query: str) -> None:
    server, report = published
    async with server.client.get(f"{server.base}/hls/{report.item}/v720.m3u8?{query}") as response:
        assert response.status == 400


async def raw(port: int, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_bytes_are_counted_as_they_leave(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    counters = server.origin.counters
    asked = f"GET /media/{NAME}.m4s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = await raw(server.port, asked + "\r\n")
    assert counters.total.media == len(answer)
    assert counters.of(report.item).media == len(answer)
    before = counters.total.media
    answer = await raw(server.port, asked + "Range: bytes=0-99\r\nUser-Agent: banyan-seeder/1\r\n\r\n")
    assert counters.total.media - before == len(answer)
    assert counters.total.to_seeders == len(answer)
    proof = await raw(server.port, asked.replace(".m4s", ".proof") + "\r\n")
    assert counters.total.proofs == counters.of(report.item).proofs == len(proof)
    playlist = await raw(server.port, f"GET /hls/{report.item}/index.m3u8 HTTP/1.0\r\n\r\n")
    assert counters.of(report.item).playlists == len(playlist)
    rest = counters.total.rest
    refused = await raw(server.port, "GET /media/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert counters.total.rest - rest == len(refused)
    head = await raw(server.port, asked.replace("GET", "HEAD") + "\r\n")
    assert len(head) < 1000
    assert counters.total.media == before + len(answer) + len(head)


async def test_an_aborted_answer_counts_as_far_as_it_got(tmp_path: Path) -> None:
    big = content("big", 20_000_000)
    events = lecture(1)
    events[3] = type(events[3])(track="v720", sequence=0, duration_ticks=345_600, timescale=90_000, data=big)  # type: ignore[call-arg]
    await publish_events(tmp_path, events)
    async with serving(OriginSettings(data=tmp_path)) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.connect(("127.0.0.1", server.port))
            client.sendall(f"GET /media/{id_text(prove(big).id)}.m4s HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            got = 0
            while got < 1_000_000:
                got += len(await asyncio.to_thread(client.recv, 65536))
        async with asyncio.timeout(5):
            while server.origin.counters.total.media < got:
                await asyncio.sleep(0.02)
        assert got <= server.origin.counters.total.media < len(big)


async def test_objects_may_lie_elsewhere_than_on_disk(tmp_path: Path) -> None:
    settings = OriginSettings(data=tmp_path, store="memory:///")
    async with serving(settings) as server:
        store = server.origin._warehouse.store
        await store.put(ObjectName(NAME, "m4s"), BODY)
        headers = {"Range": "bytes=100000-299999"}
        async with server.client.get(f"{server.base}/media/{NAME}.m4s", headers=headers) as response:
            assert (response.status, await response.read()) == (206, BODY[100000:])
