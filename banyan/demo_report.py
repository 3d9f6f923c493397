"""What a demonstration measured, each figure with its definition."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from origin.counters import Traffic
from origin.figures import offload


class OneViewer(Struct):
    """The part of a viewer's figures that is not summed."""

    startup_ms: int | None


class ViewerRun(Struct):
    """What `banyan viewer --json` prints, as far as it is read here. Bytes are verified media, times ms."""

    played: int
    played_ms: int
    stalled_ms: int
    seeder: int
    peer: int
    rejected: int
    viewers: tuple[OneViewer, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Bytes by who sent them. `origin` is everything that left the origin: media, proofs, playlists and the rest, to
    viewers and to seeders; the others are verified media that viewers received."""

    origin: int
    seeder: int
    peers: int


@dataclass(frozen=True, slots=True)
class DemoReport:
    """`offload_total` is 1 - bytes.origin / media bytes played, from the first second on (null: nothing was played);
    `stalled_ms` the sum over all viewers, `startup_ms_p50` the median of those that began to play."""

    viewers: int
    offload_total: float | None
    bytes: Sources
    played_bytes: int
    played_ms: int
    stalled_ms: int
    startup_ms_p50: int | None
    rejected_blocks: int


def report(origin: Traffic, runs: Sequence[ViewerRun]) -> DemoReport:
    """Put together what the origin counted and what the viewers measured."""
    played = sum(run.played for run in runs)
    startups = [one.startup_ms for run in runs for one in run.viewers if one.startup_ms is not None]
    saved = offload(origin, played)
    return DemoReport(
        viewers=sum(len(run.viewers) for run in runs),
        offload_total=None if saved is None else round(saved, 4),
        bytes=Sources(origin.total, sum(run.seeder for run in runs), sum(run.peer for run in runs)),
        played_bytes=played,
        played_ms=sum(run.played_ms for run in runs),
        stalled_ms=sum(run.stalled_ms for run in runs),
        startup_ms_p50=round(statistics.median(startups)) if startups else None,
        rejected_blocks=sum(run.rejected for run in runs),
    )
