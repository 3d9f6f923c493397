"""A series summed up: medians of runs, another audience, and which aims are reached."""

import dataclasses
from typing import Any

import pytest

from tests.bench.metrics import Figures
from tests.bench.swarm import resized, summary
from tests.bench.table import aims_of, missed, table
from tests.lab.record import Appended, Cell, Machine, Request, Segment, ViewerRecord
from tests.lab.scenario import Scenario, Viewers

SCENARIO = Scenario(name="small", seconds=60, viewers=(Viewers(count=2),))


def _cell(engine: str, run: int, sent: int) -> Cell:
    """Two viewers append a segment of 100 bytes; the origin sends it `sent` bytes in all."""
    appended = [Appended(t=50, key="k", bytes=100, duration_s=4)]
    viewers = [
        ViewerRecord(
            name=name, kind="browser", group="viewer", joined_s=0, left_how="end", startup_ms=300, appended=appended
        )
        for name in SCENARIO.names
    ]
    request = Request(t=30, ended_s=31, who="", kind="media", path="/media/k.m4s", segment="k", bytes=sent, status=200)
    return Cell(
        scenario="small",
        engine=engine,
        run=run,
        network="loopback",
        kind="live",
        seconds=60,
        started="",
        commit="",
        machine=Machine(cores=2, kernel="", python="", load=run / 2, others_cores=0.5),
        bitrate_bps=1,
        viewers=viewers,
        segments=[Segment(key="k", track="v", sequence=0, duration_s=4, bytes=100, published_s=30)],
        requests=[request],
    )


def test_engines_are_summed_up_by_the_medians_of_their_runs() -> None:
    ours = [_cell("banyan", run, sent) for run, sent in ((1, 100), (2, 150), (3, 110))]
    result = summary(SCENARIO, {"banyan": ours, "http": [_cell("http", run, 200) for run in (1, 2, 3)]})
    assert (result["scenario"], result["viewers"], result["runs"]) == ("small", 2, 3)
    banyan, http = result["engines"]["banyan"], result["engines"]["http"]
    assert (banyan["offload"], banyan["of_bound"], http["offload"]) == (0.45, 0.9, 0)
    assert [one["copies_per_segment"] for one in banyan["each"]] == [1, 1.5, 1.1]
    assert (banyan["startup_ms_p50"], banyan["latency_s_p50"]) == (300, None)
    assert banyan["machine"] == {"load": [0.5, 1.0, 1.5], "others_cores": [0.5, 0.5, 0.5]}
    assert result["missed"] == []
    assert "missed" not in summary(SCENARIO, {"http": []})


def _figures(**known: float) -> dict[str, Any]:
    return {field.name: known.get(field.name) for field in dataclasses.fields(Figures)}


@pytest.mark.parametrize(
    ("figure", "http", "good", "bad"),
    [
        ("of_bound", 0.0, 0.98, 0.97),
        ("offload_total", 0.0, 0.76, 0.75),
        ("stall_ratio", 0.01, 0.011, 0.012),
        ("startup_ms_p50", 300, 365, 366),
        ("latency_s_p50", 12, 16, 16.1),
        ("wasted", 0, 0.03, 0.04),
        ("cpu_s_per_viewer_min", 4, 5, 5.1),
        ("failed", 0, 0, 1),
    ],
)
def test_each_aim_is_reached_or_missed(figure: str, http: float, good: float, bad: float) -> None:
    assert missed("live-open", _figures(**{figure: good}), _figures(**{figure: http})) == []
    assert missed("live-open", _figures(**{figure: bad}), _figures(**{figure: http})) == [figure]
    assert figure in [aim.figure for aim in aims_of("live-open")]


def test_the_table_says_ratios_and_aims() -> None:
    engines = {
        "banyan": _figures(of_bound=0.97, startup_ms_p50=400),
        "http": _figures(startup_ms_p50=200, offload=-0.1),
    }
    text = table({"scenario": "vod-staggered", "viewers": 2, "runs": 1, "engines": engines})
    rows = {line.split()[0]: line for line in text.splitlines()}
    assert "reached" in rows["of_bound"]
    assert "2.000" in rows["startup_ms_p50"]
    assert "MISSED" in rows["startup_ms_p50"]
    assert rows["wasted"].split() == ["wasted", "-", "-", "-"]


def test_another_audience_or_length_of_the_same_scenario() -> None:
    assert resized(SCENARIO, 5, 30).names == tuple(f"viewer-{number}" for number in range(1, 6))
    assert resized(SCENARIO, None, 30).seconds == 30
    two = Scenario(name="two", seconds=60, viewers=(Viewers(name="a"), Viewers(name="b")))
    with pytest.raises(ValueError, match="one group"):
        resized(two, 5, None)
