"""A cell as one picture: who sent how much when, how full each viewer's buffer was, and who fed whom."""

from collections import Counter
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tests.lab.record import ORIGIN, Cell, ViewerRecord

_BIN_S = 2
_SOURCES = {"http": "origin to viewers", "peer": "viewers to viewers", "seeder": "seeders to viewers"}
_COLOURS = {"http": "#b5541c", "peer": "#1a5c96", "seeder": "#2c7a3f", ORIGIN: "#000000"}
_ACTIONS = {"kill": "#c01c28", "leave": "#77767b", "freeze": "#613583"}
_NAMES_FIT = 12


def draw(cell: Cell, out: Path) -> None:
    """Write the picture; the file's ending says whether as SVG or PNG."""
    figure = Figure(figsize=(13, 12), layout="constrained")
    axes = figure.subplot_mosaic(
        [["rates", "rates"], ["buffers", "buffers"], ["latency", "fed"]], height_ratios=[1, 1, 1.4]
    )
    figure.suptitle(
        f"{cell.scenario}, {cell.engine}, run {cell.run}: {len(cell.viewers)} viewers, "
        f"{cell.bitrate_bps / 1000:.0f} kbit/s, {cell.started}"
    )
    _rates(axes["rates"], cell)
    _lines(axes["buffers"], cell, "buffer_s", "buffer, s")
    _lines(axes["latency"], cell, "latency_s", "behind the camera, s")
    _fed(axes["fed"], cell)
    figure.savefig(out, dpi=100)


def _rates(axes: Axes, cell: Cell) -> None:
    """What the origin sent by its own account, and what viewers took in by theirs, in Mbit/s."""
    bins = np.arange(0, cell.seconds + _BIN_S, _BIN_S, dtype=np.float64)
    sent: NDArray[np.float64] = np.zeros(len(bins))
    for request in cell.requests:
        at = min(int(max(request.t + request.ended_s, 0) / 2 / _BIN_S), len(bins) - 1)
        sent[at] += request.bytes
    axes.step(bins, sent * 8 / _BIN_S / 1e6, where="post", color=_COLOURS[ORIGIN], label="all that left the origin")
    for source, label in _SOURCES.items():
        taken = sum((_taken(viewer, source, bins) for viewer in cell.viewers), np.zeros(len(bins)))
        if taken.any():
            axes.step(bins, taken * 8 / _BIN_S / 1e6, where="post", color=_COLOURS[source], label=label)
    axes.set_ylabel("Mbit/s")
    axes.legend(loc="upper right")
    _mark_events(axes, cell)


def _taken(viewer: ViewerRecord, source: str, bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bytes that a viewer took from a source in each bin."""
    times = [viewer.joined_s, *(sample.t for sample in viewer.samples)]
    totals = [0, *(getattr(sample, source) for sample in viewer.samples)]
    reached = np.interp(np.append(bins, bins[-1] + _BIN_S), times, totals)
    return np.asarray(np.diff(reached), dtype=np.float64)


def _lines(axes: Axes, cell: Cell, name: str, label: str) -> None:
    named = len(cell.viewers) <= _NAMES_FIT
    for viewer in cell.viewers:
        points = [(sample.t, getattr(sample, name)) for sample in viewer.samples if getattr(sample, name) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), linewidth=1, label=viewer.name if named else None)
    axes.set_ylabel(label)
    axes.set_xlabel("s")
    axes.set_xlim(0, cell.seconds)
    axes.set_ylim(bottom=0)
    if named:
        axes.legend(loc="upper right", fontsize="small")
    _mark_events(axes, cell)


def _mark_events(axes: Axes, cell: Cell) -> None:
    axes.set_xlim(0, cell.seconds)
    for event in cell.events:
        axes.axvline(event.t, color=_ACTIONS.get(event.action, "grey"), linestyle=":", linewidth=1)


def _fed(axes: Axes, cell: Cell) -> None:
    """Rows were fed by columns; MB."""
    fed = [Counter(viewer.fed_by) for viewer in cell.viewers]
    known = [ORIGIN, *(seeder.name for seeder in cell.seeders), *(viewer.name for viewer in cell.viewers)]
    feeders = known + sorted({name for one in fed for name in one} - set(known))
    table = np.array([[one[feeder] / 1e6 for feeder in feeders] for one in fed])
    axes.imshow(table, cmap="YlGnBu", aspect="auto")
    axes.set_xticks(range(len(feeders)), feeders, rotation=90, fontsize="small")
    axes.set_yticks(range(len(fed)), [viewer.name for viewer in cell.viewers], fontsize="small")
    axes.set_title("fed by, MB", fontsize="medium")
    if len(fed) > _NAMES_FIT:
        return
    for (row, column), size in np.ndenumerate(table):
        if size >= 0.05:
            dark = size > table.max() / 2
            axes.text(
                column, row, f"{size:.1f}", ha="center", va="center", fontsize="small", color="w" if dark else "k"
            )
