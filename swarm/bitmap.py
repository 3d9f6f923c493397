"""Bitmaps as Python integers; on the wire bit 0 is the lowest bit of the first byte, trailing zero bytes are cut."""

from collections.abc import Iterable, Iterator


def pack(bits: int) -> bytes:
    """Write a bitmap."""
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def unpack(data: bytes) -> int:
    """Read a bitmap."""
    return int.from_bytes(data, "little")


def of(numbers: Iterable[int]) -> int:
    """The bitmap with these bits set."""
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits


def ones(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def full(count: int) -> int:
    """The bitmap of `count` ones."""
    return (1 << count) - 1
