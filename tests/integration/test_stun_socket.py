"""STUN over a real UDP socket, asked by another implementation and by a flooder."""

import asyncio
import socket

import pytest
from aioice import stun

from tracker.service import TrackerService
from tracker.settings import TrackerSettings

LOCAL = ("127.0.0.1", 0)


def ask() -> bytes:
    return bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST))


def service(settings: TrackerSettings | None = None) -> TrackerService:
    return TrackerService({}, lambda _: None, settings)


def results(tracker: TrackerService, result: str) -> float:
    return tracker.registry.get_sample_value("tracker_stun_total", {"result": result}) or 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_client_learns_its_address(host: str) -> None:
    tracker = service()
    port = await tracker.start_stun(host, 0)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.bind((host, 0))
        client.connect((host, port))
        client.setblocking(False)
        request = ask()
        client.send(request)
        async with asyncio.timeout(2):
            response = stun.parse_message(await asyncio.get_running_loop().sock_recv(client, 1500))
        assert response.message_class is stun.Class.RESPONSE
        assert response.transaction_id == request[8:20]
        assert response.attributes["XOR-MAPPED-ADDRESS"] == client.getsockname()[:2]
    await tracker.close()


async def test_aioice_gathers_a_reflexive_candidate() -> None:
    from aioice import Connection

    tracker = service()
    port = await tracker.start_stun("0.0.0.0", 0)
    agent = Connection(ice_controlling=True, stun_server=("127.0.0.1", port), use_ipv6=False)
    try:
        async with asyncio.timeout(5):
            await agent.gather_candidates()
        assert results(tracker, "answered") >= 1
    finally:
        await agent.close()
        await tracker.close()


async def test_a_flood_is_answered_within_the_limit_and_garbage_not_at_all() -> None:
    tracker = service(TrackerSettings(stun_per_source_s=10))
    port = await tracker.start_stun(*LOCAL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        for _ in range(10):
            client.send(b"\0" * 40)
        await asyncio.sleep(0.05)
        with pytest.raises(BlockingIOError):
            client.recv(1500)
        for _ in range(20):
            for _ in range(10):
                client.send(ask())
            await asyncio.sleep(0.005)
        answers = 0
        try:
            while client.recv(1500):
                answers += 1
        except BlockingIOError:
            pass
    assert 40 <= answers <= 45
    assert results(tracker, "rate") == 200 - answers
    assert results(tracker, "kind") == 10
    await tracker.close()


async def test_close_frees_the_port() -> None:
    tracker = service()
    port = await tracker.start_stun(*LOCAL)
    with pytest.raises(OSError, match="in use"):
        await service().start_stun("127.0.0.1", port)
    await tracker.close()
    await asyncio.sleep(0)
    again = service()
    assert await again.start_stun("127.0.0.1", port) == port
    await again.close()
