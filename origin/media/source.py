"""What a source of media hands to the encoders: pictures and sound already on the grid, from time 0, without gaps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from av import VideoFrame

from origin.media.house import Grid


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame that fills the next `count` frames of the grid. `at` is the first of them."""

    at: int
    count: int
    frame: VideoFrame


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples of one audio track from position `at` on: 32-bit floats at 48 kHz, one plane a channel."""

    track: int
    at: int
    planes: tuple[bytes, ...]


Item: TypeAlias = Picture | Sound


@dataclass(frozen=True, slots=True)
class Audio:
    """One audio track. `language` is ISO 639 in lower case, `channels` 1 or 2."""

    id: str
    channels: int
    language: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A source as it will be shown: upright, square pixels."""

    width: int
    height: int
    grid: Grid
    audio: tuple[Audio, ...]
    duration_ms: int | None


class Source(Protocol):
    """Something that can be prepared."""

    @property
    def description(self) -> Description:
        """What it is."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was mended so far, as English sentences."""

    def items(self, first: int) -> Iterator[Item]:
        """Everything from grid frame `first` on, and what sounds 2,048 samples before it; more may come before.

        Raises Refused where the source turns out to be damaged.
        """
