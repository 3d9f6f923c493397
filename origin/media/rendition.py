"""One track each: frames or windows of samples in, segments out. The bodies of the encoding lanes."""

from collections.abc import Callable
from typing import TypeAlias

from av.video.frame import VideoFrame

from origin.media import audio, video
from origin.media.errors import EncoderError
from origin.media.events import Segment, TrackInfo
from origin.media.house import AAC_FRAME, SAMPLE_RATE, SEGMENT_FRAMES, VIDEO_TIMESCALE, Grid, Rung
from origin.media.picture import Scaler
from origin.media.source import Audio

Tap: TypeAlias = Callable[[int, VideoFrame], None]
VideoWork: TypeAlias = tuple[int, VideoFrame]
AudioWork: TypeAlias = tuple[int, tuple[bytes, ...], int]
Emit: TypeAlias = Callable[[Segment], None]


class VideoRendition:
    """Scales and encodes one rung. Frames come in grid order without gaps, from a segment boundary on."""

    def __init__(self, rung: Rung, grid: Grid, turn: int, preset: str, emit: Emit, tap: Tap | None) -> None:
        self._rung = rung
        self._grid = grid
        self._preset = preset
        self._scaler = Scaler(rung, turn)
        self._emit = emit
        self._tap = tap
        self._encoder: video.SegmentEncoder | None = None
        self._sequence = 0
        self._configuration = video.configure(rung, grid, preset)
        self._parameter_sets: tuple[bytes, bytes] | None = None
        self.init = self._configuration.init

    @property
    def track(self) -> TrackInfo:
        """What a playlist says of it."""
        return TrackInfo(
            id=self._rung.name,
            kind="video",
            codecs=self._configuration.codecs,
            bandwidth=self._configuration.bandwidth,
            timescale=VIDEO_TIMESCALE,
            width=self._rung.width,
            height=self._rung.height,
            frame_rate=float(self._grid.rate),
        )

    def feed(self, work: VideoWork) -> None:
        """The frame at a grid position."""
        at, frame = work
        scaled = self._scaler.scale(frame)
        if self._tap is not None:
            self._tap(at, scaled)
        if self._encoder is None:
            self._sequence = at // SEGMENT_FRAMES
            self._encoder = self._fresh()
        self._encoder.feed(scaled)
        if self._encoder.frames == SEGMENT_FRAMES:
            self.finish()

    def finish(self) -> None:
        """End the segment under way, if there is one."""
        if self._encoder is None:
            return
        encoder, self._encoder = self._encoder, None
        data = encoder.finish(self._sequence)
        ticks = encoder.frames * self._grid.frame_ticks
        self._emit(
            Segment(
                track=self._rung.name,
                sequence=self._sequence,
                duration_ticks=ticks,
                timescale=VIDEO_TIMESCALE,
                data=data,
            )
        )

    def _fresh(self) -> video.SegmentEncoder:
        encoder = video.SegmentEncoder(self._rung, self._grid, self._preset)
        if self._parameter_sets not in (None, encoder.parameter_sets):
            raise EncoderError(f"{self._rung.name}: parameter sets changed, one initialisation segment cannot serve")
        self._parameter_sets = encoder.parameter_sets
        return encoder


class AudioRendition:
    """Encodes one audio track, a window of samples at a time."""

    def __init__(self, description: Audio, grid: Grid, emit: Emit) -> None:
        self._description = description
        self._grid = grid
        self._emit = emit
        self.init = audio.init_segment(description)

    @property
    def track(self) -> TrackInfo:
        """What a playlist says of it."""
        return TrackInfo(
            id=self._description.id,
            kind="audio",
            codecs=audio.CODECS,
            bandwidth=audio.bandwidth(self._description.channels),
            timescale=SAMPLE_RATE,
            language=self._description.language,
            name=self._description.name,
            channels=self._description.channels,
            sample_rate=SAMPLE_RATE,
        )

    def feed(self, work: AudioWork) -> None:
        """A sequence, its window, and how many frames of video it lasts."""
        sequence, window, frames = work
        count = self._grid.aac_frames(frames)
        self._emit(
            Segment(
                track=self._description.id,
                sequence=sequence,
                duration_ticks=count * AAC_FRAME,
                timescale=SAMPLE_RATE,
                data=audio.encode(sequence, window, count, self._grid),
            )
        )

    def finish(self) -> None:
        """Nothing is left over: windows are whole segments."""
