"""The demonstration's figures, by their definitions."""

import msgspec
import pytest

from banyan.demo_report import OneViewer, ViewerRun, report
from origin.counters import Traffic


def _run(startup: int | None, played: int = 1000) -> ViewerRun:
    return ViewerRun(played, 4000, 10, seeder=300, peer=200, rejected=1, viewers=(OneViewer(startup),))


def test_all_bytes_of_the_origin_count() -> None:
    origin = Traffic(media=100, proofs=50, playlists=30, rest=20, to_seeders=60)
    figures = report(origin, [_run(10), _run(30), _run(None)])
    assert figures.offload_total == pytest.approx(1 - 200 / 3000, abs=1e-4)
    assert (figures.bytes.origin, figures.bytes.seeder, figures.bytes.peers) == (200, 900, 600)
    assert (figures.viewers, figures.startup_ms_p50, figures.stalled_ms, figures.rejected_blocks) == (3, 20, 30, 3)


def test_nothing_played_is_not_a_saving() -> None:
    figures = report(Traffic(media=100), [_run(None, played=0)])
    assert figures.offload_total is None
    assert figures.startup_ms_p50 is None


def test_what_a_viewer_prints_is_what_is_read() -> None:
    from seeder.viewer import ViewerFigures, ViewerSummary

    viewer = ViewerFigures("playing", 25, 0, 7, 5000, 900, 400, 200, 300, 0, 0, 2, 3, None)
    run = msgspec.json.decode(ViewerSummary("item", (viewer, viewer)).json(), type=ViewerRun)
    assert (run.played, run.peer, run.seeder, run.stalled_ms, run.rejected) == (1800, 400, 600, 14, 4)
    assert [one.startup_ms for one in run.viewers] == [25, 25]
