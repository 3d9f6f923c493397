"""The tracker client against a real tracker: join, renewal, a tracker that restarts, and links that outlive it."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from seeder_origin import Origin

from seeder import tracker_client
from seeder.certificate import process_certificate
from seeder.http_source import HttpSource
from seeder.origin_api import Grant
from seeder.tracker_client import TrackerClient, retry_s
from swarm.codec import FROM_TRACKER
from swarm.tracker_messages import Announce, Candidates, FromTracker, Welcome


class Peer:
    """One client and what it heard."""

    def __init__(self, source: HttpSource) -> None:
        self.source = source
        self.asked = 0
        self.messages: list[FromTracker] = []
        self.came = asyncio.Event()
        self.losses = 0
        self.short = False
        self.client = TrackerClient(source.lasting, self, self.ask, self.url, "test")

    async def ask(self) -> Grant:
        self.asked += 1
        return await self.source.ticket("course", process_certificate().fingerprint)

    def url(self, grant: Grant) -> str:
        return self.source.url(grant.tracker).replace("http", "ws", 1)

    def granted(self, grant: Grant) -> None:
        pass

    def heard(self, message: FromTracker) -> None:
        self.messages.append(message)
        self.came.set()

    def lost(self) -> None:
        self.losses += 1

    async def until(self, kind: type, count: int = 1) -> None:
        async with asyncio.timeout(10):
            while sum(isinstance(message, kind) for message in self.messages) < count:
                self.came.clear()
                await self.came.wait()


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    made = Origin(segments=1)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def peer(origin: Origin) -> AsyncIterator[Peer]:
    source = HttpSource(str(origin.server.make_url("/")), "test")
    made = Peer(source)
    running = asyncio.create_task(made.client.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await source.close()


async def test_it_joins_announces_and_renews(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_client, "_RENEW_BEFORE_MS", 200_000)
    monkeypatch.setattr(tracker_client, "_LEAST_RENEW_S", 0.1)
    assert not peer.client.send(Announce("lecture", -1, -1, -1, 4, 4, (), (), 0))
    await peer.until(Welcome)
    assert peer.client.joined
    assert peer.client.send(Announce("lecture", -1, -1, -1, 4, 4, (), (), 0))
    await peer.until(Candidates)
    async with asyncio.timeout(5):
        while peer.asked < 4:
            await asyncio.sleep(0.05)
    assert (peer.client.joined, peer.losses) == (True, 0)


async def test_it_comes_back_after_the_tracker_restarts(origin: Origin, peer: Peer) -> None:
    await peer.until(Welcome)
    await origin.tracker.close()
    async with asyncio.timeout(5):
        while not peer.losses:
            await asyncio.sleep(0.02)
    assert not peer.client.joined
    await origin.tracker.start()
    await peer.until(Welcome, 2)
    assert peer.client.joined


async def test_nonsense_from_a_tracker_ends_only_the_conversation(peer: Peer) -> None:
    await peer.until(Welcome)
    assert peer.client._socket is not None
    reader = peer.client._socket._reader
    reader.feed_data(aiohttp.WSMessage(aiohttp.WSMsgType.BINARY, b"\xff" * 20, None), 20)
    await peer.until(Welcome, 2)
    assert peer.losses == 1


async def test_a_tracker_that_leaves_pings_unanswered_is_left(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_client, "_HEARTBEAT_S", 0.4)
    joins = 0

    async def freeze(request: web.Request) -> web.WebSocketResponse:
        nonlocal joins
        joins += 1
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.receive()
        await socket.send_bytes(FROM_TRACKER.encode(Welcome(bytes(16), 1000, 1000, round(time.time() * 1000))))
        while not (await socket.receive()).type.name.startswith("CLOS"):
            continue
        return socket

    app = web.Application()
    app.router.add_get("/tracker", freeze)
    async with TestServer(app) as server:
        monkeypatch.setattr(peer.client, "_url", lambda grant: str(server.make_url("/tracker")))
        async with asyncio.timeout(8):
            while joins < 2:
                await asyncio.sleep(0.02)
    assert peer.losses >= 1


@pytest.mark.parametrize(("tries", "least", "most"), [(1, 0.2, 2.0), (2, 0.4, 4.0), (9, 12.8, 30.0)])
def test_pauses_grow_with_jitter(tries: int, least: float, most: float) -> None:
    assert retry_s(tries, 0, 0.0) == pytest.approx(least)
    assert retry_s(tries, 0, 1.0) == pytest.approx(most)
    assert retry_s(tries, 60_000, 0.5) == 60.0
