"""Frames on the pipe between worker and runner: four bytes of length, big-endian, then one msgpack struct.

The runner treats the worker as hostile (it has touched a stranger's file): length is checked before anything is read,
and every field against the schema. Raises WireError.
"""

import struct

import msgspec

from origin.media.errors import WireError
from origin.media.events import Event, Job

HEADER_BYTES = 4
MAX_JOB_BYTES = 64 * 1024
MAX_SEGMENT_BYTES = 32 * 1024 * 1024
MAX_EVENT_BYTES = MAX_SEGMENT_BYTES + 4096

_EVENTS: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)
_JOB = msgspec.msgpack.Decoder(Job)


def frame(message: Event | Job, most: int = MAX_EVENT_BYTES) -> bytes:
    """Write a message with its length before it."""
    body = msgspec.msgpack.encode(message)
    if len(body) > most:
        raise WireError(f"a frame of {len(body)} bytes, at most {most}")
    return struct.pack(">I", len(body)) + body


def length(header: bytes, most: int = MAX_EVENT_BYTES) -> int:
    """Size in bytes of the body that follows a header."""
    (size,) = struct.unpack(">I", header)
    if not 0 < size <= most:
        raise WireError(f"a frame of {size} bytes, at most {most}")
    return int(size)


def read_event(body: bytes) -> Event:
    """Read what the worker wrote."""
    try:
        return _EVENTS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not an event: {error}") from error


def read_job(body: bytes) -> Job:
    """Read what the runner wrote."""
    try:
        return _JOB.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not a job: {error}") from error
