"""Messages on the wire: the vectors, and any bytes at all."""

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.blocks import MAX_BLOCK_MESSAGE_BYTES, decode_blocks, encode_blocks
from swarm.codec import FROM_TRACKER, PEER, TO_TRACKER, Codec
from swarm.errors import ProtocolError
from swarm.peer_messages import Bye, Have, Want
from swarm.schema import Blob, Field, Int, Many, Text, UInt, fields_of
from tests.vectors import load, unzipped

VECTORS = load("messages")
CODECS: dict[str, Codec[Any]] = {"peer": PEER, "to_tracker": TO_TRACKER, "from_tracker": FROM_TRACKER}


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda v: v["why"])
def test_messages_that_break_the_protocol_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as refusal:
        CODECS[vector["codec"]].decode(unzipped(vector))
    assert refusal.value.reason == vector["reason"]


@pytest.mark.parametrize("name", CODECS)
def test_written_messages_are_read_back(name: str) -> None:
    for vector in VECTORS[name]:
        data = bytes.fromhex(vector["data"])
        message = CODECS[name].decode(data)
        assert type(message).__name__ == vector["type"]
        assert CODECS[name].encode(message) == data


@pytest.mark.parametrize(
    "message",
    [
        Want(-1, bytes(32), 0, 1, 0, True),
        Want(2**32, bytes(32), 0, 1, 0, True),
        Want(1, bytes(31), 0, 1, 0, True),
        Have(0, 0, bytes(4097)),
        Bye("é" * 33),
    ],
)
def test_messages_over_their_limits_never_leave(message: Any) -> None:
    with pytest.raises(ProtocolError):
        PEER.encode(message)


def near(field: Field) -> st.SearchStrategy[Any]:
    """Values near what a field allows, right and wrong."""
    kind = field.kind
    right: st.SearchStrategy[Any] = st.booleans()
    if isinstance(kind, UInt | Int):
        right = st.integers(-2, kind.most + 1)
    elif isinstance(kind, Text):
        right = st.text(max_size=min(kind.most + 1, 70))
    elif isinstance(kind, Blob):
        right = st.binary(min_size=kind.least, max_size=min(kind.most + 1, kind.least + 40))
    elif isinstance(kind, Many) and field.element is not None:
        right = st.lists(near(field.element), max_size=min(kind.most + 1, 5))
    elif field.record is not None:
        right = st.tuples(*(near(one) for one in fields_of(field.record)))
    return right | st.none() | st.floats() | st.integers()


def nearly(codec: Codec[Any]) -> st.SearchStrategy[bytes]:
    """Any bytes, and arrays that are nearly messages."""
    arrays = [
        st.tuples(st.just(number), *(near(field) for field in fields_of(message)))
        for number, message in codec.types.items()
    ]
    return st.binary(max_size=300) | st.one_of(arrays).map(_pack)


def _pack(values: Any) -> bytes:
    try:
        packed: bytes = msgpack.packb(values)
    except OverflowError:
        return b"\xc1"
    return packed


@pytest.mark.parametrize("name", CODECS)
def test_any_bytes_give_a_message_or_a_protocol_error(name: str) -> None:
    codec = CODECS[name]

    @given(nearly(codec))
    def read(data: bytes) -> None:
        try:
            message = codec.decode(data)
        except ProtocolError:
            return
        assert codec.decode(codec.encode(message)) == message

    read()


@pytest.mark.parametrize("vector", load("blocks")["messages"], ids=lambda v: str(v["size"]))
def test_block_messages_are_read_back(vector: dict[str, int]) -> None:
    read = decode_blocks(encode_blocks(vector["request"], vector["first"], bytes(vector["size"])))
    assert (read.request, read.first, len(read.data)) == (vector["request"], vector["first"], vector["size"])
    assert read.count == vector["count"]


@pytest.mark.parametrize("size", [0, 1, 6, MAX_BLOCK_MESSAGE_BYTES + 1])
def test_block_messages_of_other_lengths_are_refused(size: int) -> None:
    with pytest.raises(ProtocolError):
        decode_blocks(bytes(size))
