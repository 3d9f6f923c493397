"""A tracker's sums on their way to an origin that refuses, fails, answers too late, and comes back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from banyan import telemetry_post
from banyan.errors import ConfigError
from banyan.telemetry_post import TelemetryPost
from origin.messages import MAX_INTERVALS
from swarm.telemetry import ItemInterval

TOKEN = "t" * 43


def sums(first: int, count: int = 1) -> list[ItemInterval]:
    return [ItemInterval(f"item{n}", 1000, 1, 0, 0, startups=(5,)) for n in range(first, first + count)]


class Origin:
    """Answers with the statuses it was given, then 204; 0 hangs up instead of an answer."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.batches: list[dict[str, Any]] = []
        self.tokens: set[str] = set()

    async def listen(self, port: int | None = None) -> None:
        app = web.Application()
        app.router.add_post("/api/telemetry", self._serve)
        self.server = TestServer(app, port=port)
        await self.server.start_server()

    async def _serve(self, request: web.Request) -> web.Response:
        self.batches.append(await request.json())
        self.tokens.add(request.headers["Authorization"])
        status = self.statuses.pop(0) if self.statuses else 204
        if not status:
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"message": "no"}, status=status) if status > 204 else web.Response(status=204)

    @property
    def items(self) -> list[str]:
        return [one["item"] for batch in self.batches for one in batch["intervals"]]


class House:
    """An origin, and a tracker's post to it."""

    def __init__(self, data: Path) -> None:
        self.origin = Origin()
        self.registry = CollectorRegistry()
        self.data = data

    async def open(self) -> None:
        await self.origin.listen()
        self.post = TelemetryPost(str(self.origin.server.make_url("/")), self.data, self.registry)
        self.post.start()

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0

    async def until_posted(self, count: int) -> None:
        async with asyncio.timeout(3):
            while len(self.origin.batches) < count:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(telemetry_post, "_FIRST_PAUSE_S", 0.02)
    (tmp_path / "admin-token").write_text(TOKEN + "\n")
    house = House(tmp_path)
    await house.open()
    yield house
    await house.post.close()
    await house.origin.server.close()


async def test_all_sums_arrive_in_order_and_in_bounded_batches(house: House) -> None:
    house.post.sink(sums(0, 2 * MAX_INTERVALS))
    house.post.sink(sums(2 * MAX_INTERVALS, 3))
    await house.until_posted(3)
    assert house.origin.items == [f"item{n}" for n in range(2 * MAX_INTERVALS + 3)]
    assert max(len(batch["intervals"]) for batch in house.origin.batches) == MAX_INTERVALS
    assert len({batch["serial"] for batch in house.origin.batches}) == 3
    assert house.origin.tokens == {f"Bearer {TOKEN}"}
    assert house.count("telemetry_lost_total") == 0


@pytest.mark.parametrize("status", [0, 500, 503])
async def test_a_batch_without_an_answer_is_posted_again_under_its_serial(house: House, status: int) -> None:
    house.origin.statuses = [status, status]
    house.post.sink(sums(0))
    await house.until_posted(3)
    house.post.sink(sums(1))
    await house.until_posted(4)
    serials = [batch["serial"] for batch in house.origin.batches]
    assert len(set(serials[:3])) == 1
    assert serials[3] != serials[0]
    assert house.origin.items == ["item0", "item0", "item0", "item1"]
    reason = "away" if status == 0 else "refused"
    assert house.count("telemetry_post_failures_total", reason=reason) == 2
    assert house.count("telemetry_lost_total") == 0


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refused_batch_is_given_up_and_counted(house: House, status: int) -> None:
    house.origin.statuses = [status]
    house.post.sink(sums(0, 5))
    await house.until_posted(1)
    house.post.sink(sums(5))
    await house.until_posted(2)
    assert house.origin.items[-1] == "item5"
    assert house.count("telemetry_lost_total") == 5
    assert house.count("telemetry_post_failures_total", reason="refused") == 1


async def test_an_origin_that_comes_back_misses_the_oldest_sums_alone(house: House) -> None:
    port = house.origin.server.port
    await house.origin.server.close()
    house.post.sink(sums(0))
    async with asyncio.timeout(3):
        while not house.count("telemetry_post_failures_total", reason="away"):
            await asyncio.sleep(0.01)
    house.post.sink(sums(1, telemetry_post.MAX_WAITING))
    house.post.sink(sums(telemetry_post.MAX_WAITING + 1, 7))
    assert house.count("telemetry_lost_total") == 7
    await house.origin.listen(port)
    await house.until_posted(2)
    assert house.origin.items[:2] == ["item0", "item8"]


async def test_without_the_token_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="admin token"):
        TelemetryPost("http://localhost:1", tmp_path, CollectorRegistry())
