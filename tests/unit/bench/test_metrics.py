"""The benchmark's figures, of cells small enough to be worked out by hand."""

import pytest

from tests.bench.metrics import Cohort, cohorts, figures
from tests.lab.record import Appended, Cell, Machine, Request, Sample, SeederRecord, Segment, ViewerRecord

KIB = 1000


def _cell(kind: str = "live", seconds: float = 100, bitrate_bps: int = 400_000) -> Cell:
    """Segments of 4 s and 100 kB each, 0 to 19; a class publishes one each 4 s from the start on."""
    machine = Machine(cores=2, kernel="6", python="3.11", load=0)
    cell = Cell(
        scenario="s",
        engine="e",
        run=1,
        network="loopback",
        kind=kind,
        seconds=seconds,
        started="",
        commit="",
        machine=machine,
        bitrate_bps=bitrate_bps,
    )
    for sequence in range(20):
        published = 4.0 * sequence if kind == "live" else None
        cell.segments.append(
            Segment(
                key=f"k{sequence}",
                track="v360",
                sequence=sequence,
                starts_s=4.0 * sequence,
                duration_s=4,
                bytes=100 * KIB,
                published_s=published,
            )
        )
    return cell


def _viewer(name: str, sequences: range, joined_s: float = 0, **more: object) -> ViewerRecord:
    appended = [Appended(t=4.0 * n + 5, key=f"k{n}", bytes=100 * KIB, duration_s=4) for n in sequences]
    return ViewerRecord(
        name=name,
        kind="browser",
        group="g",
        joined_s=joined_s,
        **{"left_how": "end", "startup_ms": 400, "played_ms": 60_000, "appended": appended, **more},  # type: ignore[arg-type]
    )


def _request(key: str, size: int, who: str = "a", t: float = 30, kind: str = "media", path: str = "") -> Request:
    return Request(
        t=t,
        ended_s=t + 0.5,
        who=who,
        kind=kind,  # type: ignore[arg-type]
        path=path or f"/media/{key}.m4s",
        segment=key,
        bytes=size,
        status=200,
    )


def test_a_class_counts_from_when_the_swarm_has_formed_to_what_all_had_time_for() -> None:
    cell = _cell()
    # The last joins at 8 s: segments from 28 s on count, so k7. The slower one got as far as k17.
    cell.viewers = [_viewer("a", range(20)), _viewer("b", range(2, 18), joined_s=8)]
    cell.requests = [_request(f"k{n}", 100 * KIB) for n in range(20)]
    assert list(cohorts(cell)) == [Cohort(2, 100 * KIB, 100 * KIB, 100 * KIB)] * 11
    result = figures(cell)
    assert (result.offload, result.bound, result.of_bound) == (0.5, 0.5, 1.0)
    assert result.segments == 11


def test_who_was_killed_or_stands_still_does_not_cut_off_the_others() -> None:
    cell = _cell()
    cell.viewers = [
        _viewer("a", range(20)),
        _viewer("b", range(20)),
        _viewer("killed", range(9), left_how="kill", left_s=40),
        _viewer("stuck", range(10)),
    ]
    # From k5 (20 s) to k19; four viewers had k5 to k8, three k9, two the rest.
    assert [cohort.viewers for cohort in cohorts(cell)] == [4] * 4 + [3] + [2] * 10


def test_partial_and_second_copies_and_what_seeders_fetch_count_as_sent() -> None:
    cell = _cell()
    cell.viewers = [_viewer(name, range(20)) for name in "abcd"]
    cell.seeders = [SeederRecord(name="seeder-1")]
    cell.requests = [
        *(_request(f"k{n}", 100 * KIB, who="seeder-1") for n in range(5, 20)),
        *(_request(f"k{n}", 20 * KIB) for n in range(5, 20)),
        _request("k0", 100 * KIB),
        _request("k6", 900, kind="proof"),
    ]
    result = figures(cell)
    assert result.offload == pytest.approx(1 - 120 / 400)
    assert result.bound == pytest.approx(0.75)
    assert result.of_bound == pytest.approx(0.7 / 0.75)
    assert result.copies_per_segment == pytest.approx(1.2)
    assert result.origin_to_viewers_share == pytest.approx(20 / 400)
    # 15 x 120 + 100 kB of media and 0.9 kB of a proof, against 4 x 20 x 100 kB.
    assert result.offload_total == pytest.approx(1 - 1900.9 / 8000)


def test_short_uplinks_bound_what_can_be_saved() -> None:
    cell = _cell()
    cell.viewers = [_viewer(name, range(20), goodput_bps=100_000) for name in "abcd"]
    assert figures(cell).bound == pytest.approx(0.25)
    cell.viewers[0].goodput_bps = None
    assert figures(cell).bound == pytest.approx(0.75)


def test_a_lecture_counts_from_20_s_into_it() -> None:
    cell = _cell("vod")
    cell.viewers = [_viewer("a", range(20)), _viewer("b", range(10), joined_s=40)]
    cell.requests = [_request(f"k{n}", 100 * KIB) for n in range(20)]
    # k5 to k9 have two viewers, k10 to k19 one: 20 copies of which 15 are needed.
    result = figures(cell)
    assert result.segments == 15
    assert result.bound == pytest.approx(0.25)
    assert result.of_bound == pytest.approx(1)


def test_everything_the_origin_sent_is_in_the_total_but_the_page() -> None:
    cell = _cell()
    cell.viewers = [_viewer("a", range(10))]
    cell.requests = [
        _request("k0", 500 * KIB),
        _request("", 30 * KIB, kind="playlist", path="/hls/i/v360.m3u8"),
        _request("", 20 * KIB, kind="other", path="/api/items/i"),
        _request("", 90 * KIB, kind="other", path="/assets/bench/http.html"),
        _request("", 10 * KIB, kind="other", path="/"),
    ]
    result = figures(cell)
    assert result.offload_total == pytest.approx(1 - 550 / 1000)
    assert result.page_bytes == 100 * KIB


def test_playback_is_summed_over_viewers_and_who_failed_is_told() -> None:
    cell = _cell()
    cell.viewers = [
        _viewer("a", range(10), stalls=1, stalled_ms=3000, played_ms=57_000, startup_ms=300, cpu_s=6),
        _viewer("b", range(10), joined_s=40, startup_ms=500, cpu_s=10, wasted=100 * KIB),
        _viewer("c", range(0), left_how="failed", startup_ms=None, played_ms=0),
        _viewer("d", range(0), startup_ms=None, played_ms=0, cpu_s=50),
        _viewer("e", range(0), left_how="leave", startup_ms=None, played_ms=0),
    ]
    result = figures(cell)
    assert result.stall_ratio == pytest.approx(3 / 120)
    assert (result.stalls, result.failed, result.startup_ms_p50, result.latency_s_p50) == (1, 2, 400, None)
    assert result.wasted == pytest.approx(1 / 20)
    # 100 s and 60 s of presence.
    assert result.cpu_s_per_viewer_min == pytest.approx(16 / (160 / 60))


def _sample(t: float, latency_s: float | None) -> Sample:
    return Sample(t=t, position_s=0, buffer_s=0, latency_s=latency_s)


def test_latency_is_the_distance_to_the_newest_published_segment() -> None:
    cell = _cell()
    # Segment n begins at 4 n - 5 s, ends at 4 n - 1 s, and is published at 4 n s: at 21 s the edge is at 19 s.
    cell.epoch_s = -5
    cell.viewers = [
        _viewer("a", range(10), samples=[_sample(21, 14), _sample(22, 14), _sample(25, 14), _sample(30, None)]),
        _viewer("b", range(10), samples=[_sample(21, 20)]),
    ]
    # a: 19 - 7, 19 - 8, 23 - 11; b: 19 - 1.
    assert figures(cell).latency_s_p50 == (12 + 18) / 2
    cell.epoch_s = None
    assert figures(cell).latency_s_p50 is None


def test_what_came_is_counted_by_the_origin_and_at_the_channels() -> None:
    cell = _cell()
    told = Sample(t=99, position_s=80, buffer_s=10, http=300 * KIB)
    cell.viewers = [
        _viewer("a", range(10), received=800 * KIB, samples=[told]),
        _viewer("b", range(10), received=600 * KIB),
    ]
    cell.seeders = [SeederRecord(name="seeder-1")]
    cell.requests = [
        _request("k0", 400 * KIB, who="a"),
        _request("k1", 100 * KIB, who="seeder-1"),
        _request("", 50 * KIB, who="a", kind="playlist"),
    ]
    # 400 kB over HTTP where the viewer tells of 300, 500 kB and 600 kB from peers, for 2 x 1000 kB appended.
    assert figures(cell).received_per_appended == pytest.approx(0.75)


def test_the_peak_is_of_the_busiest_four_seconds() -> None:
    cell = _cell()
    cell.viewers = [_viewer("a", range(10))]
    cell.requests = [
        Request(t=10, ended_s=20, who="a", kind="media", path="/", segment="k0", bytes=1000 * KIB, status=200),
        _request("k1", 500 * KIB, t=12),
    ]
    # 100 kB each second from 10 s on, and 500 kB within one of them: 900 kB in 4 s.
    assert figures(cell).peak_origin_mbps == pytest.approx(900_000 * 8 / 4 / 1e6)


def test_a_cell_of_nobody_has_no_figures_but_zeros() -> None:
    result = figures(_cell())
    assert result.offload is result.of_bound is result.startup_ms_p50 is result.cpu_s_per_viewer_min is None
    assert (result.peak_origin_mbps, result.segments, result.failed) == (0, 0, 0)
