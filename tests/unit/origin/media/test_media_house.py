import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.media.house import AAC_FRAME, RUNGS, SAMPLE_RATE, Grid, affordable, house_rate, ladder


@pytest.mark.parametrize(
    ("average", "rate"),
    [(24, 25), (23.976, 25), (25, 25), (50, 25), (12.5, 25), (29.97, 30), (30, 30), (59.94, 30), (60, 30), (15, 30)],
)
def test_rates_go_to_the_nearer_world(average: float, rate: int) -> None:
    assert house_rate(average) == rate


@pytest.mark.parametrize(("rate", "milliseconds", "aac_frames"), [(25, 3840, 180), (30, 3200, 150)])
def test_a_segment_is_whole_frames_of_picture_and_sound(rate: int, milliseconds: int, aac_frames: int) -> None:
    grid = Grid(rate)
    assert grid.segment_ticks * 1000 == milliseconds * 90_000
    assert grid.segment_samples == aac_frames * AAC_FRAME == grid.aac_frames(96) * AAC_FRAME
    assert grid.segment_samples * 1000 == milliseconds * SAMPLE_RATE


def test_the_last_sound_covers_the_last_picture() -> None:
    for rate in (25, 30):
        for frames in range(1, 97):
            covered = Grid(rate).aac_frames(frames) * AAC_FRAME - frames * Grid(rate).frame_samples
            assert 0 <= covered < AAC_FRAME


@pytest.mark.parametrize(
    ("size", "rungs"),
    [
        ((1920, 1080), ["v1080 1920x1080", "v720 1280x720", "v360 640x360"]),
        ((3840, 2160), ["v1080 1920x1080", "v720 1280x720", "v360 640x360"]),
        ((1080, 1920), ["v1080 1080x1920", "v720 720x1280", "v360 360x640"]),
        ((1280, 720), ["v720 1280x720", "v360 640x360"]),
        ((1600, 900), ["v900 1600x900", "v720 1280x720", "v360 640x360"]),
        ((1280, 800), ["v720 1152x720", "v360 576x360"]),
        ((853, 479), ["v478 852x478", "v360 642x360"]),
        ((640, 480), ["v480 640x480", "v360 480x360"]),
        ((320, 181), ["v180 318x180"]),
        ((1918, 1079), ["v1078 1916x1078", "v720 1280x720", "v360 640x360"]),
    ],
)
def test_ladders(size: tuple[int, int], rungs: list[str]) -> None:
    assert [f"{rung.name} {rung.width}x{rung.height}" for rung in ladder(*size)] == rungs


@given(st.integers(2, 5000), st.integers(2, 5000), st.none() | st.tuples(st.sampled_from(RUNGS)))
def test_rungs_are_even_below_the_source_and_of_its_shape(width: int, height: int, wanted: tuple[int] | None) -> None:
    rungs = ladder(width, height, wanted)
    assert rungs
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert min(rung.width, rung.height) <= min(width, height)
        assert abs(rung.width * height - rung.height * width) <= max(width, height) + rung.short_side
        assert 100_000 <= rung.peak <= 4_500_000
    assert [rung.short_side for rung in rungs] == sorted({rung.short_side for rung in rungs}, reverse=True)


def test_a_wish_that_the_source_cannot_meet_gives_its_smallest_rung() -> None:
    assert [rung.name for rung in ladder(320, 180, (1080,))] == ["v180"]
    assert [rung.name for rung in ladder(1280, 720, (360,))] == ["v360"]


@pytest.mark.parametrize(("cores", "count"), [(1, 2), (2, 3), (64, 3)])
def test_a_class_takes_the_rungs_that_its_machine_can_encode(cores: int, count: int) -> None:
    rungs = ladder(1920, 1080)
    assert affordable(rungs, 30, cores) == rungs[-count:]


def test_the_smallest_rung_always_stays() -> None:
    rungs = ladder(1920, 1080, (1080,))
    assert affordable(rungs, 60, 1) == rungs
