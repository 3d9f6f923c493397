"""Real clips for the tests of the media worker: any size, rate, rotation and sound, with a flash and a beep."""

import array
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

FLASH_AT, FLASH_LASTS = 1.0, 0.2
DARK, BRIGHT = 40, 220
_FAST = {"libx264": {"preset": "ultrafast", "bf": "2"}, "libvpx": {"deadline": "realtime", "cpu-used": "8"}}


@dataclass(frozen=True)
class Voice:
    """One audio stream."""

    rate: int = 48_000
    layout: str = "stereo"
    language: str | None = None
    seconds: float | None = None
    starts: float = 0.0
    codec: str = "aac"


@dataclass(frozen=True)
class Clip:
    """What to write. `times` (s) makes a variable rate; `corner` paints the top left quarter bright all the time."""

    seconds: float = 4.5
    size: tuple[int, int] = (320, 180)
    rate: Fraction = Fraction(25)
    voices: tuple[Voice, ...] = (Voice(),)
    times: tuple[float, ...] | None = None
    turned: int = 0
    shape: Fraction = Fraction(1)
    corner: bool = False
    starts: float = 0.0
    codec: str = "libx264"


def write_clip(path: Path, clip: Clip = Clip(), options: dict[str, str] | None = None) -> Path:
    """Write a clip; the container follows from the name."""
    with av.open(str(path), "w", options=options or {}) as file:
        video = _video(file, clip)
        sounds = [_audio(file, voice) for voice in clip.voices]
        chunks = [list(_sound(voice, clip.seconds)) for voice in clip.voices]
        times = clip.times or [float(number / clip.rate) for number in range(round(clip.seconds * clip.rate))]
        for time in times:
            for packet in video.encode(_picture(clip, time)):
                file.mux(packet)
            for stream, waiting in zip(sounds, chunks, strict=True):
                _send(file, stream, waiting, time)
        for stream, waiting in zip(sounds, chunks, strict=True):
            _send(file, stream, waiting, math.inf)
            file.mux(stream.encode(None))
        file.mux(video.encode(None))
    return path


def _video(file: OutputContainer, clip: Clip) -> VideoStream:
    stream = file.add_stream(clip.codec, rate=clip.rate)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = clip.size
    stream.pix_fmt = "yuv444p" if clip.size[0] % 2 or clip.size[1] % 2 else "yuv420p"
    stream.codec_context.time_base = Fraction(1, 90_000) if clip.times else 1 / clip.rate
    stream.codec_context.sample_aspect_ratio = clip.shape
    stream.codec_context.options = _FAST.get(clip.codec, {})
    if clip.turned:
        stream.set_display_rotation(clip.turned)
    return stream


def _audio(file: OutputContainer, voice: Voice) -> AudioStream:
    stream = file.add_stream(voice.codec, rate=voice.rate, layout=voice.layout)
    assert isinstance(stream, AudioStream)
    stream.bit_rate = 128_000
    if voice.language:
        stream.metadata["language"] = voice.language
    return stream


def _picture(clip: Clip, time: float) -> VideoFrame:
    flash = FLASH_AT <= time < FLASH_AT + FLASH_LASTS
    odd = clip.size[0] % 2 or clip.size[1] % 2
    frame = VideoFrame(*clip.size, "yuv444p" if odd else "yuv420p")
    levels = (BRIGHT if flash else DARK, 128, 128)
    for plane, level in zip(frame.planes, levels, strict=True):
        plane.update(bytes([level]) * (plane.line_size * plane.height))
    if clip.corner:
        luma = frame.planes[0]
        bright = bytes([BRIGHT]) * (clip.size[0] // 2)
        dark = bytes([DARK]) * luma.line_size
        row = bright + dark[len(bright) :]
        half = clip.size[1] // 2
        luma.update(row * half + dark * (clip.size[1] - half))
    base = Fraction(1, 90_000)
    frame.pts, frame.time_base = round((clip.starts + time) / base), base
    return frame


def _sound(voice: Voice, seconds: float) -> list[AudioFrame]:
    total = round((seconds if voice.seconds is None else voice.seconds) * voice.rate)
    frames = []
    for at in range(0, total, 1024):
        samples = array.array("f", bytes(4 * min(1024, total - at)))
        for number in range(len(samples)):
            time = voice.starts + (at + number) / voice.rate
            if FLASH_AT <= time < FLASH_AT + FLASH_LASTS:
                samples[number] = 0.5 * math.sin(2 * math.pi * 1000 * time)
        frame = AudioFrame(format="fltp", layout=voice.layout, samples=len(samples))
        for plane in frame.planes:
            plane.update(samples.tobytes())
        frame.sample_rate, frame.time_base = voice.rate, Fraction(1, voice.rate)
        frame.pts = round(voice.starts * voice.rate) + at
        frames.append(frame)
    return frames


def _send(file: OutputContainer, stream: AudioStream, waiting: list[AudioFrame], time: float) -> None:
    while waiting and (waiting[0].time or 0) <= time:
        file.mux(stream.encode(waiting.pop(0)))


def regular(rate: float, seconds: float) -> Sequence[float]:
    """Times of a constant rate."""
    return [number / rate for number in range(round(rate * seconds))]
