"""What a laboratory run shall be: a scenario, read from TOML. Unknown keys and impossible values are errors.

Times are seconds from the start of the cell, rates bit/s, delays ms.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

_Count = Annotated[int, Meta(ge=1, le=200)]
_Seconds = Annotated[float, Meta(ge=0, le=86_400)]
_Rate = Annotated[int, Meta(ge=50_000, le=10**10)]
_Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,31}$")]


class ScenarioError(ValueError):
    """A scenario that cannot be run; says which file, what is wrong and where."""


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line between a host and the hub. Left out: as fast as the machine is.

    `uplink_of_bitrate` asks for an uplink on which a bare data channel carries so many times the stream's bitrate; the
    runner finds the rate to set by measuring. `delay_ms` is what the line adds to each round trip, half in each
    direction; `loss_permille` is lost in each direction. Links are shaped with `network = "namespaces"` only.
    """

    uplink_bps: _Rate | None = None
    downlink_bps: _Rate | None = None
    uplink_of_bitrate: Annotated[float, Meta(gt=0, le=100)] | None = None
    delay_ms: Annotated[int, Meta(ge=0, le=5000)] = 0
    loss_permille: Annotated[int, Meta(ge=0, le=500)] = 0
    udp: bool = True

    @property
    def plain(self) -> bool:
        """Whether nothing is asked of it."""
        return self == Link()


class Stream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched: one rendition of 360 lines at 590 kbit/s and mono sound at 66 kbit/s, all segments (3.84 s) of
    nearly one size.

    `seconds` of media: a lecture's length; a class plays them over and over. A class is `age_s` old, or a little older,
    when the cell begins.
    """

    kind: Literal["live", "vod"] = "live"
    seconds: Annotated[int, Meta(ge=8, le=7200)] = 60
    age_s: _Seconds = 16


class Viewers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of viewers, named `<name>-1`, `<name>-2`, ... The first joins at `join_at`, each next `join_every` later.

    `nat` puts each viewer behind a router of its own, or, with `home`, all viewers of that home behind one: `cone`
    keeps a port for an inside address whatever the outside one is, `symmetric` takes a random port for each. `kind`
    `python` is the headless viewer; only it can be other than `honest`. `degree` is how many neighbours it looks for.
    """

    name: _Name = "viewer"
    count: _Count = 1
    kind: Literal["browser", "python"] = "browser"
    join_at: _Seconds = 0
    join_every: _Seconds = 0
    link: Link = Link()
    nat: Literal["none", "cone", "symmetric"] = "none"
    home: _Name | None = None
    behaviour: Literal["honest", "pollute", "silent", "trickle"] = "honest"
    degree: Annotated[int, Meta(ge=1, le=64)] | None = None


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to viewers that are there: at `at`, and then `every` so many seconds when that is not 0.

    `kill` ends without farewell, `leave` closes the page, `freeze` stops the process for good. `pick` is `feeder` (who
    has sent most to others up to then), `random`, or a viewer's name; `share` picks so large a part of those that are
    there (at least one) instead of one. A killed viewer does not come back.
    """

    at: _Seconds
    every: _Seconds = 0
    action: Literal["kill", "leave", "freeze"] = "kill"
    pick: str = "random"
    share: Annotated[float, Meta(gt=0, le=1)] | None = None


class Seeders(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seeders of the course, there from the start, named `seeder-1`, ..."""

    count: Annotated[int, Meta(ge=0, le=20)] = 0
    link: Link = Link()


class Origin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where origin, tracker and STUN stand. Tracker and pages share the origin's line."""

    link: Link = Link()


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One experiment; `seconds` is how long it goes on after its start. `seed` feeds everything that is drawn."""

    name: _Name
    about: str = ""
    seconds: Annotated[int, Meta(ge=4, le=7200)]
    network: Literal["loopback", "namespaces"] = "namespaces"
    seed: int = 1
    stream: Stream = Stream()
    viewers: tuple[Viewers, ...]
    events: tuple[Event, ...] = ()
    seeders: Seeders = Seeders()
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        """Raises ValueError (msgspec.ValidationError when decoding) for what single keys cannot tell."""
        if not self.viewers:
            raise ValueError("there are no [[viewers]]")
        _check_groups(self.viewers, self.seconds)
        _check_events(self)
        if self.network == "loopback":
            _check_loopback(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all viewers."""
        return tuple(f"{group.name}-{number + 1}" for group in self.viewers for number in range(group.count))


def _check_groups(groups: tuple[Viewers, ...], seconds: float) -> None:
    names = [group.name for group in groups]
    homes: dict[str, str] = {}
    for group in groups:
        if names.count(group.name) > 1:
            raise ValueError(f"two groups of viewers are named {group.name}")
        if group.name in ("origin", "seeder", "hub"):
            raise ValueError(f"{group.name} is not a name for viewers")
        if group.join_at + (group.count - 1) * group.join_every >= seconds:
            raise ValueError(f"the last viewer of {group.name} would join after the end at {seconds} s")
        if group.behaviour != "honest" and group.kind != "python":
            raise ValueError(f"{group.name}: only viewers of kind python can {group.behaviour}")
        if group.degree is not None and group.kind != "python":
            raise ValueError(f"{group.name}: degree is for viewers of kind python")
        if group.home is not None and group.nat == "none":
            raise ValueError(f"{group.name}: home {group.home} needs nat")
        if group.home is not None and homes.setdefault(group.home, group.nat) != group.nat:
            raise ValueError(f"home {group.home} has two kinds of nat")
        _check_link(group.name, group.link)


def _check_link(name: str, link: Link) -> None:
    if link.uplink_bps is not None and link.uplink_of_bitrate is not None:
        raise ValueError(f"{name}: uplink_bps and uplink_of_bitrate exclude each other")


def _check_events(scenario: Scenario) -> None:
    for event in scenario.events:
        if event.pick not in ("feeder", "random", *scenario.names):
            raise ValueError(f"an event picks {event.pick}, who is not among the viewers")
        if event.at >= scenario.seconds:
            raise ValueError(f"an event at {event.at} s comes after the end at {scenario.seconds} s")
        if event.share is not None and event.pick != "random":
            raise ValueError("share is for events that pick at random")
    for name, link in (("seeders", scenario.seeders.link), ("origin", scenario.origin.link)):
        if link.uplink_of_bitrate is not None:
            raise ValueError(f"{name}: uplink_of_bitrate is for viewers; say uplink_bps")


def _check_loopback(scenario: Scenario) -> None:
    links = [scenario.seeders.link, scenario.origin.link, *(group.link for group in scenario.viewers)]
    if any(not link.plain for link in links) or any(group.nat != "none" for group in scenario.viewers):
        raise ValueError('links and NATs need network = "namespaces"')


def decode_scenario(text: str, source: str) -> Scenario:
    """A scenario from TOML; `source` names it in errors. Raises ScenarioError."""
    try:
        return msgspec.toml.decode(text, type=Scenario)
    except (msgspec.DecodeError, ValueError) as error:
        raise ScenarioError(f"{source}: {error}") from error


def read_scenario(path: Path) -> Scenario:
    """A scenario from a file. Raises ScenarioError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    return decode_scenario(text, str(path))
