"""AAC-LC of the house: every segment from a fresh encoder with run-in and run-out, cut so that sound lies on the grid.

An MDCT frame overlaps its neighbours, and the encoder looks one frame ahead, so a segment is encoded from two frames
before it to two frames after it; what they give is discarded. Packet k of an encoder then decodes to the samples of
frame k-1, which is why no edit list is needed: a packet's time is that of the samples that a decoder gives with it.
"""

from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags

from origin.media import boxes
from origin.media.errors import EncoderError
from origin.media.house import AAC_FRAME, SAMPLE_RATE, Grid, audio_rate
from origin.media.source import Audio

AROUND_FRAMES = 2
_DISCARDED = AROUND_FRAMES + 1
_SAMPLE_BYTES = 4
_FRAME_BYTES = AAC_FRAME * _SAMPLE_BYTES
CODECS = "mp4a.40.2"


def _encoder(channels: int) -> AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    encoder.layout, encoder.format = "mono" if channels == 1 else "stereo", "fltp"
    encoder.bit_rate = audio_rate(channels)
    encoder.thread_count = 1
    encoder.flags |= Flags.global_header
    encoder.open()
    return encoder


def init_segment(audio: Audio) -> bytes:
    """Initialisation segment of an audio track."""
    configuration = _encoder(audio.channels).extradata or b""
    rate = audio_rate(audio.channels)
    return boxes.audio_init(configuration, audio.channels, SAMPLE_RATE, rate, audio.language or "und", AAC_FRAME)


def bandwidth(channels: int) -> int:
    """Peak in bit/s: the encoder's bit reservoir lets a segment go over its rate; boxes take 4 bytes a frame."""
    return audio_rate(channels) * 5 // 4 + 8000


class Windows:
    """Cuts an endless run of samples, from segment `first` on, into what the encoder needs for each. Pure."""

    def __init__(self, channels: int, grid: Grid, first: int = 0) -> None:
        around = AROUND_FRAMES * _FRAME_BYTES
        self._planes = [bytearray(0 if first else around) for _ in range(channels)]
        self._start = (first * grid.segment_samples - AROUND_FRAMES * AAC_FRAME) if first else 0
        self._step = grid.segment_samples * _SAMPLE_BYTES
        self._window = self._step + 2 * around
        self.sequence = first

    def add(self, at: int, planes: tuple[bytes, ...]) -> list[tuple[int, tuple[bytes, ...]]]:
        """Take in samples that begin at position `at`; returns the windows that they complete, with their sequence.

        Those before the first window are dropped; after it there must be no gaps.
        """
        early = max(0, self._start - at) * _SAMPLE_BYTES
        for held, plane in zip(self._planes, planes, strict=True):
            held += plane[early:]
        ready = []
        while len(self._planes[0]) >= self._window:
            ready.append(self._cut())
        return ready

    def finish(self, sequence: int) -> list[tuple[int, tuple[bytes, ...]]]:
        """Windows up to and with `sequence`, what is missing filled with silence."""
        ready = []
        while self.sequence <= sequence:
            for held in self._planes:
                held += bytes(max(0, self._window - len(held)))
            ready.append(self._cut())
        return ready

    def _cut(self) -> tuple[int, tuple[bytes, ...]]:
        window = tuple(bytes(held[: self._window]) for held in self._planes)
        for held in self._planes:
            del held[: self._step]
        self.sequence += 1
        return self.sequence - 1, window


def encode(sequence: int, window: tuple[bytes, ...], frames: int, grid: Grid) -> bytes:
    """A segment of `frames` AAC frames from its window: two frames before, the segment, two frames after."""
    encoder = _encoder(len(window))
    packets = []
    for number in range(frames + 2 * AROUND_FRAMES):
        packets += encoder.encode(_frame(window, number))
    kept = [bytes(packet) for packet in packets[_DISCARDED : _DISCARDED + frames]]
    if len(kept) != frames:
        raise EncoderError(f"{frames} AAC frames wanted, {len(kept)} made")
    return boxes.segment(sequence, sequence * grid.segment_samples, kept)


def _frame(window: tuple[bytes, ...], number: int) -> AudioFrame:
    frame = AudioFrame(format="fltp", layout="mono" if len(window) == 1 else "stereo", samples=AAC_FRAME)
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, number * AAC_FRAME, Fraction(1, SAMPLE_RATE)
    for plane, samples in zip(frame.planes, window, strict=True):
        plane.update(samples[number * _FRAME_BYTES : (number + 1) * _FRAME_BYTES])
    return frame
