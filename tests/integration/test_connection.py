"""Two real WebRTC connections in one process: exchange, refusal of strangers, and attacks on a live peer."""

import asyncio
import hashlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiortc import rtcsctptransport as sctp

from seeder.certificate import Certificate, process_certificate
from seeder.connection import PeerConnection
from seeder.errors import ConnectionFailed
from swarm.tracker_messages import ACTIVE, Candidate, Connection

CERTIFICATE = process_certificate()


class Side:
    """Records what a connection tells."""

    def __init__(self, timeout_ms: int = 15_000) -> None:
        self.connection = PeerConnection(self, CERTIFICATE, timeout_ms=timeout_ms)
        self.open = asyncio.Event()
        self.reason = ""
        self.gone = asyncio.Event()
        self.control: asyncio.Queue[bytes] = asyncio.Queue()
        self.blocks: asyncio.Queue[bytes] = asyncio.Queue()
        self.low = 0

    def opened(self, connection: PeerConnection) -> None:
        self.open.set()

    def closed(self, connection: PeerConnection, reason: str) -> None:
        self.reason = reason
        self.gone.set()

    def control_received(self, connection: PeerConnection, message: bytes) -> None:
        self.control.put_nowait(message)

    def blocks_received(self, connection: PeerConnection, message: bytes) -> None:
        self.blocks.put_nowait(message)

    def drained(self, connection: PeerConnection) -> None:
        self.low += 1

    def candidates_found(self, connection: PeerConnection, candidates: tuple[Candidate, ...]) -> None:
        raise AssertionError("all candidates of this host are known at once")


Pair = tuple[Side, Side]


async def connect(a: Side, b: Side) -> None:
    answer = await b.connection.answer(await a.connection.offer(), CERTIFICATE.fingerprint)
    assert answer.setup == ACTIVE
    await a.connection.accept(answer, CERTIFICATE.fingerprint)
    await asyncio.wait_for(asyncio.gather(a.open.wait(), b.open.wait()), 10)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    a, b = Side(), Side()
    await connect(a, b)
    yield a, b
    await a.connection.close()
    await b.connection.close()


async def alive(pair: Pair) -> None:
    """The event loop turns, and a fresh pair of connections works beside whatever was attacked."""
    await asyncio.wait_for(asyncio.sleep(0.01), 1)
    a, b = Side(), Side()
    await connect(a, b)
    a.connection.send_control(b"still here")
    assert await asyncio.wait_for(b.control.get(), 5) == b"still here"
    await a.connection.close()
    await b.connection.close()


async def test_blocks_go_both_ways_whole(pair: Pair) -> None:
    messages = [os.urandom(64 * 1024) for _ in range(24)]
    for side in pair:
        for message in messages:
            side.connection.send_blocks(message)
        assert side.connection.buffered > 1024 * 1024
    for side in pair:
        received = [await asyncio.wait_for(side.blocks.get(), 10) for _ in messages]
        assert {hashlib.sha256(m).digest() for m in received} == {hashlib.sha256(m).digest() for m in messages}


async def test_control_keeps_its_order_and_low_mark_is_told(pair: Pair) -> None:
    a, b = pair
    a.connection.set_low_mark(64 * 1024)
    for number in range(50):
        a.connection.send_blocks(bytes(16 * 1024))
        a.connection.send_control(bytes([number]))
    assert [await asyncio.wait_for(b.control.get(), 5) for _ in range(50)] == [bytes([n]) for n in range(50)]
    for _ in range(50):
        await asyncio.wait_for(b.blocks.get(), 5)
    assert a.low >= 1


async def test_one_certificate_for_all_connections_of_a_peer() -> None:
    assert process_certificate() is CERTIFICATE
    assert len(CERTIFICATE.fingerprint) == 32
    assert Certificate().fingerprint != CERTIFICATE.fingerprint
    for side in (Side(), Side()):
        prints = transport(side).transport.getLocalParameters().fingerprints
        assert prints == CERTIFICATE.rtc.getFingerprints()
        assert prints[0].value == CERTIFICATE.fingerprint.hex(":").upper()
        await side.connection.close()


async def test_closing_is_told_to_both(pair: Pair) -> None:
    a, b = pair
    await a.connection.close()
    await asyncio.wait_for(b.gone.wait(), 5)
    assert (a.reason, b.reason) == ("closed", "closed by the peer")
    a.connection.send_control(b"into the void")


async def test_a_stranger_with_another_certificate_is_refused() -> None:
    a, b = Side(), Side()
    answer = await b.connection.answer(await a.connection.offer(), CERTIFICATE.fingerprint)
    await a.connection.accept(answer, bytes(32))
    await asyncio.wait_for(a.gone.wait(), 10)
    assert not a.open.is_set()
    await a.connection.close()
    await b.connection.close()


async def test_nobody_there_ends_in_time() -> None:
    a = Side(timeout_ms=300)
    await a.connection.offer()
    await asyncio.wait_for(a.gone.wait(), 2)
    assert a.reason == "timeout"
    await a.connection.close()


async def test_a_smuggling_offer_is_refused() -> None:
    a, b = Side(), Side()
    offer = await a.connection.offer()
    bad = replace(offer, ufrag=offer.ufrag + "\r\na=ice-lite")
    with pytest.raises(ConnectionFailed):
        await b.connection.answer(bad, CERTIFICATE.fingerprint)
    await asyncio.wait_for(b.gone.wait(), 5)
    await a.connection.close()
    await b.connection.close()


async def test_trickled_candidates_suffice() -> None:
    a, b = Side(), Side()
    offer = await a.connection.offer()
    answer = await b.connection.answer(
        Connection(offer.ufrag, offer.password, offer.setup, ()), CERTIFICATE.fingerprint
    )
    await a.connection.accept(replace(answer, candidates=()), CERTIFICATE.fingerprint)
    hidden = Candidate(0, "1", 1, "0b6b9d0e-1111-4b7e-8f3c-0a4c2f0f7f10.local", 9)
    a.connection.add_candidates((hidden, replace(hidden, address="not an address"), *answer.candidates))
    await asyncio.wait_for(asyncio.gather(a.open.wait(), b.open.wait()), 10)
    await a.connection.close()
    await b.connection.close()


def transport(side: Side) -> sctp.RTCSctpTransport:
    found = side.connection._rtc.sctp
    assert found is not None
    return found


def raw(kind: int, body: bytes) -> sctp.Chunk:
    chunk = sctp.Chunk(body=body)
    chunk.type = kind
    return chunk


async def test_a_parameter_without_length_does_not_hang(pair: Pair) -> None:
    a, b = pair
    await transport(a)._send_chunk(raw(4, bytes(4)))
    a.connection.send_control(b"after the attack")
    assert await asyncio.wait_for(b.control.get(), 5) == b"after the attack"
    await alive(pair)


@pytest.mark.parametrize(
    "chunk",
    [
        raw(3, struct.pack("!LLHH", 0, 0, 1, 0) + struct.pack("!HH", 1, 65535)),
        raw(192, struct.pack("!LHH", 1, 7, 7)),
        raw(130, struct.pack("!HHL", 13, 8, 1)),
        raw(0, struct.pack("!LHHL", 1, 9, 0, 53) + b"x"),
        raw(0, struct.pack("!LHHL", 1, 0, 0, 51) + b"\xff\xfe"),
    ],
    ids=["gaps", "forward", "reconfig", "stream", "text"],
)
async def test_broken_chunks_close_only_their_sender(pair: Pair, chunk: sctp.Chunk) -> None:
    a, b = pair
    base = transport(a)._local_tsn
    body = bytearray(chunk.body)
    if chunk.type == 0:
        chunk = raw(0, struct.pack("!L", base) + bytes(body[4:]))
        chunk.flags = sctp.SCTP_DATA_FIRST_FRAG | sctp.SCTP_DATA_LAST_FRAG
    elif chunk.type == 3:
        chunk = raw(3, struct.pack("!L", transport(b)._local_tsn - 1) + bytes(body[4:]))
    await transport(a)._send_chunk(chunk)
    await asyncio.wait_for(b.gone.wait(), 5)
    await alive(pair)


async def test_an_unfinished_message_is_cut_off(pair: Pair) -> None:
    a, b = pair
    victim, attacker = transport(b), transport(a)
    most, base = 0, attacker._local_tsn
    for number in range(400):
        chunk = sctp.DataChunk(flags=sctp.SCTP_DATA_UNORDERED | (sctp.SCTP_DATA_FIRST_FRAG if number == 0 else 0))
        chunk.tsn = (base + number) % 2**32
        chunk.stream_id, chunk.protocol, chunk.user_data = 1, 53, bytes(1000)
        attacker._local_tsn = (chunk.tsn + 1) % 2**32
        if b.gone.is_set():
            break
        await attacker._send_chunk(chunk)
        await asyncio.sleep(0)
        most = max(most, sum(len(c.user_data) for s in victim._inbound_streams.values() for c in s.reassembly))
    await asyncio.wait_for(b.gone.wait(), 5)
    assert most <= 70 * 1024
    await alive(pair)


async def test_empty_fragments_are_counted_too(pair: Pair) -> None:
    a, b = pair
    attacker = transport(a)
    base = attacker._local_tsn
    for number in range(4000):
        chunk = sctp.DataChunk(flags=sctp.SCTP_DATA_UNORDERED)
        chunk.tsn = (base + 2 * number + 1) % 2**32
        chunk.stream_id, chunk.protocol = 1, 53
        attacker._local_tsn = (chunk.tsn + 1) % 2**32
        if b.gone.is_set():
            break
        await attacker._send_chunk(chunk)
        if number % 16 == 0:
            await asyncio.sleep(0)
    await asyncio.wait_for(b.gone.wait(), 5)
    await alive(pair)


async def test_datagrams_of_bystanders_do_no_harm(pair: Pair) -> None:
    a, b = pair
    ports = [c.port for c in transport(b).transport.transport.iceGatherer.getLocalCandidates() if ":" not in c.ip]
    hosts = [c.ip for c in transport(b).transport.transport.iceGatherer.getLocalCandidates() if ":" not in c.ip]
    stun = struct.pack("!HHI12s", 1, 8, 0x2112A442, bytes(12)) + struct.pack("!HHHH", 0x24, 1, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for datagram in (b"", b"\x00", b"\x16", stun, os.urandom(300)):
            stranger.sendto(datagram, (hosts[0], ports[0]))
    await asyncio.sleep(0.05)
    a.connection.send_control(b"undisturbed")
    assert await asyncio.wait_for(b.control.get(), 5) == b"undisturbed"
