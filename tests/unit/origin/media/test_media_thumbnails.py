import io

import pytest
from av.video.frame import VideoFrame
from PIL import Image

from origin.media.events import Sheet
from origin.media.house import ladder
from origin.media.thumbnails import MAX_TILES, Thumbnails, interval_ms


@pytest.mark.parametrize(
    ("duration_ms", "interval"),
    [(1000, 5000), (29 * 60_000, 5000), (31 * 60_000, 10_000), (5 * 3_600_000, 45_000), (None, 10_000)],
)
def test_tiles_are_seconds_apart_and_bounded(duration_ms: int | None, interval: int) -> None:
    assert interval_ms(duration_ms) == interval
    assert duration_ms is None or duration_ms / interval <= MAX_TILES


def picture(level: int) -> VideoFrame:
    frame = VideoFrame(640, 360, "yuv420p")
    for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def test_sheets_hold_25_tiles_in_reading_order_and_the_last_is_cut() -> None:
    (rung,), sheets = ladder(640, 360), list[Sheet]()
    thumbnails = Thumbnails(rung, 25, 10_000, sheets.append)
    for number in range(32):
        frame = picture(20 + 6 * number)
        thumbnails.see(number * 125, frame)
        thumbnails.see(number * 125 + 1, picture(255))
    cues = thumbnails.finish()
    assert (cues.count, cues.interval_ms, cues.tile_width, cues.tile_height) == (32, 5000, 160, 90)
    assert [sheet.index for sheet in sheets] == [0, 1]
    first, last = (Image.open(io.BytesIO(sheet.data)).convert("L") for sheet in sheets)
    assert (first.size, last.size) == ((800, 450), (800, 180))
    levels = [first.tobytes()[800 * (45 + 90 * (n // 5)) + 80 + 160 * (n % 5)] for n in range(25)]
    assert levels == sorted(levels)
    assert last.tobytes()[800 * 45 + 80] > levels[-1]


def test_a_source_without_an_end_stops_at_the_limit() -> None:
    (rung,), sheets = ladder(640, 360), list[Sheet]()
    thumbnails = Thumbnails(rung, 25, None, sheets.append)
    frame = picture(100)
    for number in range(MAX_TILES + 30):
        thumbnails.see(number * 250, frame)
    assert thumbnails.finish().count == MAX_TILES
    assert len(sheets) == MAX_TILES // 25


def test_portraits_stay_portraits() -> None:
    (rung,) = ladder(360, 640)
    cues = Thumbnails(rung, 25, 10_000, lambda sheet: None).finish()
    assert (cues.tile_width, cues.tile_height, cues.count) == (90, 160, 0)
