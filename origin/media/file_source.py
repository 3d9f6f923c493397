"""A file as a source: decoded once, brought to the grid by its timestamps, checked for damage while it is read."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.packet import Packet
from av.video.frame import VideoFrame

from origin.media import refusals
from origin.media.cadence import Cadence, SampleClock, Timeline
from origin.media.house import SAMPLE_RATE
from origin.media.picture import Deinterlacer
from origin.media.probe import MAX_HOURS, MAX_PIXELS, Probed, opened
from origin.media.source import Description, Item, Picture, Sound

_SLACK_SECONDS = 10
_VIDEO = -1
_JOINED = ("mpegts", "mpeg", "flv")
_SAMPLE_BYTES = 4
_TOLERATED_ERRORS = 20
_SILENCE_SAMPLES = 48_000


class FileSource:
    """`items` reads the file once, or for ever with `loop`, on one continuous timeline."""

    def __init__(self, probed: Probed, loop: bool = False) -> None:
        self._probed = probed
        self._loop = loop
        self._errors = 0
        self._packets = 0
        self._base = 0
        self._clocks = [SampleClock() for _ in probed.audio]

    @property
    def description(self) -> Description:
        """What the file is."""
        return self._probed.description

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was mended so far."""
        damaged = (f"{self._errors} damaged places were skipped.",) if self._errors else ()
        return self._probed.warnings + damaged

    def items(self, first: int) -> Iterator[Item]:
        """Everything from time 0 on, whatever `first` is: only a decoder that began there gives the same frames.

        Raises Refused where the file turns out to be damaged.
        """
        while True:
            reading = _Reading(self._probed, self._base, self._clocks)
            yield from reading.items()
            self._errors += reading.errors
            self._packets += reading.packets
            self._base += reading.frames
            if not self._loop:
                return
            for clock in self._clocks:
                clock.unsettle()


class _Reading:
    """One pass over the file, laid on the grid from frame `base` on."""

    def __init__(self, probed: Probed, base: int, clocks: list[SampleClock]) -> None:
        self._probed = probed
        self._grid = probed.description.grid
        self._base = base
        self._clocks = clocks
        self._cadence = Cadence(self._grid.rate)
        self._resamplers = [_Resampler(audio.channels) for audio in probed.description.audio]
        self._deinterlacer = Deinterlacer() if probed.interlaced else None
        self._held: VideoFrame | None = None
        self._timeline = Timeline(probed.zero, probed.demuxer in _JOINED)
        self._video_end = Fraction(0)
        self.errors = 0
        self.packets = 0
        self.frames = 0

    def items(self) -> Iterator[Item]:
        probed = self._probed
        with opened(probed.path, probed.demuxer) as container:
            video = container.streams[probed.video]
            audio = [container.streams[index] for index in probed.audio]
            tracks = {stream.index: number for number, stream in enumerate(audio)}
            video.codec_context.thread_type = "AUTO"
            video.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            for packet in container.demux(video, *audio):
                for frame in self._decode(packet):
                    if isinstance(frame, VideoFrame):
                        yield from self._picture(frame)
                    elif isinstance(frame, AudioFrame):
                        yield from self._sound(tracks[packet.stream.index], frame)
                yield from self._level()
        yield from self._finish()

    def _decode(self, packet: "Packet[av.stream.Stream]") -> list[object]:
        self.packets += 1
        try:
            return list(packet.decode())
        except av.error.MemoryError:
            raise
        except av.error.FFmpegError:
            self.errors += 1
            return []

    def _time(self, stream: int, frame: VideoFrame | AudioFrame, lasts: Fraction) -> Fraction | None:
        if frame.pts is None or frame.time_base is None:
            return None
        time = self._timeline.time(stream, frame.pts * frame.time_base, lasts)
        if time > MAX_HOURS * 3600:
            raise refusals.too_long(self._probed.path.name, MAX_HOURS)
        return time

    def _picture(self, frame: VideoFrame) -> Iterator[Item]:
        if self._deinterlacer is None:
            yield from self._show(frame)
            return
        for whole in self._deinterlacer.feed(frame):
            yield from self._show(whole)

    def _show(self, frame: VideoFrame) -> Iterator[Item]:
        lasts = Fraction(1, self._grid.rate)
        if frame.duration and frame.time_base:
            lasts = min(frame.duration * frame.time_base, Fraction(1))
        time = self._time(_VIDEO, frame, lasts)
        if time is None:
            time = self._video_end
        at = self._cadence.position
        count = self._cadence.offer(time)
        if count is None:
            return
        yield from self._repeat(at, count)
        self._held = frame
        self._video_end = max(self._video_end, time + lasts)

    def _repeat(self, at: int, count: int) -> Iterator[Item]:
        if count and self._held is not None:
            yield Picture(self._base + at, count, self._held)

    def _sound(self, track: int, frame: AudioFrame) -> Iterator[Item]:
        for part in self._resamplers[track].feed(frame):
            time = self._time(track, part, Fraction(part.samples, SAMPLE_RATE))
            at = self._clocks[track].next if time is None else self._origin + round(time * SAMPLE_RATE)
            yield from self._place(track, at, part)

    @property
    def _origin(self) -> int:
        """Position of this pass's time 0 in samples."""
        return self._base * self._grid.frame_samples

    def _silence(self, track: int, at: int, samples: int) -> Iterator[Item]:
        channels = self._probed.description.audio[track].channels
        for done in range(0, samples, _SILENCE_SAMPLES):
            count = min(_SILENCE_SAMPLES, samples - done)
            yield Sound(track, at + done, (bytes(count * _SAMPLE_BYTES),) * channels)

    def _fill(self, track: int, to: int) -> Iterator[Item]:
        clock = self._clocks[track]
        yield from self._silence(track, clock.next, clock.fill(to))

    def _level(self) -> Iterator[Item]:
        """Where one stream stays silent for long, the others do not wait for it."""
        heard = max((clock.next - self._origin for clock in self._clocks), default=0)
        shown = self._cadence.position
        at = self._cadence.position
        yield from self._repeat(at, self._cadence.stall((heard // SAMPLE_RATE - _SLACK_SECONDS) * self._grid.rate))
        behind = self._origin + (shown - _SLACK_SECONDS * self._grid.rate) * self._grid.frame_samples
        for track in range(len(self._clocks)):
            yield from self._fill(track, behind)

    def _finish(self) -> Iterator[Item]:
        """Bring all streams to one end: the picture's, or the sound's where that is longer."""
        for track, resampler in enumerate(self._resamplers):
            yield from self._tail(track, resampler)
        if self._deinterlacer is not None:
            for whole in self._deinterlacer.feed(None):
                yield from self._show(whole)
        self._check_damage()
        heard = max((Fraction(clock.next - self._origin, SAMPLE_RATE) for clock in self._clocks), default=Fraction(0))
        longer = heard > self._video_end + Fraction(1, 10)
        self.frames = self._cadence.end(heard if longer else self._video_end)
        at = self._cadence.position
        yield from self._repeat(at, self._cadence.stall(self.frames))
        for track in range(len(self._clocks)):
            yield from self._fill(track, self._origin + self.frames * self._grid.frame_samples)

    def _tail(self, track: int, resampler: "_Resampler") -> Iterator[Item]:
        for part in resampler.feed(None):
            yield from self._place(track, self._clocks[track].next, part)

    def _place(self, track: int, at: int, part: AudioFrame) -> Iterator[Item]:
        clock = self._clocks[track]
        before = clock.next
        silence, drop = clock.place(at, part.samples)
        yield from self._silence(track, before, silence)
        if drop < part.samples:
            yield Sound(track, before + silence, _planes(part, drop))

    def _check_damage(self) -> None:
        name, declared = self._probed.path.name, self._probed.declared
        if self._held is None:
            raise refusals.broken(name, "no picture can be decoded from it")
        if self.errors > _TOLERATED_ERRORS and self.errors * 50 > self.packets:
            raise refusals.broken(name, f"{self.errors} of {self.packets} packets cannot be decoded")
        reached = max(self._timeline.end, self._video_end)
        if declared is not None and reached + max(Fraction(2), declared / 20) < declared:
            detail = f"it should last {float(declared):.0f} s, but ends after {float(reached):.0f} s"
            raise refusals.broken(name, detail)


class _Resampler:
    """Any sound to floats at 48 kHz, mono or stereo; set up anew where the source changes its format."""

    def __init__(self, channels: int) -> None:
        self._layout = "mono" if channels == 1 else "stereo"
        self._key: tuple[str, str, int] | None = None
        self._inner: AudioResampler | None = None

    def feed(self, frame: AudioFrame | None) -> list[AudioFrame]:
        """Resampled frames with timestamps; None flushes."""
        if frame is None:
            return self._flush()
        key = (frame.format.name, frame.layout.name, frame.sample_rate)
        before = self._flush() if self._inner is not None and key != self._key else []
        if self._inner is None:
            self._inner, self._key = AudioResampler("fltp", self._layout, SAMPLE_RATE), key
        return before + self._inner.resample(frame)

    def _flush(self) -> list[AudioFrame]:
        if self._inner is None:
            return []
        inner, self._inner = self._inner, None
        return [frame for frame in inner.resample(None) if frame is not None]


def _planes(frame: AudioFrame, drop: int) -> tuple[bytes, ...]:
    begin, end = drop * _SAMPLE_BYTES, frame.samples * _SAMPLE_BYTES
    return tuple(bytes(plane)[begin:end] for plane in frame.planes)
