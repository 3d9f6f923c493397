"""The tracker behind a real aiohttp server, spoken to by real WebSocket clients."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tracker_house import KEY, House, connection, ticket

from swarm.codec import TO_TRACKER
from swarm.keys import SigningKey
from swarm.telemetry import ItemInterval
from swarm.tracker_messages import (
    ACTIVE,
    NO_SEQUENCE,
    VERSION,
    Announce,
    Answer,
    Answered,
    Candidates,
    Duty,
    Gone,
    Join,
    Offer,
    Offered,
    Refused,
    Report,
    Trickle,
    Trickled,
    Welcome,
)
from tracker.service import TrackerService
from tracker.settings import TrackerSettings

Build = Callable[[TrackerSettings], Awaitable[House]]


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    houses: list[House] = []

    async def make(settings: TrackerSettings) -> House:
        intervals: list[ItemInterval] = []
        service = TrackerService({KEY.public.kid: KEY.public}, intervals.extend, settings)
        app = web.Application()
        service.add_routes(app)
        await service.start()
        server = TestServer(app)
        await server.start_server()
        house = House(service, server, aiohttp.ClientSession(), intervals)
        houses.append(house)
        return house

    yield make
    for house in houses:
        for client in house.clients:
            await client.socket.close()
        await house.service.close()
        await house.session.close()
        await house.server.close()


@pytest.fixture
async def house(build: Build) -> House:
    return await build(TrackerSettings())


async def test_two_viewers_meet(house: House) -> None:
    ada, bob = await house.join("ada"), await house.join("bob")
    assert (await bob.announce()).peers == ()
    duty = await bob.expect(Duty)
    assert (duty.stripe, duty.stripes, duty.members) == (0, 1, 1)
    introduced = (await ada.announce()).peers
    assert [(p.peer, p.position) for p in introduced] == [(bob.id, 10)]
    await ada.send(Offer(bob.id, 7, connection()))
    offered = await bob.expect(Offered)
    assert offered.peer == ada.id
    assert offered.fingerprint == b"ada".ljust(32, b"\0")
    assert offered.connection == connection()
    await bob.send(Answer(ada.id, 7, connection(ACTIVE, "8.8.8.8")))
    answered = await ada.expect(Answered)
    assert answered.fingerprint == b"bob".ljust(32, b"\0")
    assert answered.connection.candidates == ()
    await ada.send(Trickle(bob.id, 7, connection().candidates))
    assert (await bob.expect(Trickled)).candidates == connection().candidates


async def test_a_feeder_that_goes_is_replaced_at_once(house: House) -> None:
    ada, bob = await house.join("ada"), await house.join("bob")
    await ada.announce()
    assert (await ada.expect(Duty)).stripe == 0
    await bob.announce()
    assert (await bob.expect(Duty)).stripe == -1
    began = time.monotonic()
    await ada.socket.close()
    assert (await bob.expect(Duty)).stripe == 0
    assert time.monotonic() - began < 0.5


async def test_an_offer_to_one_who_has_left_comes_back_at_once(house: House) -> None:
    ada, bob = await house.join("ada"), await house.join("bob")
    await bob.announce()
    await ada.announce()
    await bob.socket.close()
    await asyncio.sleep(0.05)
    await ada.send(Offer(bob.id, 3, connection()))
    assert await ada.expect(Gone) == Gone(bob.id, 3)


async def test_reports_reach_the_sink(build: Build) -> None:
    house = await build(TrackerSettings(flush_ms=200))
    ada, bob = await house.join("ada"), await house.join("bob", mode="off")
    for client in (ada, bob):
        await client.send(Report("item", 5000, 1000, 500, 0, 0, 0, 1500, 5000, 0, 300, 0, 1 if client is ada else 0))
    async with asyncio.timeout(3):
        while sum(i.played for i in house.intervals) < 3000:
            await asyncio.sleep(0.05)
    last = next(i for i in house.intervals if i.played)
    assert (last.course, last.item, last.viewers, last.p2p_viewers) == ("course", "item", 2, 1)
    assert sum(i.http for i in house.intervals) == 2000


async def test_a_sink_that_fails_stops_nothing(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    house = await build(TrackerSettings(flush_ms=100, join_ms=600))

    def fail(_: Sequence[ItemInterval]) -> None:
        raise ValueError("full")

    house.service._sink = fail
    ada = await house.join("ada")
    await ada.announce()
    stranger = await house.connect()
    assert await stranger.closed() == 1008
    assert "sink of telemetry failed" in caplog.text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("nonsense", "ticket_forged"),
        (ticket(age=600), "ticket_expired"),
        (ticket().rsplit(".", 1)[0] + "." + "A" * 86, "ticket_forged"),
    ],
)
async def test_no_entry_without_a_ticket(house: House, text: str, label: str) -> None:
    client = await house.connect()
    await client.send(Join(VERSION, text, "test"))
    assert (await client.expect(Refused)).reason == "ticket"
    assert await client.closed() == 1008
    assert house.refusals(label) == 1


async def test_silence_is_no_ticket(build: Build) -> None:
    house = await build(TrackerSettings(join_ms=300))
    client = await house.connect()
    began = time.monotonic()
    assert await client.closed() == 1008
    assert time.monotonic() - began < 2
    assert house.refusals("silent") == 1


async def test_text_garbage_and_size_end_the_connection(house: House) -> None:
    for data, code, label in (
        ("{}", 1003, "text"),
        (b"\xc1garbage", 1002, "protocol_msgpack"),
        (b"\xdd\xff\xff\xff\xff", 1002, "protocol_msgpack"),
        (b"\0" * (64 * 1024 + 1), 1009, "frame_size"),
    ):
        client = await house.join(f"ada{code}{label}{len(data)}")
        await (client.socket.send_str(data) if isinstance(data, str) else client.socket.send_bytes(data))
        assert await client.closed() == code
        await house.refused(label)


async def test_the_largest_message_is_not_too_large(house: House) -> None:
    client = await house.join("ada")
    await client.socket.send_bytes(b"\x91" + b"\xda\xff\xfc" + b"x" * (64 * 1024 - 4))
    assert await client.closed() == 1002
    assert house.refusals("frame_size") == 0


async def test_a_flood_is_cut_and_others_are_served(house: House) -> None:
    flooder, calm = await house.join("flo"), await house.join("cal")
    data = TO_TRACKER.encode(Announce("item", 0, 0, 0, 4, 4, (), (), 0))

    async def flood() -> None:
        while not flooder.socket.closed:
            await flooder.socket.send_bytes(data)
            await flooder.socket.receive()

    task = asyncio.create_task(flood())
    slowest = 0.0
    for _ in range(20):
        began = time.monotonic()
        await calm.announce(want=0)
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        await task
    assert house.refusals("rate") == 1
    assert slowest < 0.5


async def test_a_flood_of_pings_is_cut(house: House) -> None:
    client = await house.join("ada")
    for _ in range(300):
        await client.socket.ping()
    assert await client.closed() == 1008
    assert house.refusals("rate") == 1


async def test_a_peer_that_reads_nothing_is_dropped(build: Build) -> None:
    house = await build(TrackerSettings(queue_bytes=2_000, message_burst=100_000))
    deaf, other = await house.join("dea"), await house.join("oth")
    await deaf.announce(slots=65_535)
    connection_of = house.service._connections[1]
    gate = asyncio.Event()

    async def stuck(_: object) -> None:
        await gate.wait()

    connection_of._send = stuck  # type: ignore[method-assign, assignment]
    await other.announce()
    await other.send(Offer(deaf.id, 1, connection()))
    for _ in range(200):
        await other.send(Trickle(deaf.id, 1, connection().candidates))
        await deaf.send(Announce("item", 0, 0, 0, 4, 0, (), (), 0))
    await house.refused("slow")
    gate.set()
    await deaf.closed()


async def test_a_peer_that_does_not_answer_pings_is_dropped(build: Build) -> None:
    house = await build(TrackerSettings(ping_ms=200, silence_ms=400))
    deaf = await house.join("dea", autoping=False)
    await house.refused("silent")
    while not deaf.socket.closed:
        await deaf.socket.receive()


async def test_a_live_peer_answers_pings_and_stays(build: Build) -> None:
    house = await build(TrackerSettings(ping_ms=200, silence_ms=400))
    ada = await house.join("ada")
    reader = asyncio.create_task(ada.socket.receive())
    await asyncio.sleep(1.5)
    assert not reader.done()
    reader.cancel()


async def test_restart_is_told_with_a_time_to_come_back(house: House) -> None:
    clients = [await house.join(f"ada{i}") for i in range(8)]
    waits = [asyncio.create_task(c.closed()) for c in clients]
    await house.service.close()
    assert await asyncio.gather(*waits) == [1012] * 8
    refused = [m for c in clients for m in c.seen if isinstance(m, Refused)]
    assert {m.reason for m in refused} == {"restart"}
    assert len({m.retry for m in refused}) > 1
    assert all(200 <= m.retry <= 2000 for m in refused)
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await house.connect()
    assert error.value.status == 503


async def test_the_application_closes_with_viewers_connected(house: House) -> None:
    client = await house.join("ada")
    began = time.monotonic()
    closed = asyncio.create_task(client.closed())
    await house.server.close()
    assert await closed == 1012
    assert time.monotonic() - began < 3


async def test_strange_pages_are_refused(build: Build) -> None:
    house = await build(TrackerSettings(origins=("https://school.example",)))
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await house.connect(headers={"Origin": "https://leech.example"})
    assert error.value.status == 403
    await house.connect(headers={"Origin": "https://school.example"})
    await house.connect(headers={"Origin": f"http://{house.server.host}:{house.server.port}"})
    await house.connect()
    assert house.refusals("origin") == 1


async def test_a_full_tracker_says_when_to_come_back(build: Build) -> None:
    house = await build(TrackerSettings(max_connections=1))
    await house.join("ada")
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await house.connect()
    assert error.value.status == 503
    assert error.value.headers is not None
    assert int(error.value.headers["Retry-After"]) >= 2


async def test_a_plain_request_is_no_websocket(house: House) -> None:
    async with house.session.get(house.server.make_url("/tracker")) as response:
        assert response.status == 400
    assert house.service.registry.get_sample_value("tracker_connections") == 0


async def test_keys_may_be_replaced_while_it_runs(house: House) -> None:
    other = SigningKey.generate()
    house.service.keys = {other.public.kid: other.public}
    client = await house.connect()
    await client.send(Join(VERSION, ticket("ada"), "test"))
    assert (await client.expect(Refused)).reason == "ticket"
    assert house.refusals("ticket_key") == 1


async def test_the_same_ticket_twice_leaves_one_connection(house: House) -> None:
    text = ticket("ada", serial="one")
    first, second = await house.connect(), await house.connect()
    for client in (first, second):
        await client.send(Join(VERSION, text, "test"))
        await client.expect(Welcome)
    assert (await first.expect(Refused)).reason == "replaced"
    assert await first.closed() == 1008
    assert (await second.announce()).peers == ()


async def test_positions_may_be_none(house: House) -> None:
    client = await house.join("ada")
    await client.send(Announce("item", NO_SEQUENCE, NO_SEQUENCE, NO_SEQUENCE, 0, 4, (), (), 0))
    assert (await client.expect(Candidates)).peers == ()
    assert (await client.expect(Duty)).stripe == -1
