"""What happens when in a cell: joins, and events with whom they strike. Pure; randomness comes from a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.record import ViewerRecord
from tests.lab.scenario import Event, Scenario, Viewers


@dataclass(frozen=True, slots=True)
class Join:
    """A viewer comes at `t`."""

    t: float
    name: str


@dataclass(frozen=True, slots=True)
class Strike:
    """An event happens at `t`."""

    t: float
    event: Event


def joins(group: Viewers) -> Iterator[Join]:
    """When each viewer of a group comes."""
    for number in range(group.count):
        yield Join(group.join_at + number * group.join_every, f"{group.name}-{number + 1}")


def timetable(scenario: Scenario) -> list[Join | Strike]:
    """Everything in order; at one moment joins come first."""
    comings: list[Join | Strike] = [join for group in scenario.viewers for join in joins(group)]
    strikes = [Strike(t, event) for event in scenario.events for t in _times(event, scenario.seconds)]
    return sorted([*comings, *strikes], key=lambda entry: entry.t)


def _times(event: Event, end: float) -> Iterator[float]:
    t = event.at
    while t < end:
        yield t
        if not event.every:
            return
        t += event.every


def struck(event: Event, present: list[ViewerRecord], draw: random.Random) -> list[str]:
    """Whom an event strikes of those who are there."""
    names = [viewer.name for viewer in present]
    if not names:
        return []
    if event.pick == "feeder":
        return [max(present, key=lambda viewer: viewer.sent).name]
    if event.pick != "random":
        return [event.pick] if event.pick in names else []
    count = 1 if event.share is None else max(1, round(event.share * len(names)))
    return draw.sample(sorted(names), min(count, len(names)))
