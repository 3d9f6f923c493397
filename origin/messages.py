"""Requests and answers of the JSON API; `docs/http-api.md` tells what they mean."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from swarm.telemetry import ItemInterval

MAX_INTERVALS = 32
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Fingerprint = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """Why a request was refused: a word for machines, a sentence for people."""

    error: str
    message: str


class Key(Struct, frozen=True, kw_only=True):
    """The P-256 key (JSON Web Key) that playlists are checked with."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str


class TrackAnswer(Struct, frozen=True, kw_only=True):
    """One track of an item; `bandwidth` in bit/s."""

    id: str
    kind: Literal["video", "audio"]
    codecs: str
    bandwidth: int
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    frame_rate: float | UnsetType = UNSET
    language: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    channels: int | UnsetType = UNSET


class Caption(Struct, frozen=True, kw_only=True):
    """Captions as WebVTT."""

    language: str
    name: str
    url: str


class ItemAnswer(Struct, frozen=True, kw_only=True):
    """A lecture or a class. Times in Unix ms, durations in ms."""

    id: str
    course: str
    kind: Literal["lecture", "class"]
    title: str
    state: Literal["preparing", "ready", "live", "ended", "failed"]
    created: int
    started: int | None
    ended: int | None
    duration: int
    segment_duration: int
    playlist: str
    thumbnails: str | None
    tracks: list[TrackAnswer]
    captions: list[Caption]
    key: Key


class CourseAnswer(Struct, frozen=True, kw_only=True):
    """A course and its items."""

    id: str
    title: str
    items: list[ItemAnswer]


class CoursesAnswer(Struct, frozen=True, kw_only=True):
    """All courses."""

    courses: list[CourseAnswer]


class TicketRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asks for admission; `fingerprint` is the SHA-256 of the bearer's DTLS certificate."""

    fingerprint: Fingerprint | UnsetType = UNSET
    role: Literal["viewer", "seeder"] = "viewer"


class TicketAnswer(Struct, frozen=True, kw_only=True):
    """Admission to a course's swarm. `upload` in bit/s, 0: no cap; `expires` in Unix ms."""

    ticket: str
    expires: int
    subject: str
    mode: Literal["mesh", "site", "seeders", "off"]
    tracker: str
    stun: list[str]
    upload: int


class ClassRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Starts a class in the course of that title, from a file on the server or a generated test source."""

    course: Title
    title: Title
    source: Annotated[str, Meta(min_length=1, max_length=4096)]
    loop: bool = False


class TelemetryRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tracker elsewhere summed up. `serial` names the batch: one that is posted again counts once."""

    serial: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    intervals: Annotated[tuple[ItemInterval, ...], Meta(max_length=MAX_INTERVALS)]


class OriginBytes(Struct, frozen=True, kw_only=True):
    """Bytes that left the origin by kind; `to_seeders` is the part of all kinds that went to seeders."""

    media: int
    proofs: int
    playlists: int
    rest: int
    to_seeders: int


class Figures(Struct, frozen=True, kw_only=True):
    """Health and savings; `origin.figures` defines each. Rates in bit/s, means over 15 s."""

    viewers: int
    seeders: int
    p2p_viewers: int
    origin_bps: int
    peer_bps: int
    seeder_bps: int
    played_bps: int
    offload: float | None
    fluency: float | None
    startup_p50: int | None
    rejected: int
    origin_bytes: OriginBytes
    peer_bytes: int
    seeder_bytes: int
    played_bytes: int


class ItemFigures(Figures, frozen=True, kw_only=True):
    """The figures of one item."""

    item: str
    title: str
    course: str
    kind: Literal["lecture", "class"]


class Snapshot(Struct, frozen=True, kw_only=True):
    """All figures at one moment."""

    now: int
    total: Figures
    items: list[ItemFigures]


class Point(Struct, frozen=True, kw_only=True):
    """The total at one moment of the past."""

    time: int
    viewers: int
    origin_bps: int
    peer_bps: int
    seeder_bps: int
    played_bps: int
    offload: float | None
    fluency: float | None


class History(Struct, frozen=True, kw_only=True):
    """Points of the last hour at most, one each 5 s, oldest first."""

    points: list[Point]
