"""Timestamps of a source onto the grid: which frame shows when, and where samples lie. Pure integers.

A constant frame rate is made by repeating and dropping frames by their timestamps, never by blending; sound is moved
only where it is off by more than the ear and the container's rounding can explain.
"""

from fractions import Fraction

from origin.media.house import SAMPLE_RATE

_EARLY = Fraction(5, 8)
JITTER_SAMPLES = SAMPLE_RATE * 40 // 1000
_JOINT_SECONDS = 1


class Timeline:
    """Timestamps of a source to time from 0 on, in seconds.

    Where recordings were joined end to end (`joined`: the container allows it, as transport streams do), the clock
    jumps back: the timeline goes on from the furthest point reached. Each stream crosses the joint at its own pace;
    all share its shift, and so stay in sync.
    """

    def __init__(self, zero: Fraction, joined: bool) -> None:
        self._joined = joined
        self._shifts = [-zero]
        self._joints: dict[int, int] = {}
        self._last: dict[int, Fraction] = {}
        self.end = Fraction(0)

    def time(self, stream: int, stamp: Fraction, lasts: Fraction) -> Fraction:
        """Time of a frame that a stream stamps so (s), and that lasts so long (s)."""
        if self._joined and stamp < self._last.get(stream, stamp) - _JOINT_SECONDS:
            self._joints[stream] = self._joints.get(stream, 0) + 1
        joint = self._joints.get(stream, 0)
        if joint == len(self._shifts):
            self._shifts.append(self.end - stamp)
        self._last[stream] = stamp
        time = stamp + self._shifts[joint]
        self.end = max(self.end, time + lasts)
        return time


class Cadence:
    """Decides how often each frame of a source is shown. `position` is the next frame of the grid to be filled.

    The newest frame is held until its successor tells how long it lasts. A time is rounded with 5/8, not 1/2: at twice
    the house rate (50, 60) every second frame then falls well inside a cell, and a millisecond of jitter, as Matroska
    and FLV write it, does not change which one.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._held = False
        self._at = 0
        self.position = 0

    def offer(self, time: Fraction) -> int | None:
        """A frame to show from `time` (s) on. Returns how often the held one is shown first; None: drop the new one."""
        at = int((time * self._rate + _EARLY) // 1)
        if self._held and at < self._at:
            return None
        count = max(0, at - self.position) if self._held else 0
        self._held, self._at = True, at
        self.position += count
        return count

    def stall(self, frames: int) -> int:
        """No frame came up to grid position `frames`: how often the held one is shown meanwhile."""
        count = max(0, frames - self.position) if self._held else 0
        self.position += count
        return count

    def end(self, time: Fraction) -> int:
        """Grid position at which a source that ends at `time` (s) ends; at least one frame is shown."""
        nearest = int((time * self._rate + Fraction(1, 2)) // 1)
        return max(nearest, self.position, 1 if self._held else 0)


class SampleClock:
    """Lays chunks of samples end to end. `next` is the position of the next sample at 48 kHz."""

    def __init__(self, start: int = 0) -> None:
        self.next = start
        self._settled = False

    def place(self, at: int, samples: int) -> tuple[int, int]:
        """A chunk that should begin at `at`: samples of silence before it, and samples to drop from its beginning.

        The first chunk is placed exactly; later ones only when they are more than 40 ms off.
        """
        off = at - self.next
        if self._settled and abs(off) <= JITTER_SAMPLES:
            off = 0
        silence, drop = max(0, off), min(samples, max(0, -off))
        self._settled = self._settled or drop < samples
        self.next += silence + samples - drop
        return silence, drop

    def unsettle(self) -> None:
        """The next chunk is again the first of something: place it exactly."""
        self._settled = False

    def fill(self, to: int) -> int:
        """Samples of silence up to position `to`."""
        silence = max(0, to - self.next)
        self.next += silence
        return silence
