"""A cell survives being written and read; what is no cell is refused; one is written whole or not at all."""

from pathlib import Path

import msgspec
import pytest

from tests.lab.cell import finish, mean_bitrate
from tests.lab.draw import draw
from tests.lab.record import (
    Appended,
    Cell,
    EventRecord,
    Machine,
    RecordError,
    Request,
    Sample,
    SeederRecord,
    Segment,
    ViewerRecord,
    cell_path,
    decode_cell,
    encode_cell,
    read_cell,
    write_cell,
)


def _viewer(name: str) -> ViewerRecord:
    return ViewerRecord(
        name=name,
        kind="browser",
        group="viewer",
        joined_s=0.5,
        fed_by={"origin": 300_000, "viewer-2": 100},
        appended=[Appended(t=1.5, key="a", bytes=300_000, duration_s=3.84)],
        samples=[Sample(t=second, position_s=second, buffer_s=4, latency_s=10 + second, http=100) for second in (1, 2)],
    )


def _cell() -> Cell:
    return Cell(
        scenario="two",
        engine="banyan",
        run=1,
        network="loopback",
        kind="live",
        seconds=4,
        started="2026-11-20T12:00:00+00:00",
        commit="abc",
        machine=Machine(cores=2, kernel="6", python="3.11", load=0.5),
        bitrate_bps=600_000,
        viewers=[_viewer("viewer-1"), _viewer("viewer-2")],
        seeders=[SeederRecord(name="seeder-1")],
        segments=[Segment(key="a", track="v360", sequence=7, duration_s=3.84, bytes=300_000, published_s=1.0)],
        requests=[Request(t=1, ended_s=1.2, who="viewer-1", kind="media", path="/a", segment="a", bytes=9, status=200)],
        events=[EventRecord(t=2, action="kill", who=["viewer-2"])],
    )


def test_a_cell_comes_back_as_it_was(tmp_path: Path) -> None:
    path = cell_path(tmp_path / "new", "two", "banyan", 1)
    write_cell(path, _cell())
    assert read_cell(path) == _cell()
    assert [file.name for file in path.parent.iterdir()] == ["two.banyan.1.json"]
    found = read_cell(path).segment("a")
    assert found is not None
    assert found.sequence == 7
    assert read_cell(path).segment("b") is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"surprise": 1}, "unknown field `surprise`"),
        ({"run": "one"}, "Expected `int`"),
        ({"viewers": [{"name": "x"}]}, "missing required field"),
    ],
)
def test_what_is_no_cell_is_refused(change: dict[str, object], complaint: str) -> None:
    raw = msgspec.json.decode(encode_cell(_cell())) | change
    with pytest.raises(RecordError) as caught:
        decode_cell(msgspec.json.encode(raw), "x.json")
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("x.json: ")


def test_half_a_cell_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "half.json"
    path.write_bytes(encode_cell(_cell())[:200])
    with pytest.raises(RecordError, match="truncated"):
        read_cell(path)
    with pytest.raises(RecordError, match="No such file"):
        read_cell(tmp_path / "none.json")


def test_feeders_get_their_names_and_the_median_latency_is_told() -> None:
    viewer = _viewer("viewer-1")
    viewer.fed_by = {"origin": 1, "aa": 2, "bb": 4, "cc": 8}
    finish(viewer, {"aa": "viewer-2", "bb": "viewer-2"}, ["seeder-1"])
    assert viewer.fed_by == {"origin": 1, "viewer-2": 6, "seeder-1": 8}
    assert viewer.latency_s == 11.5
    viewer.fed_by = {"cc": 8}
    finish(viewer, {}, [])
    assert viewer.fed_by == {"unknown": 8}


def test_a_viewer_that_never_watched_has_failed() -> None:
    viewer = ViewerRecord(name="x", kind="browser", group="x", joined_s=0, left_how="end")
    finish(viewer, {}, [])
    assert viewer.left_how == "failed"


def test_the_bitrate_is_the_sum_of_the_means_of_all_tracks() -> None:
    picture = [
        Segment(key=str(at), track="v", sequence=at, duration_s=2, bytes=size) for at, size in ((0, 1000), (1, 3000))
    ]
    sound = [Segment(key="s", track="a", sequence=0, duration_s=4, bytes=500)]
    assert mean_bitrate(picture + sound) == 8000 + 1000


def test_a_cell_tells_how_late_its_encoder_was() -> None:
    cell = _cell()
    times = {5: 0.0, 6: 2.0, 7: 6.0, 8: 13.0, 9: 14.0}
    cell.segments = [
        Segment(key=str(at), track="v", sequence=at, duration_s=4, bytes=1, published_s=t) for at, t in times.items()
    ]
    assert cell.late_s == 3.0
    cell.segments = []
    assert cell.late_s == 0


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_cell_can_be_drawn(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"cell.{ending}"
    draw(_cell(), out)
    assert out.read_bytes().startswith({"svg": b"<?xml", "png": b"\x89PNG"}[ending])
