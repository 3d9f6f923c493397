"""Reads the media playlists of one track (RFC 8216 section 4.3), as far as a peer needs them. Pure and bounded.

Check the signature first (`swarm.playlist`). Segments are named by their id; `#BANYAN-SIZE:<bytes>` before a segment
says how large it is, and is a comment to every other player. Every segment must have it.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from swarm.errors import IdentityError, PlaylistError
from swarm.identity import MAX_SEGMENT_BYTES, id_bytes
from swarm.playlist import MAX_PLAYLIST_BYTES

MAX_SEGMENTS = 50_000
_SEGMENT = re.compile(r"(?:\.\./)*(?:/?media/)?([A-Za-z0-9_-]{43})\.m4s")
_INIT = re.compile(r'(?:.*,)?URI="(?:\.\./)*(?:/?media/)?([A-Za-z0-9_-]{43})\.mp4".*')
_DURATION = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,9})?)(?:,.*)?")
_NUMBER = re.compile(r"[0-9]{1,15}")
_MAX_DURATION_MS = 60_000


@dataclass(frozen=True, slots=True)
class MediaSegment:
    """One segment: media sequence number, id (32 bytes), size in bytes, duration in ms, and when its first
    frame was taken in Unix ms if the playlist says."""

    sequence: int
    id: bytes
    size: int
    duration_ms: float
    time_ms: int | None


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """`target_ms` is the target duration, `init` the id of the initialisation segment; `ended`: no more will come."""

    target_ms: int
    init: bytes | None
    segments: tuple[MediaSegment, ...]
    ended: bool
    blocking: bool


@dataclass
class _Reader:
    """What the tags read so far say about the segments to come."""

    target_ms: int = 0
    sequence: int = 0
    init: bytes | None = None
    ended: bool = False
    blocking: bool = False
    duration_ms: float | None = None
    size: int | None = None
    time_ms: float | None = None
    segments: list[MediaSegment] = field(default_factory=list)


def parse_media_playlist(data: bytes) -> MediaPlaylist:
    """Read a media playlist. Raises PlaylistError when it is not one of ours or over its limits."""
    if len(data) > MAX_PLAYLIST_BYTES:
        raise PlaylistError(f"a playlist of {len(data)} bytes, at most {MAX_PLAYLIST_BYTES}")
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise PlaylistError("the playlist is not UTF-8") from error
    if not lines or lines[0] != "#EXTM3U":
        raise PlaylistError("the playlist does not begin with #EXTM3U")
    reader = _Reader()
    for line in lines[1:]:
        _read_line(reader, line)
    if reader.target_ms == 0:
        raise PlaylistError("the playlist has no target duration")
    return MediaPlaylist(reader.target_ms, reader.init, tuple(reader.segments), reader.ended, reader.blocking)


def _read_line(reader: _Reader, line: str) -> None:
    tag, _, value = line.partition(":")
    match tag:
        case "#EXT-X-TARGETDURATION":
            reader.target_ms = _number(value, _MAX_DURATION_MS // 1000, least=1) * 1000
        case "#EXT-X-MEDIA-SEQUENCE":
            reader.sequence = _media_sequence(reader, value)
        case "#EXT-X-MAP":
            reader.init = _named(_INIT, value)
        case "#EXTINF":
            reader.duration_ms = _duration(value)
        case "#EXT-X-PROGRAM-DATE-TIME":
            reader.time_ms = _date_time(value)
        case "#BANYAN-SIZE":
            reader.size = _number(value, MAX_SEGMENT_BYTES, least=1)
        case "#EXT-X-ENDLIST":
            reader.ended = True
        case "#EXT-X-SERVER-CONTROL":
            reader.blocking = "CAN-BLOCK-RELOAD=YES" in value.split(",")
        case "#EXT-X-STREAM-INF":
            raise PlaylistError("a multivariant playlist where a media playlist was asked for")
        case _ if line and not line.startswith("#"):
            _add_segment(reader, line)


def _add_segment(reader: _Reader, line: str) -> None:
    if reader.duration_ms is None or reader.size is None:
        raise PlaylistError(f"a segment without duration or size: {line[:80]!r}")
    if len(reader.segments) >= MAX_SEGMENTS:
        raise PlaylistError(f"more than {MAX_SEGMENTS} segments")
    sequence = reader.sequence + len(reader.segments)
    time_ms = None if reader.time_ms is None else round(reader.time_ms)
    segment = MediaSegment(sequence, _named(_SEGMENT, line), reader.size, reader.duration_ms, time_ms)
    reader.segments.append(segment)
    if reader.time_ms is not None:
        reader.time_ms += reader.duration_ms
    reader.duration_ms = reader.size = None


def _media_sequence(reader: _Reader, value: str) -> int:
    if reader.segments:
        raise PlaylistError("EXT-X-MEDIA-SEQUENCE after the first segment")
    return _number(value, 2**53 - 1)


def _named(pattern: re.Pattern[str], value: str) -> bytes:
    match = pattern.fullmatch(value)
    if match is None:
        raise PlaylistError(f"not the address of a segment: {value[:80]!r}")
    try:
        return id_bytes(match.group(1))
    except IdentityError as error:
        raise PlaylistError(str(error)) from error


def _number(value: str, most: int, least: int = 0) -> int:
    if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
        raise PlaylistError(f"not a number from {least} to {most}: {value[:40]!r}")
    return int(value)


def _duration(value: str) -> float:
    match = _DURATION.fullmatch(value)
    duration = float(match.group(1)) * 1000 if match else 0.0
    if not 0 < duration <= _MAX_DURATION_MS:
        raise PlaylistError(f"not a duration up to {_MAX_DURATION_MS} ms: {value[:40]!r}")
    return duration


def _date_time(value: str) -> float:
    """Unix ms of an ISO 8601 date-time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError, OSError) as error:
        raise PlaylistError(f"not a date-time: {value[:40]!r}") from error
