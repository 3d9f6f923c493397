"""What the catalogue returns: frozen rows, free of the database.

Times are Unix milliseconds, durations of segments ticks of the track's timescale, sizes bytes, rates bit/s.
"""

from dataclasses import dataclass

LECTURE, CLASS = "lecture", "class"
PREPARING, READY, LIVE, ENDED, FAILED, REMOVED = "preparing", "ready", "live", "ended", "failed", "removed"
LISTED = (READY, LIVE, ENDED)
SHEET, THUMBNAILS, CAPTIONS = "sheet", "thumbnails", "captions"


@dataclass(frozen=True, slots=True)
class Course:
    """The unit of a swarm."""

    id: str
    title: str
    created: int


@dataclass(frozen=True, slots=True)
class Track:
    """One CMAF track of an item; `init` is the object id of its initialisation segment.

    `bandwidth` is the peak of any segment, `average_bandwidth` the mean over all.
    """

    id: str
    kind: str
    codecs: str
    bandwidth: int
    average_bandwidth: int
    timescale: int
    init: str
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    language: str | None = None
    name: str | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a track: its place, its object id, and its time in ticks since the item's start."""

    msn: int
    object: str
    start: int
    duration: int
    size: int


@dataclass(frozen=True, slots=True)
class Asset:
    """A file beside the tracks: a thumbnail sheet, the cues of the thumbnails, or captions."""

    kind: str
    index: int
    object: str
    extension: str
    size: int
    language: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A lecture or a class. `head` is the newest media sequence number that is listed (-1: none);
    `segment_ms` the regular length of its segments; `owner` the lease of the process that writes it."""

    id: str
    course: str
    kind: str
    title: str
    state: str
    created: int
    started: int | None
    ended: int | None
    duration_ms: int
    segment_ms: int
    edition: int
    head: int
    owner: str
    tracks: tuple[Track, ...] = ()
    assets: tuple[Asset, ...] = ()

    @property
    def epoch_ms(self) -> int:
        """Unix milliseconds of the item's first frame."""
        return self.created if self.started is None else self.started

    def track(self, track_id: str) -> Track | None:
        return next((track for track in self.tracks if track.id == track_id), None)
