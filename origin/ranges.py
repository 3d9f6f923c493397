"""Conditional and partial requests (RFC 9110 sections 13 and 14), for objects whose ETag is their content's name."""

import re

from origin.errors import UnsatisfiableRange

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})[ \t]*-[ \t]*(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
MAX_HEADER_CHARS = 4096


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and length of a single byte range of an object of `size` bytes.

    None when there is no range, or one that a server may ignore: another unit, several ranges, a broken one.
    Raises UnsatisfiableRange when it lies outside the object.
    """
    match = _RANGE.fullmatch(header) if header is not None and len(header) <= MAX_HEADER_CHARS else None
    if match is None or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    if not first_text:
        length = min(int(last_text), size)
        return _satisfiable(size - length, length, size)
    first = int(first_text)
    last = int(last_text) if last_text else size - 1
    if last_text and last < first:
        return None
    return _satisfiable(first, min(last, size - 1) - first + 1, size)


def _satisfiable(first: int, length: int, size: int) -> tuple[int, int]:
    if length <= 0 or first >= size:
        raise UnsatisfiableRange(f"bytes {first} on of {size}")
    return first, length


def etag_listed(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names `etag` (written with its quotes), by weak comparison."""
    if header is None or len(header) > MAX_HEADER_CHARS:
        return False
    wanted = etag.removeprefix("W/").strip('"')
    return header.strip() == "*" or any(tag == wanted for _, tag in _TAG.findall(header))


def range_applies(if_range: str | None, etag: str) -> bool:
    """Whether a Range still holds under If-Range: only when it names the same strong ETag. Dates never match."""
    return if_range is None or (not etag.startswith("W/") and if_range.strip() == etag)
