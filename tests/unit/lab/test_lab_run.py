"""A whole cell on the loopback: two headless viewers of a lecture, one of whom is killed. Needs no privilege."""

from pathlib import Path

import pytest

from tests.bench.engines import PageEngine
from tests.lab.cell import CellError, run_cell
from tests.lab.record import Cell
from tests.lab.scenario import decode_scenario

PAGES = Path(__file__).parents[3] / "web-player" / "dist"
TEXT = """
name = "short"
seconds = 7
network = "loopback"
[stream]
kind = "vod"
seconds = 16
[[viewers]]
kind = "python"
count = 2
join_every = 1
[[events]]
at = 5
pick = "viewer-1"
"""


async def test_two_viewers_of_a_lecture(tmp_path: Path) -> None:
    scenario = decode_scenario(TEXT, "short")
    cell = await run_cell(scenario, PageEngine("banyan", "banyan"), 1, tmp_path / "cell", PAGES)
    first, second = cell.viewers
    assert (first.left_how, second.left_how) == ("kill", "end")
    assert [event.who for event in cell.events] == [["viewer-1"]]
    for viewer in cell.viewers:
        assert viewer.startup_ms is not None
        assert 1000 < viewer.played_ms < 7000
        assert {one.key for one in viewer.appended} <= {segment.key for segment in cell.segments}
        assert sum(viewer.fed_by.values()) == viewer.received
        assert set(viewer.fed_by) <= {"origin", "viewer-1", "viewer-2"}
    _check_requests(cell)


def _check_requests(cell: Cell) -> None:
    """The origin's account and the viewers' own agree."""
    media = [request for request in cell.requests if request.kind == "media"]
    for viewer in cell.viewers:
        sent = sum(request.bytes for request in media if request.who == viewer.name)
        assert sent >= viewer.samples[-1].http > 0
    assert {request.who for request in media} == {"viewer-1", "viewer-2"}


async def test_other_engines_have_no_headless_viewer(tmp_path: Path) -> None:
    scenario = decode_scenario(TEXT, "short")
    with pytest.raises(CellError, match="no headless viewer for p2pml"):
        await run_cell(scenario, PageEngine("p2pml", "p2pml"), 1, tmp_path / "cell", PAGES)
