"""What the worker is asked, and what it answers. msgpack on the pipe: see `wire`.

Order of events: `Opened`, an `Init` for each track, then `Segment`s by sequence and, within one sequence, in the order
of the tracks (every track has every sequence), with `Sheet` and `Progress` between them; `ThumbnailCues` if there were
sheets; and `Finished`. `Failed` may come at any time and is the last. All times in ms, rates in bit/s, unless ticks.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

TEST_SOURCE = "test"


class Job(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source to prepare.

    `source` is a path, or `test` for a generated class. `live` paces it in real time, `loop` (live only) repeats a file
    on one continuous timeline. `rungs` picks from the ladder by short side (None: all that the source carries;
    live, all that this machine can encode in time).
    `languages` names audio streams that carry no language, in their order (BCP 47 or ISO 639-2). `first` is the first
    sequence to emit: its bytes equal those of a run from the beginning, with x264 and AAC of the same build.
    """

    source: str
    live: bool = False
    loop: bool = False
    rungs: tuple[int, ...] | None = None
    languages: tuple[str, ...] = ()
    first: int = 0
    thumbnails: bool = True


class TrackInfo(Struct, frozen=True, kw_only=True):
    """One CMAF track. `bandwidth` bounds any segment's rate; `timescale` is ticks a second of its durations."""

    id: str
    kind: Literal["video", "audio"]
    codecs: str
    bandwidth: int
    timescale: int
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    language: str | None = None
    name: str | None = None
    channels: int | None = None
    sample_rate: int | None = None


class Opened(Struct, tag="opened", frozen=True, kw_only=True):
    """The source is good. A full segment lasts `segment_ticks / segment_timescale` seconds, exactly.

    `duration_ms` is what the container says, None where it does not say or there is no end. `started_ms` is the
    Unix time of presentation time 0 of the timeline (live only). `guard` names the walls that hold around the worker.
    """

    duration_ms: int | None
    segment_ticks: int
    segment_timescale: int
    frame_rate: float
    tracks: tuple[TrackInfo, ...]
    guard: tuple[str, ...]
    started_ms: int | None = None

    @property
    def segment_ms(self) -> float:
        """Duration of a full segment: 3840.0 or 3200.0."""
        return 1000 * self.segment_ticks / self.segment_timescale


class Init(Struct, tag="init", frozen=True, kw_only=True):
    """The initialisation segment of a track."""

    track: str
    data: bytes


class Segment(Struct, tag="segment", frozen=True, kw_only=True):
    """One media segment: a moof and an mdat. Its decode time is `sequence` full segment durations."""

    track: str
    sequence: int
    duration_ticks: int
    timescale: int
    data: bytes


class Sheet(Struct, tag="sheet", frozen=True, kw_only=True):
    """One JPEG of `ThumbnailCues.columns` x `rows` tiles, numbered from 0; unused tiles are cut off by rows."""

    index: int
    data: bytes


class ThumbnailCues(Struct, tag="cues", frozen=True, kw_only=True):
    """How tiles lie in the sheets: tile `n` shows time `n * interval_ms` and lies in sheet `n // (columns * rows)`."""

    columns: int
    rows: int
    tile_width: int
    tile_height: int
    interval_ms: int
    count: int


class Progress(Struct, tag="progress", frozen=True, kw_only=True):
    """How far the source is read; `behind_ms` is how late a live worker is on this machine."""

    done_ms: int
    total_ms: int | None
    behind_ms: int = 0


class Finished(Struct, tag="finished", frozen=True, kw_only=True):
    """All is emitted. `warnings` are English sentences about what was mended on the way."""

    duration_ms: int
    warnings: tuple[str, ...] = ()


class Failed(Struct, tag="failed", frozen=True, kw_only=True):
    """Nothing more comes. A sentence for a person in English and Chinese; `reason` is a short word for programs."""

    en: str
    zh: str
    reason: str


Event: TypeAlias = Opened | Init | Segment | Sheet | ThumbnailCues | Progress | Finished | Failed
