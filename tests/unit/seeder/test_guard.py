"""The guard refuses what would hang or bloat an aiortc process; attacks in memory."""

import struct
from collections.abc import Iterable

import pytest
from aiortc import rtcsctptransport as sctp
from hypothesis import given
from hypothesis import strategies as st

from seeder import guard
from seeder.errors import GuardError

guard.install()


def fragment(tsn: int, size: int, flags: int = 0) -> sctp.DataChunk:
    chunk = sctp.DataChunk(flags=flags)
    chunk.tsn = tsn % 2**32
    chunk.user_data = bytes(size)
    return chunk


def add_all(stream: sctp.InboundStream, tsns: Iterable[int]) -> None:
    for tsn in tsns:
        stream.add_chunk(fragment(tsn, 1024))


@pytest.mark.timeout(5)
@given(st.binary(max_size=80))
def test_parameters_never_loop(body: bytes) -> None:
    try:
        params = guard.decode_params(body)
    except ValueError:
        return
    assert sum(4 + len(value) for _, value in params) <= len(body)


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_short_parameter_is_refused_in_every_chunk(length: int) -> None:
    body = struct.pack("!HH", 1, length)
    for kind in (sctp.HeartbeatChunk, sctp.HeartbeatAckChunk, sctp.AbortChunk, sctp.ErrorChunk, sctp.ReconfigChunk):
        with pytest.raises(ValueError, match="parameter"):
            kind(body=body)
    for init in (sctp.InitChunk, sctp.InitAckChunk):
        with pytest.raises(ValueError, match="parameter"):
            init(body=bytes(16) + body)


def test_honest_parameters_still_read() -> None:
    params = [(0x8008, b"\xc0\x82"), (0xC000, b""), (7, bytes(24))]
    assert guard.decode_params(sctp.encode_params(params)) == params


@given(st.binary(max_size=200), st.sampled_from([0, 1, 3, 4, 130, 192]))
def test_malformed_packets_raise_value_error(body: bytes, kind: int) -> None:
    chunk = sctp.Chunk(body=body)
    chunk.type = kind
    packet = sctp.serialize_packet(5000, 5000, 1, chunk)
    try:
        sctp.parse_packet(packet)
    except ValueError:
        return


@pytest.mark.parametrize("start", [0, 2**32 - 30])
def test_a_message_without_end_is_refused(start: int) -> None:
    stream = guard.GuardedStream()
    stream.add_chunk(fragment(start, 1024, sctp.SCTP_DATA_FIRST_FRAG))
    with pytest.raises(guard.Hostile):
        add_all(stream, range(start + 1, start + 200))
    assert sum(len(c.user_data) for c in stream.reassembly) <= guard.MAX_MESSAGE_BYTES + 1024


def test_holes_do_not_hide_the_size_of_a_message() -> None:
    stream = guard.GuardedStream()
    stream.add_chunk(fragment(0, 1024, sctp.SCTP_DATA_FIRST_FRAG))
    with pytest.raises(guard.Hostile):
        add_all(stream, [tsn for even in range(2, 400, 2) for tsn in (even, even - 1)])
    assert len(stream.reassembly) <= guard.MAX_MESSAGE_BYTES // 1024 + 1


def test_honest_messages_pass_in_any_order() -> None:
    stream = guard.GuardedStream()
    received = []
    for message in range(40):
        base = message * 64
        order = [*range(1, 64, 2), *range(0, 64, 2)]
        for index in order:
            flags = sctp.SCTP_DATA_UNORDERED
            flags |= sctp.SCTP_DATA_FIRST_FRAG if index == 0 else 0
            flags |= sctp.SCTP_DATA_LAST_FRAG if index == 63 else 0
            stream.add_chunk(fragment(base + index, 1024, flags))
        received += list(stream.pop_messages())
    assert [len(data) for _, _, data in received] == [65536] * 40
    assert not stream.reassembly


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "version", lambda package: "1.17.0")
    with pytest.raises(GuardError):
        guard.install()


def test_the_self_test_sees_a_missing_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sctp, "decode_params", lambda body: [])
    with pytest.raises(GuardError):
        guard.self_test()
    monkeypatch.setattr(sctp, "decode_params", guard.decode_params)
    monkeypatch.setattr(guard, "MAX_MESSAGE_BYTES", 10**9)
    monkeypatch.setattr(guard, "_must_refuse", lambda what, attack: attack())
    with pytest.raises(ValueError, match="parameter"):
        guard.self_test()
