"""The house format: frame rate, grid and ladder that every source is brought to. Pure arithmetic.

A segment is 96 frames: 3.84 s at 25 fps and 3.2 s at 30 fps, which is 180 and 150 whole AAC frames of 1,024 samples at
48 kHz, so the boundaries of video and audio never drift apart.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

SEGMENT_FRAMES = 96
VIDEO_TIMESCALE = 90_000
SAMPLE_RATE = 48_000
AAC_FRAME = 1024

RUNGS = (1080, 720, 360)
_OWN_SIZE_FROM = Fraction(5, 4)
_PEAK_BPS = ((360, 600_000), (720, 2_500_000), (1080, 4_500_000))
_LEAST_BPS = 150_000
_CORES_PER_PIXEL_RATE = Fraction(6, 10) / (1920 * 1080 * 30)
_RATES_OF_25 = ((23.5, 25.5), (47.5, 50.5), (12.0, 12.75), (99.0, 101.0))
_AUDIO_BPS = {1: 64_000, 2: 96_000}


@dataclass(frozen=True, slots=True)
class Grid:
    """The clock of one item: `rate` frames a second, segments of 96 frames from time 0 on."""

    rate: int

    @property
    def frame_ticks(self) -> int:
        """Duration of one frame in 1/90000 s."""
        return VIDEO_TIMESCALE // self.rate

    @property
    def segment_ticks(self) -> int:
        """Duration of one segment in 1/90000 s."""
        return SEGMENT_FRAMES * self.frame_ticks

    @property
    def frame_samples(self) -> int:
        """Duration of one video frame in samples at 48 kHz: 1920 or 1600."""
        return SAMPLE_RATE // self.rate

    @property
    def segment_samples(self) -> int:
        """Duration of one segment in samples at 48 kHz, a multiple of 1024."""
        return SEGMENT_FRAMES * self.frame_samples

    def aac_frames(self, frames: int) -> int:
        """AAC frames that cover so many video frames: exact for a full segment, rounded up for the last one."""
        return -(-frames * self.frame_samples // AAC_FRAME)

    def milliseconds(self, frames: int) -> int:
        """Duration of so many video frames in ms, rounded down."""
        return frames * 1000 // self.rate


def house_rate(average: float) -> int:
    """Constant frame rate for a source that averages so many frames a second.

    Film and the 50 Hz world (24, 25, 50) become 25; the 60 Hz world, phones with a variable rate, and screen
    recordings, whatever their average, become 30.
    """
    return 25 if any(low <= average <= high for low, high in _RATES_OF_25) else 30


@dataclass(frozen=True, slots=True)
class Rung:
    """One video rendition. `peak` is the most that a full segment may average, in bit/s."""

    name: str
    short_side: int
    width: int
    height: int
    peak: int


def ladder(width: int, height: int, wanted: tuple[int, ...] | None = None) -> tuple[Rung, ...]:
    """Renditions of an upright picture of square pixels, the largest first.

    1080, 720 and 360 by the short side, never above the source; the source's own size comes on top where the next rung
    would throw away a fifth of its lines (480 to 360, 900 to 720), and alone where the source is below them all.
    `wanted` picks rungs by short side; where it leaves none, the smallest is taken.
    """
    short = min(width, height) // 2 * 2
    sides = [side for side in RUNGS if side <= short]
    if short < RUNGS[0] and (not sides or Fraction(short, sides[0]) >= _OWN_SIZE_FROM):
        sides.insert(0, short)
    chosen = [side for side in sides if wanted is None or side in wanted] or sides[-1:]
    return tuple(_rung(width, height, side) for side in chosen)


def affordable(rungs: tuple[Rung, ...], rate: int, cores: int) -> tuple[Rung, ...]:
    """The rungs that so many cores can encode while a class goes on; the largest go first, the smallest always stays.

    Measured: a class at 1080p30 (x264 superfast, one thread) takes 0.6 of a core. A quarter of all cores stays free.
    """
    cost = [_CORES_PER_PIXEL_RATE * rung.width * rung.height * rate for rung in rungs]
    kept = next((n for n in range(len(rungs)) if sum(cost[n:]) <= Fraction(3, 4) * cores), len(rungs) - 1)
    return rungs[kept:]


def _rung(width: int, height: int, side: int) -> Rung:
    other = _even(Fraction(side * max(width, height), min(width, height)))
    across, down = (other, side) if width >= height else (side, other)
    return Rung(f"v{side}", side, across, down, _peak(side))


def _even(value: Fraction) -> int:
    return max(2, 2 * round(value / 2))


def _peak(side: int) -> int:
    if side <= _PEAK_BPS[0][0]:
        return max(_LEAST_BPS, _PEAK_BPS[0][1] * side * side // _PEAK_BPS[0][0] ** 2)
    for (low, low_bps), (high, high_bps) in pairwise(_PEAK_BPS):
        if side <= high:
            return low_bps + (high_bps - low_bps) * (side - low) // (high - low)
    return _PEAK_BPS[-1][1]


def audio_rate(channels: int) -> int:
    """Bit rate of an AAC track."""
    return _AUDIO_BPS[channels]
