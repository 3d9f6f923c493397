"""Random views of the fetch policy by the hundred thousand, made from the fields of `View` itself.

Every field is one column of whole numbers over all views, so that they can be cut, written and compared as they are.
A field that the tables below do not name still gets values: by its suffix where it is one number, and where it is a
list, one that is long enough for any index.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from swarm.policy import ASKED, HELD, HTTP, MISSING, NEVER, View

Column = NDArray[np.int64]
BLOCK = 16 * 1024
LARGEST = 2**40

# How long a list is: one entry a block, a source, each block of each source, or enough for any of these.
BLOCKS, SOURCES, BOTH, ANY = "blocks", "sources", "both", "any"
ONE = "one"
LENGTHS = {
    "state": BLOCKS,
    "owner": BLOCKS,
    "asked": BLOCKS,
    "mine": BLOCKS,
    "rate": SOURCES,
    "round_trip": SOURCES,
    "queue": SOURCES,
    "ahead": SOURCES,
    "window": SOURCES,
    "silent": SOURCES,
    "patience": SOURCES,
    "offers": BOTH,
}
KINDS = {
    "now": "now",
    "deadline": "moment",
    "backup": "moment",
    "latest": "moment",
    "asked": "moment",
    "urgent": "rare",
    "spare": "rare",
    "offset": "block",
    "state": "state",
    "owner": "owner",
    "mine": "flag",
    "offers": "flag",
    "round_trip": "ms",
    "silent": "ms",
    "patience": "ms",
    "rate": "rate",
    "queue": "bytes",
    "ahead": "bytes",
    "window": "bytes",
}
PLAUSIBLE: dict[str, list[int]] = {
    "now": [0, 1, 1000, 1_000_000, 1_800_000_000_000],
    "moment": [-600_000, -3000, -1000, -1, 0, 0, 1, 500, 1000, 1500, 3000, 6000, 8000, 30_000, -LARGEST, LARGEST],
    "rare": [0, 0, 0, 0, 0, 1],
    "flag": [0, 1],
    "ms": [0, 0, 1, 20, 50, 100, 400, 499, 500, 1499, 1500, 1501, 2000, 4000, 6000, 60_000, LARGEST],
    "bytes": [0, 0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK, 131_072, 524_288, 1_048_576, LARGEST],
    "rate": [0, 1, 100, 20_000, 125_000, 400_000, 1_000_000, 5_000_000, 100_000_000, LARGEST],
    "any": [0, 0, 1, 1, 2, 5, 16, 100, 1000, 1500, BLOCK, 524_288],
}


class Views(NamedTuple):
    """So many views: how many blocks and sources each has, how long each list is, and the column of each field."""

    blocks: Column
    sources: Column
    lengths: dict[str, str]
    columns: dict[str, Column]

    def copy(self) -> "Views":
        """The same, to be changed apart."""
        return self._replace(columns={name: column.copy() for name, column in self.columns.items()})

    def counts(self, length: str) -> Column:
        """How many entries of a list of this length each view has."""
        both = self.blocks * self.sources
        return {
            ONE: np.ones_like(self.blocks),
            BLOCKS: self.blocks,
            SOURCES: self.sources,
            BOTH: both,
            ANY: both + self.blocks + self.sources,
        }[length]

    def cut(self) -> Iterator[View]:
        """View by view; lists are parts of the columns, so what `decide` changes is changed there."""
        ends = {name: np.cumsum(self.counts(length)).tolist() for name, length in self.lengths.items()}
        starts = dict.fromkeys(self.lengths, 0)
        for k in range(len(self.blocks)):
            values: dict[str, Any] = {}
            for name, length in self.lengths.items():
                start, end = starts[name], ends[name][k]
                column = self.columns[name]
                values[name] = int(column[start]) if length == ONE else column[start:end]
                starts[name] = end
            yield View(**values)


def make_views(seed: int, count: int) -> Views:
    """Random views: mostly small, some long ones, some without sources."""
    rng = np.random.default_rng(seed)
    blocks = rng.choice([1, 2, 3, 4, 5, 6, 8, 12, 40], count)
    sources = rng.choice([0, 1, 1, 2, 2, 3, 4, 7], count)
    hints = get_type_hints(View)
    lengths = {name: ONE if hint is int else LENGTHS.get(name, ANY) for name, hint in hints.items()}
    views = Views(blocks, sources, lengths, {})
    views.columns["now"] = rng.choice(PLAUSIBLE["now"], count)
    for name in sorted(lengths, key=lambda name: name == "owner"):
        if name != "now":
            views.columns[name] = _column(rng, name, views)
    return views


def _column(rng: np.random.Generator, name: str, views: Views) -> Column:
    counts = views.counts(views.lengths[name])
    total = int(counts.sum())
    blocks, sources = np.repeat(views.blocks, counts), np.repeat(views.sources, counts)
    match _kind(name):
        case "moment":
            near = rng.choice(PLAUSIBLE["moment"], total) + np.repeat(views.columns["now"], counts)
            return np.where(rng.random(total) < 0.02, NEVER, near)
        case "block":
            return np.floor(rng.random(total) * blocks).astype(np.int64)
        case "state":
            state = rng.choice([MISSING, MISSING, MISSING, ASKED, ASKED, HTTP, HELD], total)
            return np.where((state == ASKED) & (sources == 0), MISSING, state)
        case "owner":
            owner = np.floor(rng.random(total) * sources).astype(np.int64)
            return np.where(views.columns["state"] == ASKED, owner, -1)
        case "bytes" if name == "block_bytes":
            return np.full(total, BLOCK)
        case kind:
            return rng.choice(PLAUSIBLE[kind], total)


def _kind(name: str) -> str:
    suffix = name.rpartition("_")[2]
    return KINDS.get(name, suffix if suffix in PLAUSIBLE else "any")
