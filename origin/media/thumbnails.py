"""Small pictures for the seek bar, as JPEG sheets of tiles, from the same decode as everything else."""

import io
from collections.abc import Callable

from av.video.frame import VideoFrame
from PIL import Image

from origin.media.events import Sheet, ThumbnailCues
from origin.media.house import Rung

COLUMNS, ROWS = 5, 5
MAX_TILES = 400
_LONG_SIDE = 160
_SHORT_MS, _LONG_MS, _LONG_FROM_MS = 5_000, 10_000, 30 * 60_000
_QUALITY = 70


def interval_ms(duration_ms: int | None) -> int:
    """One tile each 5 s, each 10 s from half an hour on, and never more than 400 of them. Whole seconds."""
    if duration_ms is None:
        return _LONG_MS
    least = _SHORT_MS if duration_ms < _LONG_FROM_MS else _LONG_MS
    return max(least, -(-duration_ms // MAX_TILES // 1000) * 1000)


class Thumbnails:
    """Takes frames of a rung by grid position, gives sheets as they fill. Sources without an end stop at 400 tiles."""

    def __init__(self, rung: Rung, rate: int, duration_ms: int | None, emit: Callable[[Sheet], None]) -> None:
        self._interval_ms = interval_ms(duration_ms)
        self._every = self._interval_ms * rate // 1000
        longest = max(rung.width, rung.height)
        self._size = tuple(max(2, 2 * round(side * _LONG_SIDE / longest / 2)) for side in (rung.width, rung.height))
        self._emit = emit
        self._tiles: list[Image.Image] = []
        self._sheets = 0

    def see(self, at: int, frame: VideoFrame) -> None:
        """A frame of the rung at grid position `at`."""
        if at % self._every or self._count >= MAX_TILES:
            return
        self._tiles.append(_image(frame, *self._size))
        if len(self._tiles) == COLUMNS * ROWS:
            self._flush()

    @property
    def _count(self) -> int:
        return self._sheets * COLUMNS * ROWS + len(self._tiles)

    def finish(self) -> ThumbnailCues:
        """The last sheet goes out, and how to find a tile comes back."""
        count = self._count
        if self._tiles:
            self._flush()
        width, height = self._size
        return ThumbnailCues(
            columns=COLUMNS,
            rows=ROWS,
            tile_width=width,
            tile_height=height,
            interval_ms=self._interval_ms,
            count=count,
        )

    def _flush(self) -> None:
        width, height = self._size
        rows = -(-len(self._tiles) // COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * width, rows * height))
        for number, tile in enumerate(self._tiles):
            sheet.paste(tile, (number % COLUMNS * width, number // COLUMNS * height))
        data = io.BytesIO()
        sheet.save(data, "JPEG", quality=_QUALITY)
        self._emit(Sheet(index=self._sheets, data=data.getvalue()))
        self._tiles, self._sheets = [], self._sheets + 1


def _image(frame: VideoFrame, width: int, height: int) -> Image.Image:
    small = frame.reformat(width=width, height=height, format="rgb24")
    plane = small.planes[0]
    return Image.frombuffer("RGB", (width, height), bytes(plane), "raw", "RGB", plane.line_size, 1)
