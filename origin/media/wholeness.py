"""Whether a file ends before its own container says it does: a copy or upload that broke off. Reads sizes only."""

import struct
from typing import BinaryIO

_MOST_BOXES = 200_000
_EBML_HEADER, _MATROSKA_SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"


def missing_bytes(file: BinaryIO, size: int, demuxer: str) -> int:
    """Bytes that the container promises beyond the end of a file of `size` bytes; 0 if it is whole or does not say."""
    file.seek(0)
    if demuxer == "mov":
        return _mov(file, size)
    if demuxer == "matroska":
        return _matroska(file, size)
    if demuxer == "avi":
        (riff,) = struct.unpack("<I", file.read(8)[4:])
        return max(0, int(riff) + 8 - size)
    return 0


def _mov(file: BinaryIO, size: int) -> int:
    """Walk the top-level boxes (ISO 14496-12, 4.2). A box of size 0 reaches to the end."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return 0
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:
            return 0
        at += length
        if at >= size:
            return at - size
    return 0


def _matroska(file: BinaryIO, size: int) -> int:
    """EBML header, then the segment (RFC 9559; sizes: RFC 8794, 6.2). A recorder that was cut off leaves it unknown."""
    at = 0
    for wanted in (_EBML_HEADER, _MATROSKA_SEGMENT):
        file.seek(at)
        header = file.read(12)
        if header[:4] != wanted or len(header) < 12 or not header[4]:
            return 0
        width = 9 - header[4].bit_length()
        length = int.from_bytes(header[4 : 4 + width], "big") & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:
            return 0
        at += 4 + width + length
    return max(0, at - size)
