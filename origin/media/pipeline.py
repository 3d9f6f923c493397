"""One decode feeds all: a thread for each track, bounded queues between, segments out in one order."""

import os
import time
from collections.abc import Callable

from origin.media import video
from origin.media.audio import Windows
from origin.media.collector import Collector
from origin.media.events import Event, Finished, Init, Job, Opened, Progress
from origin.media.house import SEGMENT_FRAMES, VIDEO_TIMESCALE, Rung, affordable, ladder
from origin.media.lane import Lane
from origin.media.rendition import AudioRendition, AudioWork, VideoRendition, VideoWork
from origin.media.source import Picture, Sound, Source
from origin.media.thumbnails import Thumbnails

_QUEUED_BYTES = 64 << 20
_LEAST_FRAMES, _MOST_FRAMES = 4, 32
_QUEUED_WINDOWS = 4
_PROGRESS_SECONDS = 0.5


class Pipeline:
    """Prepares one source. `emit` is called from several threads and may block, which slows the decoder down."""

    def __init__(self, source: Source, job: Job, turn: int, emit: Callable[[Event], None]) -> None:
        self._source = source
        self._job = job
        self._emit = emit
        about = source.description
        self._grid = about.grid
        self._rungs = ladder(about.width, about.height, job.rungs)
        if job.live and job.rungs is None:
            self._rungs = affordable(self._rungs, self._grid.rate, os.cpu_count() or 1)
        names = tuple(rung.name for rung in self._rungs) + tuple(audio.id for audio in about.audio)
        self._collector = Collector(names, job.first, emit)
        self._thumbnails: Thumbnails | None = None
        if job.thumbnails and not job.live and not job.first:
            self._thumbnails = Thumbnails(self._rungs[-1], self._grid.rate, about.duration_ms, emit)
        self._video = [self._rendition(rung, turn) for rung in self._rungs]
        self._audio = [AudioRendition(audio, self._grid, self._collector.add) for audio in about.audio]
        self._windows = [Windows(audio.channels, self._grid, job.first) for audio in about.audio]
        self._renditions: tuple[VideoRendition | AudioRendition, ...] = (*self._video, *self._audio)
        self._frames = 0
        self._first_frame = job.first * SEGMENT_FRAMES
        self._epoch = 0.0
        self._told = 0.0

    def _rendition(self, rung: Rung, turn: int) -> VideoRendition:
        preset = video.CLASS_PRESET if self._job.live else video.LECTURE_PRESET
        smallest = rung is self._rungs[-1]
        tap = self._thumbnails.see if self._thumbnails is not None and smallest else None
        return VideoRendition(rung, self._grid, turn, preset, self._collector.add, tap)

    def run(self, guard: tuple[str, ...]) -> None:
        """From `Opened` to `Finished`. Raises Refused where the source turns out to be damaged."""
        self._open(guard)
        about = self._source.description
        depth = min(_MOST_FRAMES, max(_LEAST_FRAMES, _QUEUED_BYTES // (about.width * about.height * 3 // 2)))
        pictures = [Lane(one.track.id, depth, one.feed, one.finish) for one in self._video]
        sounds = [Lane(one.track.id, _QUEUED_WINDOWS, one.feed, one.finish) for one in self._audio]
        for item in self._source.items(self._first_frame):
            if isinstance(item, Picture):
                self._show(item, pictures)
            else:
                self._hear(item, sounds)
        self._close(pictures, sounds)

    def _open(self, guard: tuple[str, ...]) -> None:
        about, grid, live = self._source.description, self._grid, self._job.live
        self._epoch = time.monotonic()
        skipped_ms = grid.milliseconds(self._first_frame)
        self._emit(
            Opened(
                duration_ms=None if live else about.duration_ms,
                segment_ticks=grid.segment_ticks,
                segment_timescale=VIDEO_TIMESCALE,
                frame_rate=float(grid.rate),
                tracks=tuple(one.track for one in self._renditions),
                guard=guard,
                started_ms=time.time_ns() // 1_000_000 - skipped_ms if live else None,
            )
        )
        for one in self._renditions:
            self._emit(Init(track=one.track.id, data=one.init))

    def _show(self, item: Picture, lanes: list[Lane[VideoWork]]) -> None:
        for at in range(item.at, item.at + item.count):
            self._frames = at + 1
            behind = self._pace(at)
            self._progress(behind)
            if at >= self._first_frame:
                for lane in lanes:
                    lane.put((at, item.frame))

    def _hear(self, item: Sound, lanes: list[Lane[AudioWork]]) -> None:
        for sequence, window in self._windows[item.track].add(item.at, item.planes):
            lanes[item.track].put((sequence, window, SEGMENT_FRAMES))

    def _pace(self, at: int) -> float:
        """A class shows each frame when its time has passed. Returns by how many seconds it is late."""
        if not self._job.live or at < self._first_frame:
            return 0.0
        early = self._epoch + (at + 1 - self._first_frame) / self._grid.rate - time.monotonic()
        if early > 0:
            time.sleep(early)
        return max(0.0, -early)

    def _progress(self, behind: float) -> None:
        now = time.monotonic()
        if now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        total = None if self._job.live else self._source.description.duration_ms
        done = self._grid.milliseconds(self._frames)
        self._emit(Progress(done_ms=done, total_ms=total, behind_ms=int(behind * 1000)))

    def _close(self, pictures: list[Lane[VideoWork]], sounds: list[Lane[AudioWork]]) -> None:
        last = (self._frames - 1) // SEGMENT_FRAMES
        for windows, lane in zip(self._windows, sounds, strict=True):
            for sequence, window in windows.finish(last):
                rest = self._frames - sequence * SEGMENT_FRAMES
                lane.put((sequence, window, min(SEGMENT_FRAMES, rest)))
        for sound in sounds:
            sound.close()
        for picture in pictures:
            picture.close()
        if self._thumbnails is not None:
            self._emit(self._thumbnails.finish())
        self._emit(Finished(duration_ms=self._grid.milliseconds(self._frames), warnings=self._source.warnings))
