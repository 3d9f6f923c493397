"""What a browser viewer runs: the page that plays. An engine is one kind of page, a visit one viewer on it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playwright.async_api import Page

from tests.lab.record import Sample, ViewerRecord


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a cell plays. `url` is the address of the origin as viewers see it, without a slash at the end; `host` its
    address alone; `playlist` the address of the multivariant playlist. `now` is the cell's clock in s. `inside` puts a
    command into the origin's network: processes that viewers shall reach, such as a tracker of an engine's own, are
    started with it and bind `host`. `folder` is the cell's own. `names` tells a viewer by the id that its own engine
    gave it (filled by engines as viewers open), for `fed_by`."""

    url: str
    host: str
    course: str
    item: str
    playlist: str
    live: bool
    folder: Path
    now: Callable[[], float]
    inside: Callable[[list[str]], list[str]]
    names: dict[str, str]


class Visit(Protocol):
    """One viewer's page. It may be killed at any moment: then its calls raise, and what was noted up to then counts."""

    async def sample(self, viewer: ViewerRecord) -> Sample:
        """How it stands now; brings the totals, `appended` and `fed_by` of the viewer's record up to date."""

    async def leave(self) -> None:
        """Leave as a person does who closes the page."""


class Engine(Protocol):
    """One kind of page; one object serves all viewers of a cell. `name` is what `--engine` says."""

    name: str

    async def start(self, stage: Stage) -> None:
        """Start what the engine needs besides the origin; before any viewer."""

    async def open(self, page: Page, stage: Stage, viewer: ViewerRecord) -> Visit:
        """Let an empty page (about:blank, in the viewer's own browser) open the item and begin to play. Returns as soon
        as it was told to play, not when it does."""

    async def close(self) -> None:
        """End what `start` started."""
