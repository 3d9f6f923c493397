"""What a laboratory run was: a cell, as JSON. All metrics are computed from cells alone.

`t` and everything that ends in `_s` are seconds from the start of the cell (what happened before is negative), on one
clock for all; sizes are bytes. A segment's `key` is the name of its file without extension: in our playlists its id.
"""

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

ORIGIN = "origin"
RequestKind = Literal["media", "proof", "playlist", "other"]


class RecordError(ValueError):
    """A file that holds no cell."""


class Segment(Struct, kw_only=True, forbid_unknown_fields=True):
    """A segment of the item. `published_s`: when a playlist listed it first (None: before the cell, as a lecture's);
    `starts_s`: where in the item it begins."""

    key: str
    track: str
    sequence: int
    duration_s: float
    bytes: int
    published_s: float | None = None
    starts_s: float = 0


class Request(Struct, kw_only=True, forbid_unknown_fields=True):
    """One answer of the origin: when asked, when ended, and all bytes that left (with headers; partial answers as far
    as they got). `who` is the name of a viewer or seeder, empty for others; `segment` is empty for what is none."""

    t: float
    ended_s: float
    who: str
    kind: RequestKind
    path: str
    segment: str
    bytes: int
    status: int


class Appended(Struct, kw_only=True, forbid_unknown_fields=True):
    """A media segment that was handed to the player."""

    t: float
    key: str
    bytes: int
    duration_s: float


class Sample(Struct, kw_only=True, forbid_unknown_fields=True):
    """How one viewer stood at `t`, each second. Bytes are totals up to then: verified media over HTTP, from other
    viewers and from seeders, and what was sent to others. `position_s` is the media's time; `latency_s` how far a class
    on the screen is behind the camera: the clock less the playlist's date of the picture (EXT-X-PROGRAM-DATE-TIME)."""

    t: float
    position_s: float
    buffer_s: float
    latency_s: float | None = None
    http: int = 0
    peer: int = 0
    seeder: int = 0
    sent: int = 0
    neighbours: int = 0


class ViewerRecord(Struct, kw_only=True, forbid_unknown_fields=True):
    """One viewer. `left_how` is `end` for who stayed to the end, `failed` for who never could watch (`trouble` says
    why). `stalls` count from the first picture on, as `stalled_ms` do; a stall under way at the end counts too.

    `latency_s` is the median of its samples' while it played; `received` all media bytes taken in, `wasted` those of
    them that were of no use; `fed_by` the received bytes by who sent them (`origin`, a name, or `unknown`). `cpu_s` is
    the processor time of all its processes. `uplink_bps` is what the link was set to, `goodput_bps` what a bare data
    channel carried on it (None: not measured).
    """

    name: str
    kind: str
    group: str
    behaviour: str = "honest"
    address: str = ""
    home: str | None = None
    nat: str = "none"
    joined_s: float
    left_s: float | None = None
    left_how: Literal["end", "kill", "leave", "freeze", "failed"] | None = None
    trouble: str = ""
    startup_ms: float | None = None
    stalls: int = 0
    stalled_ms: float = 0
    played_ms: float = 0
    latency_s: float | None = None
    received: int = 0
    sent: int = 0
    wasted: int = 0
    rejected: int = 0
    cpu_s: float | None = None
    uplink_bps: int | None = None
    downlink_bps: int | None = None
    goodput_bps: int | None = None
    fed_by: dict[str, int] = field(default_factory=dict)
    appended: list[Appended] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


class SeederRecord(Struct, kw_only=True, forbid_unknown_fields=True):
    """One seeder; what it fetched is among the origin's requests under its name."""

    name: str
    address: str = ""
    cpu_s: float | None = None
    uplink_bps: int | None = None


class EventRecord(Struct, kw_only=True, forbid_unknown_fields=True):
    """What happened to whom."""

    t: float
    action: str
    who: list[str]


class Machine(Struct, kw_only=True, forbid_unknown_fields=True):
    """What it ran on; `load` is the machine's at the start, `others_cores` what everybody else took meanwhile."""

    cores: int
    kernel: str
    python: str
    load: float
    others_cores: float | None = None


class Cell(Struct, kw_only=True, forbid_unknown_fields=True):
    """One run of one scenario with one engine. `bitrate_bps` is the stream's mean over its segments, all tracks that a
    viewer plays together; `started` is UTC in ISO 8601, `commit` the state of this repository. `epoch_s` is the moment
    of the item's second 0 by its playlists' dates (None: a lecture's tell nothing)."""

    scenario: str
    engine: str
    run: int
    network: str
    kind: str
    seconds: float
    started: str
    commit: str
    machine: Machine
    bitrate_bps: int
    epoch_s: float | None = None
    viewers: list[ViewerRecord] = field(default_factory=list)
    seeders: list[SeederRecord] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)

    def segment(self, key: str) -> Segment | None:
        """A segment by its key."""
        return next((segment for segment in self.segments if segment.key == key), None)

    @property
    def late_s(self) -> float:
        """How far a class fell behind its own pace at worst since the cell began, in s: more than one or two, and the
        machine was too busy to encode, so that the cell says little of anything else."""
        times = {one.sequence: one for one in self.segments if one.published_s}
        if self.kind != "live" or not times:
            return 0.0
        first = min(times)
        due = times[first].published_s or 0.0
        return max((one.published_s or 0.0) - due - (at - first) * one.duration_s for at, one in times.items())


def encode_cell(cell: Cell) -> bytes:
    """As JSON, one line for each item."""
    return msgspec.json.format(msgspec.json.encode(cell), indent=1) + b"\n"


def decode_cell(data: bytes, source: str) -> Cell:
    """A cell from JSON; `source` names it in errors. Raises RecordError."""
    try:
        return msgspec.json.decode(data, type=Cell)
    except msgspec.DecodeError as error:
        raise RecordError(f"{source}: {error}") from error


def read_cell(path: Path) -> Cell:
    """A cell from a file. Raises RecordError."""
    try:
        return decode_cell(path.read_bytes(), str(path))
    except OSError as error:
        raise RecordError(f"{path}: {error}") from error


def write_cell(path: Path, cell: Cell) -> None:
    """Write it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(encode_cell(cell))
    partial.replace(path)


def cell_path(folder: Path, scenario: str, engine: str, run: int) -> Path:
    """Where a cell lies in a folder of results."""
    return folder / f"{scenario}.{engine}.{run}.json"
