"""Block messages of the `blocks` channel.

Request (4 bytes) and first block (2 bytes), both big-endian, then 1 to 4 blocks.
"""

import struct
from dataclasses import dataclass

from swarm.errors import ProtocolError
from swarm.identity import BLOCK_BYTES

MAX_BLOCKS_PER_MESSAGE = 4
_HEADER = struct.Struct(">IH")
HEADER_BYTES = _HEADER.size
MAX_BLOCK_MESSAGE_BYTES = HEADER_BYTES + MAX_BLOCKS_PER_MESSAGE * BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Blocks:
    """Some consecutive blocks in answer to a want; only the last may be shorter than 16 KiB."""

    request: int
    first: int
    data: bytes

    @property
    def count(self) -> int:
        return -(-len(self.data) // BLOCK_BYTES)


def encode_blocks(request: int, first: int, data: bytes | memoryview) -> bytes:
    """Write a block message of 1 byte to 64 KiB of blocks."""
    return _HEADER.pack(request, first) + data


def decode_blocks(message: bytes) -> Blocks:
    """Read a block message. Raises ProtocolError when it is empty or too long."""
    if not HEADER_BYTES < len(message) <= MAX_BLOCK_MESSAGE_BYTES:
        raise ProtocolError("blocks", f"a block message has 7 to {MAX_BLOCK_MESSAGE_BYTES} bytes, not {len(message)}")
    request, first = _HEADER.unpack_from(message)
    return Blocks(request, first, message[HEADER_BYTES:])
