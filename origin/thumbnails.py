"""WebVTT that tells a seek bar where each thumbnail lies (the `#xywh=` media fragments that players read)."""

from collections.abc import Sequence

from origin.media.events import ThumbnailCues
from origin.objects import PICTURE


def thumbnail_cues(cues: ThumbnailCues, sheets: Sequence[str]) -> str:
    """The WebVTT file; `sheets` are object ids in order, addressed relative to the file's own place."""
    lines = ["WEBVTT", ""]
    for tile in range(cues.count):
        sheet, place = divmod(tile, cues.columns * cues.rows)
        row, column = divmod(place, cues.columns)
        if sheet >= len(sheets):
            break
        area = f"{column * cues.tile_width},{row * cues.tile_height},{cues.tile_width},{cues.tile_height}"
        start, end = (_timestamp(n * cues.interval_ms) for n in (tile, tile + 1))
        lines += [f"{start} --> {end}", f"{sheets[sheet]}.{PICTURE}#xywh={area}", ""]
    return "\n".join(lines)


def _timestamp(ms: int) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
