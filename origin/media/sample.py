"""Writes the sample lecture that a first start publishes, so that there is something to watch."""

from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame

from origin.media.house import SAMPLE_RATE
from origin.media.lesson import Lesson

WIDTH, HEIGHT, RATE = 1280, 720, 25
_OPTIONS = {"preset": "ultrafast", "crf": "20", "tune": "stillimage", "g": "250"}


def write_sample(path: Path, seconds: int = 60, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """Write an MP4 at 25 fps with slides, a moving pointer and speech-like sound; `size` is width and height."""
    width, height = size
    lesson = Lesson(width, height, RATE)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as file:
        video = file.add_stream("libx264", rate=RATE, options=_OPTIONS)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = file.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        audio.bit_rate = 64_000
        for second in range(seconds):
            for at in range(second * RATE, (second + 1) * RATE):
                frame = lesson.frame(at)
                frame.pts, frame.time_base = at, Fraction(1, RATE)
                file.mux(video.encode(frame))
            file.mux(audio.encode(_sound(lesson.sound(second), second)))
        file.mux(video.encode(None))
        file.mux(audio.encode(None))


def _sound(samples: bytes, second: int) -> AudioFrame:
    frame = AudioFrame(format="fltp", layout="mono", samples=SAMPLE_RATE)
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, second * SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    frame.planes[0].update(samples)
    return frame
