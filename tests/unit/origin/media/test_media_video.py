import random
from fractions import Fraction

import pytest
from av.video.frame import VideoFrame

from origin.media.house import Grid, ladder
from origin.media.picture import Deinterlacer, Scaler
from origin.media.video import LECTURE_PRESET, SegmentEncoder, configure

GRID = Grid(25)
(RUNG,) = ladder(160, 120)


def noise(seed: int, width: int = 160, height: int = 120) -> VideoFrame:
    rng, frame = random.Random(seed), VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        plane.update(rng.randbytes(plane.buffer_size))
    frame.time_base = Fraction(1, 25)
    return frame


def encode(frames: list[VideoFrame], sequence: int = 0) -> bytes:
    encoder = SegmentEncoder(RUNG, GRID, LECTURE_PRESET)
    for frame in frames:
        encoder.feed(frame)
    return encoder.finish(sequence)


def test_the_worst_picture_stays_below_the_peak_in_the_playlist() -> None:
    data = encode([noise(seed) for seed in range(96)])
    bandwidth = configure(RUNG, GRID, LECTURE_PRESET).bandwidth
    assert 0.5 * bandwidth < len(data) * 8 / 3.84 <= bandwidth


def test_equal_frames_give_equal_bytes_whatever_came_before() -> None:
    frames = [noise(seed // 20) for seed in range(40)]
    encode([noise(99)])
    assert encode(frames) == encode(frames)
    assert encode(frames, 1) != encode(frames, 0)


def test_one_initialisation_segment_serves_all_segments() -> None:
    configuration = configure(RUNG, GRID, LECTURE_PRESET)
    assert configuration.codecs.startswith("avc1.6400")
    for _ in range(2):
        encoder = SegmentEncoder(RUNG, GRID, LECTURE_PRESET)
        encoder.feed(noise(1))
        encoder.finish(0)
        assert all(part in configuration.init for part in encoder.parameter_sets)


def test_a_repeated_frame_is_scaled_once_and_a_new_shape_is_no_obstacle() -> None:
    scaler, frame = Scaler(RUNG, 0), noise(1, 320, 240)
    assert scaler.scale(frame) is scaler.scale(frame)
    for other in (noise(2, 640, 360), noise(3, 64, 48)):
        scaled = scaler.scale(other)
        assert (scaled.width, scaled.height, scaled.format.name) == (160, 120, "yuv420p")


@pytest.mark.parametrize("name", ["rgb24", "gray", "yuvj420p"])
def test_any_pixels_become_limited_range(name: str) -> None:
    frame = VideoFrame(320, 240, name)
    for number, plane in enumerate(frame.planes):
        plane.update(bytes([110 if number == 0 else 128]) * plane.buffer_size)
    frame.time_base = Fraction(1, 25)
    level = bytes(Scaler(RUNG, 0).scale(frame).planes[0])[160 * 60 + 80]
    assert level == pytest.approx(16 + 219 * 110 / 255, abs=2)


def test_no_frame_is_lost_between_fields_and_frames() -> None:
    deinterlacer, out = Deinterlacer(), list[VideoFrame]()
    for number in range(10):
        frame = noise(number)
        frame.pts = number
        out += deinterlacer.feed(frame)
    out += deinterlacer.feed(None)
    assert [frame.time for frame in out] == pytest.approx([number / 25 for number in range(10)])
