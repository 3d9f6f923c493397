"""Bytes to checked messages and back. Decoding looks at the size first and checks every field after.

Raises ProtocolError and nothing else, whatever the bytes are.
"""

from typing import Any, Generic, TypeVar

import msgpack

from swarm.errors import ProtocolError
from swarm.peer_messages import MAX_MESSAGE_BYTES as PEER_BYTES
from swarm.peer_messages import PEER_TYPES, PeerMessage
from swarm.schema import build, unbuild
from swarm.tracker_messages import FROM_TRACKER_TYPES, TO_TRACKER_TYPES, FromTracker, ToTracker
from swarm.tracker_messages import MAX_MESSAGE_BYTES as TRACKER_BYTES

Message = TypeVar("Message")


class Codec(Generic[Message]):
    """One direction of one protocol: its message types by number, and the largest message in bytes."""

    def __init__(self, types: dict[int, type], most: int) -> None:
        self.types = types
        self.most = most
        self._numbers = {message: number for number, message in types.items()}

    def encode(self, message: Message) -> bytes:
        """Write a message. Raises ProtocolError when a field is over its limit, so that no such message leaves."""
        packed: bytes = msgpack.packb([self._numbers[type(message)], *unbuild(message)])
        if len(packed) > self.most:
            raise ProtocolError("size", f"{len(packed)} bytes, at most {self.most}")
        return packed

    def decode(self, data: bytes) -> Message:
        """Read one message. Raises ProtocolError."""
        if len(data) > self.most:
            raise ProtocolError("size", f"{len(data)} bytes, at most {self.most}")
        values = self._unpack(data)
        if type(values) is not list or not values or type(values[0]) is not int:
            raise ProtocolError("shape", "a message is an array that begins with its type number")
        kind = self.types.get(values[0])
        if kind is None:
            raise ProtocolError("type", f"unknown message type {values[0]}")
        message: Message = build(kind, values[1:])
        return message

    def _unpack(self, data: bytes) -> Any:
        try:
            return msgpack.unpackb(
                data,
                max_str_len=self.most,
                max_bin_len=self.most,
                max_array_len=256,
                max_map_len=0,
                max_ext_len=0,
            )
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise ProtocolError("msgpack", f"not a msgpack array: {error}") from error


PEER: Codec[PeerMessage] = Codec(PEER_TYPES, PEER_BYTES)
TO_TRACKER: Codec[ToTracker] = Codec(TO_TRACKER_TYPES, TRACKER_BYTES)
FROM_TRACKER: Codec[FromTracker] = Codec(FROM_TRACKER_TYPES, TRACKER_BYTES)
