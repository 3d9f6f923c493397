"""A lecture drawn by the program itself: slides that change, a moving pointer, a clock, and speech-like sound.

A pure function of the frame number, so that two origins that generate it give the same bytes. Cheap: a slide is drawn
once, and a frame copies its luma and draws a few small things on it.
"""

import array
import math
from functools import lru_cache

from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from PIL import Image, ImageDraw, ImageFont

from origin.media.house import SAMPLE_RATE

SLIDE_SECONDS = 10
_TOPICS = (
    (
        "Roots and trunks",
        ("A banyan drops roots from its branches", "Each root may become a trunk", "One tree, a grove"),
    ),
    ("Who sends what", ("The origin makes segments", "Peers hand them on", "HTTP is always underneath")),
    ("Whole frames", ("96 frames of video", "180 frames of sound", "Boundaries never drift")),
    ("Trust", ("Every block has a hash", "Every playlist is signed", "Nothing unverified is played")),
    ("Deadlines", ("When is it needed?", "Who can have it there?", "Peers first, HTTP in time")),
)
_INKS = (((24, 60, 96), (232, 240, 248)), ((92, 40, 24), (250, 243, 232)), ((26, 76, 44), (236, 247, 238)))
_DIGITS_INK, _BOARD = 235, 30
_BANK, _SYLLABLE = 12, SAMPLE_RATE // 5


@lru_cache(maxsize=8)
def load_font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, which needs no file."""
    return ImageFont.load_default(size)


class Lesson:
    """Frames and sound of the lecture at one size and rate."""

    def __init__(self, width: int, height: int, rate: int) -> None:
        self._size = width, height
        self._rate = rate
        self._unit = height // 18
        self._slide_number = -1
        self._luma = Image.new("L", self._size)
        self._chroma = (b"", b"")
        self._bank = [_syllable(number) for number in range(_BANK)]

    def frame(self, at: int) -> VideoFrame:
        """The picture at frame `at`."""
        self._turn_to(at // (SLIDE_SECONDS * self._rate))
        luma = self._luma.copy()
        draw = ImageDraw.Draw(luma)
        self._point(draw, at)
        self._clock(draw, at)
        frame = VideoFrame(*self._size, "yuv420p")
        for plane, data in zip(frame.planes, (luma.tobytes(), *self._chroma), strict=True):
            _fill(plane, data)
        return frame

    def sound(self, at: int) -> bytes:
        """One second of mono sound from second `at` on: five syllables, with pauses as speech has them."""
        return b"".join(self._spoken(5 * at + number) for number in range(5))

    def _spoken(self, syllable: int) -> bytes:
        phrase, place = divmod(syllable, 14)
        if place > 10:
            return bytes(4 * _SYLLABLE)
        return self._bank[(phrase * 5 + place * 7 + place * place) % _BANK]

    def _turn_to(self, number: int) -> None:
        if number == self._slide_number:
            return
        self._slide_number = number
        luma, *chroma = self._draw(number).convert("YCbCr").split()
        # Pillow's YCbCr has the full range, video the limited one.
        self._luma = luma.point([16 + level * 219 // 255 for level in range(256)])
        half = (self._size[0] // 2, self._size[1] // 2)
        squeezed = [128 + (level - 128) * 224 // 255 for level in range(256)]
        blue, red = (plane.resize(half, Image.Resampling.BOX).point(squeezed).tobytes() for plane in chroma)
        self._chroma = blue, red

    def _draw(self, number: int) -> Image.Image:
        ink, paper = _INKS[number % len(_INKS)]
        title, points = _TOPICS[number % len(_TOPICS)]
        unit, (width, height) = self._unit, self._size
        image = Image.new("RGB", self._size, paper)
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, width, 3 * unit), fill=ink)
        draw.text((unit, unit * 0.7), f"{number + 1}. {title}", fill=paper, font=load_font(round(1.5 * unit)))
        for line, point in enumerate(points):
            top = (5 + 2 * line) * unit
            draw.rectangle((2 * unit, top + unit * 0.4, 2.4 * unit, top + unit * 0.8), fill=ink)
            draw.text((3 * unit, top), point, fill=ink, font=load_font(unit))
        for bar in range(8):
            tall = (2 + (number * 3 + bar * bar) % 5) * unit // 2
            left = width - (10 - bar) * unit
            draw.rectangle((left, height - 3 * unit - tall, left + unit * 0.7, height - 3 * unit), fill=ink)
        return image

    def _point(self, draw: ImageDraw.ImageDraw, at: int) -> None:
        angle, (width, height) = at / self._rate * 0.9, self._size
        x = width * (0.45 + 0.3 * math.sin(angle))
        y = height * (0.5 + 0.2 * math.sin(1.7 * angle))
        radius = self._unit * 0.4
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_BOARD)

    def _clock(self, draw: ImageDraw.ImageDraw, at: int) -> None:
        seconds, frame = divmod(at, self._rate)
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{frame:02}  #{at}"
        bottom, unit = self._size[1] - 2 * self._unit, self._unit
        draw.rectangle((0, bottom, 15 * unit, self._size[1]), fill=_BOARD)
        draw.text((unit, bottom + unit * 0.35), text, fill=_DIGITS_INK, font=load_font(unit))


def _fill(plane: VideoPlane, data: bytes) -> None:
    """Copy rows into a plane whose lines may be padded."""
    if plane.line_size == plane.width:
        plane.update(data)
        return
    rows = (data[row * plane.width : (row + 1) * plane.width] for row in range(plane.height))
    plane.update(b"".join(row.ljust(plane.line_size, b"\0") for row in rows))


def _syllable(number: int) -> bytes:
    """A fifth of a second of something like a vowel: a pitch with three formants under a bell."""
    pitch = 110 + 9 * (number % 5)
    formants = ((3 + number % 4, 0.5), (7 + number % 6, 0.25), (1, 0.6))
    samples = array.array("f", bytes(4 * _SYLLABLE))
    for at in range(_SYLLABLE):
        bell = math.sin(math.pi * at / _SYLLABLE) ** 2
        turn = 2 * math.pi * pitch * at / SAMPLE_RATE
        samples[at] = 0.22 * bell * sum(strength * math.sin(turn * times) for times, strength in formants)
    return samples.tobytes()
