"""Reports of viewers, bounded and folded into one sum per item and interval.

A report is believed for no more time than has passed on the tracker's clock, and for no more bytes than fit through a
fast line in that time: a forged one can shift a figure by its own small share and no further.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from swarm.telemetry import MAX_STARTUP_MS, MAX_STARTUPS, ItemInterval
from swarm.tracker_messages import Report
from tracker.membership import Item, ItemKey, Membership
from tracker.peer import Watch
from tracker.settings import TrackerSettings

Sink = Callable[[Sequence[ItemInterval]], None]
"""Takes the sums of all items of one interval; called on the event loop, so it must not block."""

PLAYED_SHARE = 1.25
"""Playing may run a little ahead of the clock: players catch up with live at up to this speed."""
_BYTES = ("http", "peer", "seeder", "sent", "wasted", "played")


@dataclass(slots=True)
class Believed:
    """What one peer may still report of one item: the time it has not accounted for, and its start-up."""

    credit: int
    at: int
    started: bool = False

    def spend(self, interval: int, now: int, most: int) -> int:
        """Take `interval` ms from the time that has passed; returns how much of it there was."""
        self.credit = min(most, self.credit + max(0, now - self.at))
        self.at = now
        spent = min(interval, self.credit)
        self.credit -= spent
        return spent


@dataclass(slots=True)
class Sums:
    """The figures of one item since the last flush."""

    figures: dict[str, int] = field(default_factory=dict)
    startups: list[int] = field(default_factory=list)

    def add(self, name: str, value: int) -> None:
        self.figures[name] = self.figures.get(name, 0) + value


class Telemetry:
    """Takes reports in and gives `ItemInterval`s out. `clipped` counts reports that claimed more than is believed."""

    def __init__(self, settings: TrackerSettings) -> None:
        self.clipped = 0
        self._settings = settings
        self._sums: dict[ItemKey, Sums] = {}
        self._believed: dict[Watch, Believed] = {}
        self._shown: set[ItemKey] = set()
        self._flushed: int | None = None

    def take(self, watch: Watch, report: Report, now: int) -> None:
        """Fold one report in."""
        believed = self._believed.get(watch)
        if believed is None:
            believed = self._believed[watch] = Believed(self._settings.report_credit_ms, watch.since)
        time = believed.spend(report.interval, now, 2 * self._settings.report_credit_ms)
        sums = self._sums.setdefault((watch.peer.course, watch.item), Sums())
        bounds = self._bounds(time)
        for name, most in bounds.items():
            claimed: int = getattr(report, name)
            sums.add(name, min(claimed, most))
        self.clipped += any(getattr(report, name) > most for name, most in bounds.items())
        self._start(believed, sums, report.startup)
        watch.linked = report.neighbours

    def forget(self, watch: Watch) -> None:
        """Drop what is known of a watch that ended."""
        self._believed.pop(watch, None)

    def flush(self, members: Membership, now: int) -> list[ItemInterval]:
        """The sums since the last flush, for every item that is watched, was watched, or has figures."""
        elapsed = now - self._flushed if self._flushed is not None else self._settings.flush_ms
        self._flushed = now
        keys = {**dict.fromkeys(members.items), **dict.fromkeys(self._sums), **dict.fromkeys(self._shown)}
        sums, self._sums = self._sums, {}
        self._shown = set(members.items)
        return [_interval(key, members.items.get(key), sums.get(key, Sums()), elapsed) for key in keys]

    def _bounds(self, time: int) -> dict[str, int]:
        most = time * self._settings.rate_bps // 8000
        bounds = dict.fromkeys(_BYTES, most)
        bounds["played_ms"] = int(time * PLAYED_SHARE)
        bounds["stalled_ms"] = time
        bounds["rejected"] = most // 1024
        return bounds

    def _start(self, believed: Believed, sums: Sums, startup: int) -> None:
        if 0 < startup <= MAX_STARTUP_MS and not believed.started:
            believed.started = True
            if len(sums.startups) < MAX_STARTUPS:
                sums.startups.append(startup)


def _interval(key: ItemKey, item: Item | None, sums: Sums, elapsed: int) -> ItemInterval:
    counts = (0, 0, 0) if item is None else _counts(item)
    startups = tuple(sums.startups)
    return ItemInterval(key[1], elapsed, *counts, **sums.figures, startups=startups, course=key[0])


def _counts(item: Item) -> tuple[int, int, int]:
    """Viewers, those of them with a neighbour, and seeders."""
    plain = sum(not watch.peer.seeder for watch in item.plain)
    linked = sum(watch.linked > 0 for watch in item.viewers)
    return len(item.viewers) + plain, linked, len(item.seeders) + len(item.plain) - plain
