import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from origin_server import Script, Server, beginning, lecture, publish_events, serving

from origin.messages import MAX_INTERVALS
from origin.operations import OPERATIONS
from origin.publish import PublishReport
from origin.service import Origin, OriginSettings
from swarm.telemetry import MAX_STARTUP_MS, MAX_STARTUPS, ItemInterval
from swarm.ticket import check_ticket

FINGERPRINT = "ab" * 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PublishReport]:
    data = tmp_path_factory.mktemp("api")
    return data, asyncio.run(publish_events(data, lecture(2), "力学 Mechanics"))


@pytest.fixture
async def published(folder: tuple[Path, PublishReport]) -> AsyncIterator[tuple[Server, PublishReport]]:
    data, report = folder
    settings = OriginSettings(data=data, source=Script(), stun=("stun:here:3478",), upload_bps=2_000_000)
    async with serving(settings) as server:
        yield server, report


async def course_of(server: Server) -> str:
    return str(json.loads(await server.text("/api/courses"))["courses"][0]["id"])


async def post(server: Server, path: str, body: object, headers: dict[str, str] | None = None) -> tuple[int, object]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with server.client.post(server.base + path, data=data, headers=headers) as response:
        return response.status, await response.json()


async def test_pages_of_other_sites_may_ask_for_items_and_tickets_alone(
    published: tuple[Server, PublishReport],
) -> None:
    server, report = published
    course = await course_of(server)
    embedded = {operation.path for operation in OPERATIONS if operation.embedded}
    assert embedded == {"/api/courses/{course}/ticket", "/api/items/{item}"}
    for path in (f"/api/courses/{course}/ticket", f"/api/items/{report.item}"):
        async with server.client.options(server.base + path) as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Access-Control-Allow-Headers"] == "Content-Type"
            assert "Access-Control-Allow-Credentials" not in response.headers
    async with server.client.get(f"{server.base}/api/items/{report.item}") as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    async with server.client.post(f"{server.base}/api/courses/{course}/ticket", json={"role": "seeder"}) as response:
        assert response.status == 401
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    async with server.client.get(f"{server.base}/api/courses") as response:
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_courses_and_items_are_told_as_the_contract_says(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    (course,) = json.loads(await server.text("/api/courses"))["courses"]
    assert json.loads(await server.text(f"/api/courses/{course['id']}")) == course
    (item,) = course["items"]
    assert json.loads(await server.text(f"/api/items/{report.item}")) == item
    contract = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text()
    described = contract.partition("`GET /api/items/<item>` -> ITEM:")[2].partition("`key` is what")[0]
    told = set(re.findall(r'"(\w+)"\??(?=[:,}\]])', described)) - {"lecture", "class", "video", "audio", "EC", "P"}
    states = {"preparing", "ready", "live", "ended", "failed"}
    optional = {"width", "height", "frame_rate", "language", "name", "channels", "url"}
    given = set(item) | set(item["key"]) | {name for track in item["tracks"] for name in track}
    assert given <= told
    assert told - states - optional <= given
    assert (item["title"], item["state"], item["duration"]) == ("力学 Mechanics", "ready", 7680)
    (key,) = server.origin.keys.values()
    assert item["key"] == {**key.jwk, "kid": key.kid}


@pytest.mark.parametrize("path", ["/api/courses/x", "/api/items/x", "/api/nothing", "/api/items/%00"])
async def test_what_is_not_there_is_told_in_json(published: tuple[Server, PublishReport], path: str) -> None:
    server, _ = published
    async with server.client.get(server.base + path) as response:
        assert response.status == 404
        assert set(await response.json()) == {"error", "message"}


async def test_a_ticket_binds_the_certificate(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    course = await course_of(server)
    status, answer = await post(server, f"/api/courses/{course}/ticket", {"fingerprint": FINGERPRINT})
    assert status == 200
    assert isinstance(answer, dict)
    ticket = check_ticket(answer["ticket"], server.origin.keys, answer["expires"] / 1000 - 60)
    assert (ticket.course, ticket.role, ticket.mode) == (course, "viewer", "mesh")
    assert (ticket.fingerprint.hex(), ticket.upload_kbps) == (FINGERPRINT, 2000)
    assert answer["subject"] == ticket.subject
    assert (answer["tracker"], answer["stun"], answer["upload"]) == ("/tracker", ["stun:here:3478"], 2_000_000)
    _, again = await post(server, f"/api/courses/{course}/ticket", {"fingerprint": FINGERPRINT})
    assert isinstance(again, dict)
    assert again["subject"] == answer["subject"]


async def test_a_page_without_certificate_keeps_its_name_by_cookie(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    course = await course_of(server)
    url = f"{server.base}/api/courses/{course}/ticket"
    async with server.client.post(url, json={}) as response:
        first, cookie = await response.json(), response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    session = cookie.partition(";")[0]
    names = []
    for sent in (session, "banyan-session=forged'; drop", ""):
        async with server.client.post(url, data=b"", headers={"Cookie": sent}) as response:
            answer = await response.json()
            names.append(answer["subject"])
            assert answer["mode"] == "off"
    assert names[0] == first["subject"]
    assert len(set(names)) == 3


async def test_only_the_admin_token_makes_a_seeder(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    path = f"/api/courses/{await course_of(server)}/ticket"
    asked = {"fingerprint": FINGERPRINT, "role": "seeder"}
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eA=="}):
        status, answer = await post(server, path, asked, wrong)
        assert (status, isinstance(answer, dict) and answer["error"]) == (401, "token")
    status, answer = await post(server, path, asked, server.admin)
    assert isinstance(answer, dict)
    ticket = check_ticket(answer["ticket"], server.origin.keys, answer["expires"] / 1000 - 60)
    assert (status, ticket.role, ticket.upload_kbps) == (200, "seeder", 0)


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b"\xff", b'"x"', b'{"fingerprint": 5}', b'{"fingerprint": "ab"}', b'{"unknown": 1}'),
        *(b'{"role": "admin"}', b"[" * 20_000, b'{"fingerprint": "' + b"a" * 70_000 + b'"}'),
    ],
)
async def test_wrong_bodies_are_refused(published: tuple[Server, PublishReport], body: bytes) -> None:
    server, _ = published
    status, answer = await post(server, f"/api/courses/{await course_of(server)}/ticket", body)
    assert status == 400
    assert isinstance(answer, dict)
    assert set(answer) == {"error", "message"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/classes"), ("POST", "/api/items/x/end"), ("DELETE", "/api/items/x"), ("POST", "/api/telemetry")],
)
async def test_nothing_changes_without_the_token(
    published: tuple[Server, PublishReport], method: str, path: str
) -> None:
    server, report = published
    url = server.base + path.replace("/x", f"/{report.item}")
    for headers in ({}, {"Authorization": "Bearer " + "a" * 43}, {"Authorization": "Bearer ü"}):
        body = {"course": "C", "title": "T", "source": "test"}
        async with server.client.request(method, url, json=body, headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
    await server.text(f"/hls/{report.item}/index.m3u8")


@pytest.mark.parametrize(
    "change", [{"title": ""}, {"title": "x" * 201}, {"title": "a\nb"}, {"course": " "}, {"loop": 1}]
)
async def test_a_class_has_a_sensible_title(published: tuple[Server, PublishReport], change: dict[str, object]) -> None:
    server, _ = published
    asked = {"course": "C", "title": "T", "source": "test", **change}
    status, _ = await post(server, "/api/classes", asked, server.admin)
    assert status in (400, 422)


async def test_a_lecture_is_removed_for_good(tmp_path: Path) -> None:
    report = await publish_events(tmp_path, lecture(1))
    async with serving(OriginSettings(data=tmp_path)) as server:
        await server.text(f"/hls/{report.item}/v720.m3u8")
        async with server.client.delete(f"{server.base}/api/items/{report.item}", headers=server.admin) as response:
            assert (response.status, await response.read()) == (204, b"")
        for path in (f"/api/items/{report.item}", f"/hls/{report.item}/v720.m3u8"):
            async with server.client.get(server.base + path) as response:
                assert response.status == 404
        async with server.client.delete(f"{server.base}/api/items/{report.item}", headers=server.admin) as response:
            assert response.status == 404
    assert list((tmp_path / "media").iterdir()) == []


async def test_routes_and_document_are_equal(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    document = json.loads(await server.text("/openapi.json"))
    described = {(m.upper(), path) for path, operations in document["paths"].items() for m in operations}
    app = web.Application()
    server.origin.add_routes(app)
    routed = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
        and route.resource.canonical.startswith("/api/")
        and route.method not in ("HEAD", "OPTIONS", "*")
    }
    assert described == routed == {(o.method, o.path) for o in OPERATIONS}
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    contract = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text()
    for operation in OPERATIONS:
        assert re.sub(r"\{(\w+)\}", r"<\1>", operation.path) in contract


async def test_operators_see_what_was_reported_and_what_was_sent(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    await server.text(f"/hls/{report.item}/index.m3u8")
    await server.text("/api/courses")
    interval = ItemInterval(report.item, 5000, 2, 1, 0, peer=900, played=100_000, played_ms=5000, startups=(400, 800))
    server.origin.telemetry_sink([interval])
    await server.origin.telemetry.tick()
    snapshot = json.loads(await server.text("/api/swarm"))
    (item,) = snapshot["items"]
    assert (item["item"], item["kind"], item["title"]) == (report.item, "lecture", "力学 Mechanics")
    assert (item["viewers"], item["p2p_viewers"], item["startup_p50"], item["fluency"]) == (2, 1, 600, 1.0)
    assert item["offload"] == 1 - item["origin_bytes"]["playlists"] / 100_000
    assert snapshot["total"]["origin_bytes"]["rest"] > 0
    history = json.loads(await server.text("/api/swarm/history?seconds=60"))
    assert history["points"][-1]["viewers"] == 2
    async with server.client.get(f"{server.base}/api/swarm/history?seconds=-1") as response:
        assert response.status == 400


async def hand_in(server: Server, serial: str, *intervals: dict[str, object]) -> int:
    body = {"serial": serial, "intervals": intervals}
    async with server.client.post(f"{server.base}/api/telemetry", json=body, headers=server.admin) as response:
        return response.status


async def test_a_tracker_elsewhere_hands_in_its_sums_once(tmp_path: Path) -> None:
    report = await publish_events(tmp_path, lecture(1))
    async with serving(OriginSettings(data=tmp_path)) as server:
        one = {"item": report.item, "interval_ms": 1000, "viewers": 3, "p2p_viewers": 2, "seeders": 1, "played": 700}
        assert await hand_in(server, "a" * 32, one) == 204
        assert await hand_in(server, "a" * 32, one) == 204
        assert await hand_in(server, "b" * 32, one) == 204
        strange = [one | {"item": "nothing"}, one | {"course": "other"}]
        assert await hand_in(server, "c" * 32, *strange) == 204
        await server.origin.telemetry.tick()
        total = json.loads(await server.text("/api/swarm"))["total"]
    assert (total["viewers"], total["p2p_viewers"], total["seeders"], total["played_bytes"]) == (3, 2, 1, 1400)


@pytest.mark.parametrize(
    "change",
    [
        *({"played": -1}, {"played": 2**53}, {"played": 1.5}, {"played": "1"}, {"viewers": None}, {"item": "x" * 65}),
        *({"course": "x" * 65}, {"startups": [1] * 65}, {"startups": [600_001]}, {"startups": [-1]}),
    ],
    ids=str,
)
async def test_sums_out_of_bounds_are_refused(
    published: tuple[Server, PublishReport], change: dict[str, object]
) -> None:
    server, _ = published
    one = {"item": "x", "interval_ms": 1000, "viewers": 3, "p2p_viewers": 2, "seeders": 1}
    assert await hand_in(server, "d" * 32, one, one | change) == 400


async def test_batches_are_bounded_and_the_fullest_one_fits(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    sums = dict.fromkeys(ItemInterval.__dataclass_fields__, 2**53 - 1)
    startups = [MAX_STARTUP_MS] * MAX_STARTUPS
    one = {**sums, "item": "\x01" * 64, "course": "\x01" * 64, "startups": startups}
    assert await hand_in(server, "e" * 32, *[one] * MAX_INTERVALS) == 204
    assert await hand_in(server, "f" * 32, *[{**one, "startups": []}] * (MAX_INTERVALS + 1)) == 400
    for serial in ("", "e" * 31, "E" * 32, "e" * 33):
        assert await hand_in(server, serial) == 400


async def test_figures_stream_as_events(published: tuple[Server, PublishReport]) -> None:
    server, _ = published
    async with server.client.get(f"{server.base}/api/swarm/events") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        seen = []
        async for line in response.content:
            if line.startswith(b"data: "):
                seen.append(json.loads(line.removeprefix(b"data: "))["now"])
            if len(seen) == 3:
                break
    assert seen == sorted(set(seen))


async def test_an_open_stream_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with serving(OriginSettings(data=tmp_path)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /api/swarm/events HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"event: snapshot")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1.5
    writer.close()


async def test_metrics_have_bounded_labels(published: tuple[Server, PublishReport]) -> None:
    server, report = published
    await server.text(f"/hls/{report.item}/index.m3u8")
    text = await server.text("/metrics")
    assert re.search(r'origin_response_bytes_total\{kind="playlists"\} [1-9]', text)
    assert report.item not in text


async def test_a_class_starts_by_the_api(tmp_path: Path) -> None:
    script = Script()
    script.say(*beginning())
    async with serving(OriginSettings(data=tmp_path, source=script)) as server:
        item = await server.start_class("早课")
        answer = json.loads(await server.text(f"/api/items/{item}"))
        assert (answer["kind"], answer["state"], answer["title"]) == ("class", "live", "早课")
        assert [t["id"] for t in answer["tracks"]] == ["v720", "a-1"]


async def test_two_servers_on_one_folder_have_the_same_keys(tmp_path: Path) -> None:
    first = await Origin.open(OriginSettings(data=tmp_path))
    second = await Origin.open(OriginSettings(data=tmp_path))
    assert first.keys.keys() == second.keys.keys()
    assert first.admin_token == second.admin_token
    await first.close()
    await second.close()
