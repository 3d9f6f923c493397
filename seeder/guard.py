"""A guard around the SCTP of aiortc and the ICE of aioice, for peers that are strangers.

Both libraries trust what arrives after DTLS more than a stranger deserves: a parameter without length is parsed for
ever, reassembly has no bound, acknowledgements may name any range, and some malformed input leaves the receive loop as
an exception that nobody expects. The guard replaces the few functions concerned, and closes the association of
whoever sends such things; no honest peer does. It fits the pinned versions alone and refuses all others.
"""

import struct
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from aioice import ice
from aiortc import rtcsctptransport as sctp
from aiortc.exceptions import InvalidStateError
from OpenSSL import SSL

from seeder.errors import GuardError

MAX_MESSAGE_BYTES = 68 * 1024
"""Most bytes of one message in reassembly; all together are bounded by the receive window of aiortc, 1 MiB."""
MAX_STREAM = 1
MAX_CHUNKS = 2048
"""Most DATA chunks held back, and most TSNs ahead of the first gap: twice the receive window in full packets."""
MAX_PAIRS = 100
MAX_DATAGRAMS = 4096
_BROKEN = (
    ValueError,
    LookupError,
    AttributeError,
    AssertionError,
    NameError,
    TypeError,
    struct.error,
    InvalidStateError,
    SSL.Error,
)
"""What malformed input was seen or read to raise in the receive loop of aiortc."""
_VERSIONS = {"aiortc": "1.16.0", "aioice": "0.13.0"}
_MODULO = 2**32
_Association = sctp.RTCSctpTransport


class Hostile(ValueError):
    """What arrived is outside what an honest peer sends."""


def decode_params(body: bytes) -> list[tuple[int, bytes]]:
    """Read SCTP parameters (RFC 9260 section 3.2.1). Raises ValueError when one does not have the length it says."""
    params = []
    position = 0
    while position <= len(body) - 4:
        kind, length = struct.unpack_from("!HH", body, position)
        if length < 4 or position + length > len(body):
            raise ValueError(f"SCTP parameter of {length} bytes")
        params.append((kind, body[position + 4 : position + length]))
        position += length + -length % 4
    return params


def check_data(transport: _Association, chunk: sctp.DataChunk) -> None:
    """Raise Hostile when a DATA chunk lies outside our two channels or the receive window."""
    if chunk.stream_id > MAX_STREAM:
        raise Hostile(f"stream {chunk.stream_id}")
    if transport._last_received_tsn is None:
        raise Hostile("data before the association")
    ahead = (chunk.tsn - transport._last_received_tsn) % _MODULO
    if MAX_CHUNKS < ahead < _MODULO // 2:
        raise Hostile(f"data {ahead} ahead")


def check_held(transport: _Association) -> None:
    """Raise Hostile when reassembly holds more than the receive window or too many chunks."""
    chunks = sum(len(stream.reassembly) for stream in transport._inbound_streams.values())
    if transport._advertised_rwnd < 0 or chunks > MAX_CHUNKS:
        raise Hostile(f"{chunks} chunks held")


def message_bytes(chunks: list[sctp.DataChunk], index: int) -> int:
    """Bytes held so far of the message that chunk `index` belongs to; `chunks` are in order of TSN."""
    first = last = index
    while not chunks[first].flags & sctp.SCTP_DATA_FIRST_FRAG and _joined(chunks, first - 1):
        first -= 1
    while not chunks[last].flags & sctp.SCTP_DATA_LAST_FRAG and _joined(chunks, last):
        last += 1
    return sum(len(chunk.user_data) for chunk in chunks[first : last + 1])


def _joined(chunks: list[sctp.DataChunk], index: int) -> bool:
    return 0 <= index < len(chunks) - 1 and chunks[index + 1].tsn == (chunks[index].tsn + 1) % _MODULO


def check_sack(transport: _Association, chunk: sctp.SackChunk) -> None:
    """Raise Hostile when an acknowledgement names what was never sent (RFC 9260 section 3.3.4)."""
    sent = (transport._local_tsn - 1 - chunk.cumulative_tsn) % _MODULO
    if sent >= _MODULO // 2:
        raise Hostile("acknowledged what was not sent")
    named = 0
    for first, last in chunk.gaps:
        named += last - first + 1
        if not 1 <= first <= last <= sent or named > sent:
            raise Hostile(f"gap {first} to {last} of {sent}")


class GuardedStream(sctp.InboundStream):
    """Reassembly of one stream that keeps count of what it holds, so that the bounds cost next to nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._run = 0
        self._run_end = -1

    def add_chunk(self, chunk: sctp.DataChunk) -> None:
        super().add_chunk(chunk)
        if self.reassembly[-1] is chunk:
            starts = chunk.flags & sctp.SCTP_DATA_FIRST_FRAG or chunk.tsn != (self._run_end + 1) % _MODULO
            self._run = len(chunk.user_data) + (0 if starts else self._run)
            self._run_end = chunk.tsn
            held = self._run
        else:
            held = message_bytes(self.reassembly, self.reassembly.index(chunk))
            self._run = message_bytes(self.reassembly, len(self.reassembly) - 1)
        if held > MAX_MESSAGE_BYTES:
            raise Hostile(f"message of {held} bytes")


_parse_packet = sctp.parse_packet
_handle_data = _Association._handle_data
_receive_data_chunk = _Association._receive_data_chunk
_receive_sack_chunk = _Association._receive_sack_chunk
_data_received = ice.Connection.data_received
_check_incoming = ice.Connection.check_incoming
_datagram_received = ice.StunProtocol.datagram_received


def _guarded_parse(data: bytes) -> tuple[int, int, int, list[sctp.Chunk]]:
    try:
        return _parse_packet(data)
    except (struct.error, IndexError) as error:
        raise ValueError(f"malformed SCTP packet: {error}") from error


async def _guarded_handle(transport: _Association, data: bytes) -> None:
    try:
        await _handle_data(transport, data)
    except _BROKEN as error:
        sctp.logger.warning("closing the association of a peer that broke SCTP: %s", error)
        await transport.stop()


async def _guarded_data(transport: _Association, chunk: sctp.DataChunk) -> None:
    check_data(transport, chunk)
    await _receive_data_chunk(transport, chunk)
    check_held(transport)


async def _guarded_sack(transport: _Association, chunk: sctp.SackChunk) -> None:
    check_sack(transport, chunk)
    await _receive_sack_chunk(transport, chunk)


async def _guarded_forward(transport: _Association, chunk: sctp.ForwardTsnChunk) -> None:
    raise Hostile("FORWARD TSN, though both channels are reliable")


def _guarded_stream(transport: _Association, stream_id: int) -> sctp.InboundStream:
    return transport._inbound_streams.setdefault(stream_id, GuardedStream())


def _guarded_datagram(connection: ice.Connection, data: bytes, component: int) -> None:
    if data and connection._queue.qsize() < MAX_DATAGRAMS:
        _data_received(connection, data, component)


def _guarded_check(connection: ice.Connection, message: Any, address: Any, protocol: Any) -> None:
    if len(connection._check_list) < MAX_PAIRS and "PRIORITY" in message.attributes:
        _check_incoming(connection, message, address, protocol)


def _guarded_stun(protocol: ice.StunProtocol, data: bytes | str, address: tuple[Any, ...]) -> None:
    try:
        _datagram_received(protocol, data, address)
    except (struct.error, LookupError, TypeError, AssertionError) as error:
        ice.logger.info("malformed STUN from %s: %s", address, error)


_REPLACED: tuple[tuple[Any, str, Callable[..., Any | Awaitable[Any]]], ...] = (
    (sctp, "decode_params", decode_params),
    (sctp, "parse_packet", _guarded_parse),
    (_Association, "_handle_data", _guarded_handle),
    (_Association, "_receive_data_chunk", _guarded_data),
    (_Association, "_receive_sack_chunk", _guarded_sack),
    (_Association, "_receive_forward_tsn_chunk", _guarded_forward),
    (_Association, "_get_inbound_stream", _guarded_stream),
    (ice.Connection, "data_received", _guarded_datagram),
    (ice.Connection, "check_incoming", _guarded_check),
    (ice.StunProtocol, "datagram_received", _guarded_stun),
)


def install() -> None:
    """Put the guard in place and test it. Raises GuardError when the libraries are not those it was written for."""
    for package, wanted in _VERSIONS.items():
        if version(package) != wanted:
            raise GuardError(f"the guard fits {package} {wanted}, but {version(package)} is installed")
    for owner, name, guarded in _REPLACED:
        if not hasattr(owner, name):
            raise GuardError(f"{owner.__name__} has no {name}")
        setattr(owner, name, guarded)
    self_test()


def self_test() -> None:
    """Feed the guard what it must refuse, in memory. Raises GuardError when anything passes."""
    for owner, name, guarded in _REPLACED:
        if getattr(owner, name) is not guarded:
            raise GuardError(f"{owner.__name__}.{name} is not guarded")
    _must_refuse("a parameter without length", lambda: sctp.HeartbeatChunk(body=bytes(8)))
    stream = GuardedStream()
    for tsn in range(MAX_MESSAGE_BYTES // 1024):
        stream.add_chunk(_fragment(tsn))
    _must_refuse("a message without end", lambda: stream.add_chunk(_fragment(MAX_MESSAGE_BYTES // 1024)))


def _fragment(tsn: int) -> sctp.DataChunk:
    chunk = sctp.DataChunk(flags=sctp.SCTP_DATA_FIRST_FRAG if tsn == 0 else 0)
    chunk.tsn = tsn
    chunk.user_data = bytes(1024)
    return chunk


def _must_refuse(what: str, attack: Callable[[], object]) -> None:
    try:
        attack()
    except ValueError:
        return
    raise GuardError(f"the guard lets {what} pass")
