"""The JSON of the origin that a peer reads, as `docs/http-api.md` describes it. Unknown members are ignored."""

from typing import Literal

import msgspec

LECTURE, CLASS = "lecture", "class"


class Track(msgspec.Struct, frozen=True):
    """One track of an item; `bandwidth` in bit/s."""

    id: str
    kind: Literal["video", "audio"]
    bandwidth: int = 0
    language: str | None = None


class Key(msgspec.Struct, frozen=True):
    """The item's public key as a JSON Web Key."""

    kty: str
    crv: str
    x: str
    y: str

    def jwk(self) -> dict[str, str]:
        """As `swarm.keys.VerifyingKey.from_jwk` reads it."""
        return {"kty": self.kty, "crv": self.crv, "x": self.x, "y": self.y}


class Item(msgspec.Struct, frozen=True):
    """A lecture or a class; `segment_duration` in ms."""

    id: str
    course: str
    kind: Literal["lecture", "class"]
    title: str
    state: Literal["preparing", "ready", "live", "ended", "failed"]
    segment_duration: int
    tracks: tuple[Track, ...]
    key: Key

    @property
    def playable(self) -> bool:
        return self.state in ("ready", "live", "ended") and bool(self.tracks)


class Course(msgspec.Struct, frozen=True):
    """A course with its items."""

    id: str
    title: str
    items: tuple[Item, ...] = ()


class Courses(msgspec.Struct, frozen=True):
    """All courses."""

    courses: tuple[Course, ...]


class Grant(msgspec.Struct, frozen=True):
    """A ticket and what belongs to it: its end in Unix ms, the tracker's address, STUN servers, upload cap in bit/s
    (0: none)."""

    ticket: str
    expires: int
    subject: str
    mode: Literal["mesh", "site", "seeders", "off"]
    tracker: str
    stun: tuple[str, ...] = ()
    upload: int = 0
