"""Opens a file with the demuxer that its bytes call for, and refuses in plain words what cannot be published."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from origin.media import refusals
from origin.media.house import Grid, house_rate
from origin.media.sniff import SNIFF_BYTES, sniff
from origin.media.source import Audio, Description
from origin.media.wholeness import missing_bytes

MAX_PIXELS = 4096 * 2304
MAX_STREAMS = 32
MAX_AUDIO = 8
MAX_HOURS = 12
_FIRST_FRAME_PACKETS = 600
_MICROSECONDS = 1_000_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_TERMINOLOGICAL = {"chi": "zho", "ger": "deu", "fre": "fra", "dut": "nld", "cze": "ces", "gre": "ell", "per": "fas"}
_HDR_TRANSFERS = (16, 18)


@dataclass(frozen=True, slots=True)
class Probed:
    """A file that can be prepared, and how to open it again: its demuxer and the streams to take."""

    path: Path
    demuxer: str
    description: Description
    video: int
    audio: tuple[int, ...]
    turn: int
    interlaced: bool
    zero: Fraction
    declared: Fraction | None
    warnings: tuple[str, ...]


def check_path(source: str) -> Path:
    """The file behind a path. Raises Refused when there is none, or it is a folder, or may not be read."""
    try:
        path = Path(source).expanduser().resolve(strict=True)
        mode = path.stat().st_mode
    except PermissionError as error:
        raise refusals.unreadable(source) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise refusals.missing(source) from error
    if not stat.S_ISREG(mode):
        raise refusals.folder(source)
    if not os.access(path, os.R_OK):
        raise refusals.unreadable(source)
    return path


def probe(path: Path, languages: tuple[str, ...] = ()) -> Probed:
    """Look at a file as far as its first decoded frame. Raises Refused."""
    demuxer = _demuxer(path)
    with opened(path, demuxer) as container:
        _check_limits(container, path.name)
        video = _video(container, path.name)
        frame = _first_frame(container, video, path.name)
        audio = [stream for stream in container.streams.audio if stream.codec_context and stream.channels][:MAX_AUDIO]
        turn = round(frame.rotation / 90) % 4
        return Probed(
            path=path,
            demuxer=demuxer,
            description=_describe(container, video, audio, turn, languages),
            video=video.index,
            audio=tuple(stream.index for stream in audio),
            turn=turn,
            interlaced=frame.interlaced_frame,
            zero=_zero(container, video, audio),
            declared=_declared(container, [video, *audio]),
            warnings=_warnings(frame.color_trc, container, audio),
        )


def _demuxer(path: Path) -> str:
    try:
        with path.open("rb") as file:
            kind, demuxer = sniff(file.read(SNIFF_BYTES))
            missing = missing_bytes(file, path.stat().st_size, demuxer)
    except OSError as error:
        raise refusals.unreadable(str(path)) from error
    if kind != "video":
        raise refusals.not_video(kind, path.name)
    if missing:
        raise refusals.broken(path.name, f"it ends {missing:,} bytes too early")
    return demuxer


@contextmanager
def opened(path: Path, demuxer: str) -> Iterator[InputContainer]:
    """The container, with its demuxer forced and no protocol but `file`. Raises Refused."""
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer, "max_streams": str(MAX_STREAMS)}
    if demuxer == "mov":
        del options["format_whitelist"]
    try:
        container = av.open(f"file:{path}", "r", format=demuxer, options=options, metadata_errors="replace")
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise refusals.broken(path.name, "its table of contents cannot be read") from error
    with container:
        yield container


def _check_limits(container: InputContainer, name: str) -> None:
    if len(container.streams) > MAX_STREAMS:
        raise refusals.too_many_streams(name, len(container.streams), MAX_STREAMS)
    if (container.duration or 0) > MAX_HOURS * 3600 * _MICROSECONDS:
        raise refusals.too_long(name, MAX_HOURS)


def _video(container: InputContainer, name: str) -> VideoStream:
    moving = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not moving:
        raise refusals.no_video(name)
    stream = max(moving, key=lambda one: one.width * one.height if one.codec_context else -1)
    if not stream.codec_context:
        raise refusals.unknown_codec(name, "unknown")
    if stream.width * stream.height > MAX_PIXELS:
        raise refusals.too_large(name, stream.width, stream.height)
    if not stream.width or not stream.height:
        raise refusals.broken(name, "it says nothing about its picture")
    return stream


def _first_frame(container: InputContainer, stream: VideoStream, name: str) -> av.VideoFrame:
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    for count, packet in enumerate(container.demux(stream)):
        try:
            frames = packet.decode()
        except av.error.MemoryError:
            raise
        except av.error.FFmpegError:
            frames = []
        if frames:
            return frames[0]
        if count > _FIRST_FRAME_PACKETS:
            break
    raise refusals.broken(name, "no picture can be decoded from it")


def _describe(
    container: InputContainer, video: VideoStream, audio: list[AudioStream], turn: int, languages: tuple[str, ...]
) -> Description:
    shape = video.sample_aspect_ratio or Fraction(1)
    width, height = (max(2, round(video.width * shape)), video.height) if shape > 0 else (video.width, video.height)
    if turn % 2:
        width, height = height, width
    rate = video.average_rate or video.guessed_rate or video.base_rate or Fraction(30)
    duration = container.duration
    return Description(
        width=width,
        height=height,
        grid=Grid(house_rate(float(rate))),
        audio=_name(audio, languages),
        duration_ms=duration // 1000 if duration and duration > 0 else None,
    )


def _name(streams: list[AudioStream], hints: tuple[str, ...]) -> tuple[Audio, ...]:
    """`a-<language>`, or `a-<number>` where the language is unknown or taken."""
    named: list[Audio] = []
    for number, stream in enumerate(streams, 1):
        language = _language(stream.language) or _language(hints[number - 1] if number <= len(hints) else None)
        taken = {audio.id for audio in named}
        track = f"a-{language}" if language and f"a-{language}" not in taken else f"a-{number}"
        title = stream.metadata.get("title", "")[:200] or None
        named.append(Audio(track, 1 if stream.channels == 1 else 2, language, title))
    return tuple(named)


def _language(tag: str | None) -> str | None:
    tag = (tag or "").lower()
    if tag in ("und", "mul", "mis", "zxx") or not _LANGUAGE.fullmatch(tag):
        return None
    return _TERMINOLOGICAL.get(tag, tag)


def _zero(container: InputContainer, video: VideoStream, audio: list[AudioStream]) -> Fraction:
    """The time in the source that becomes 0: the first picture; whole frames earlier if sound leads by over 100 ms."""
    picture = _start(video)
    sounds = [start for stream in audio if (start := _start(stream)) is not None]
    if picture is None:
        return min(sounds, default=Fraction(container.start_time or 0, _MICROSECONDS))
    lead = max((picture - start for start in sounds), default=Fraction(0))
    if lead <= Fraction(1, 10):
        return picture
    rate = house_rate(float(video.average_rate or 30))
    return picture - Fraction(-int(-lead * rate // 1), rate)


def _start(stream: VideoStream | AudioStream) -> Fraction | None:
    if stream.start_time is None or stream.time_base is None:
        return None
    return stream.start_time * stream.time_base


def _declared(container: InputContainer, streams: list[VideoStream | AudioStream]) -> Fraction | None:
    """Duration in s that the container promises for the streams taken."""
    own = [stream.duration * stream.time_base for stream in streams if stream.duration and stream.time_base]
    if len(own) == len(streams):
        return max(own)
    return Fraction(container.duration, _MICROSECONDS) if container.duration and container.duration > 0 else None


def _warnings(transfer: int, container: InputContainer, audio: list[AudioStream]) -> tuple[str, ...]:
    said = []
    if transfer in _HDR_TRANSFERS:
        said.append("The picture is HDR; it is shown with flattened colours.")
    if len(container.streams.audio) > len(audio):
        said.append(f"{len(container.streams.audio) - len(audio)} sound tracks could not be taken.")
    return tuple(said)
