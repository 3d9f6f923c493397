"""What a headless viewer tells of itself: one JSON line a second, so that what it did counts even when it is killed."""

from pathlib import Path

import msgspec
from msgspec import Struct, field

from tests.lab.record import Appended, Sample, ViewerRecord


class Progress(Struct, kw_only=True, forbid_unknown_fields=True):
    """Totals up to now, and what is new of `appended` since the line before. `ids` are the names that its engine gave
    it, `fed_by` bytes by such names of others (or `origin`)."""

    sample: Sample
    ids: list[str]
    startup_ms: float | None
    stalls: int
    stalled_ms: float
    played_ms: float
    wasted: int
    rejected: int
    cpu_s: float
    fed_by: dict[str, int]
    appended: list[Appended] = field(default_factory=list)


_TOTALS = ("startup_ms", "stalls", "stalled_ms", "played_ms", "wasted", "rejected", "cpu_s", "fed_by")


class ProgressFile:
    """Follows the file of one viewer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def follow(self, viewer: ViewerRecord, names: dict[str, str]) -> None:
        """Bring a record up to date; `names` learns what the viewer is called by its engine."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            lines = file.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self._take(msgspec.json.decode(line, type=Progress), viewer, names)

    def _take(self, told: Progress, viewer: ViewerRecord, names: dict[str, str]) -> None:
        viewer.samples.append(told.sample)
        viewer.appended += told.appended
        for name in _TOTALS:
            setattr(viewer, name, getattr(told, name))
        viewer.received = told.sample.http + told.sample.peer + told.sample.seeder
        viewer.sent = told.sample.sent
        names.update(dict.fromkeys(told.ids, viewer.name))
