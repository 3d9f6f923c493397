"""A series of cells: each scenario with each engine so many times, in turn. Cells that are there already are skipped,
so that an interrupted series goes on where it stopped."""

import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.building import build_pages, install_rivals
from tests.bench.engines import ENGINES, RIVAL_ENGINES, engine
from tests.lab.cell import run_cell
from tests.lab.house import ROOT
from tests.lab.record import Cell, cell_path, write_cell
from tests.lab.scenario import Scenario

_LATE_S = 2.0
_OTHERS_SHARE = 0.25
RESULTS = ROOT / "artifacts" / "lab"
_PAGES = ROOT / "web-player" / "dist"


@dataclass(frozen=True, slots=True)
class Series:
    """What shall be run, and where the cells go."""

    scenarios: tuple[Scenario, ...]
    engines: tuple[str, ...]
    runs: int
    out: Path
    keep: bool = False

    def run(self) -> list[Path]:
        """Run what is missing; returns the files of all cells. Raises CellError, NetworkError, BuildError."""
        wanted = [
            (run, scenario, name)
            for run in range(1, self.runs + 1)
            for scenario in self.scenarios
            for name in self.engines
        ]
        files = [cell_path(self.out, scenario.name, name, run) for run, scenario, name in wanted]
        missing = [entry for entry, file in zip(wanted, files, strict=True) if not file.exists()]
        if missing:
            rivals = install_rivals() if set(self.engines) & set(RIVAL_ENGINES) else None
            # Its own, so that another series, or a change of the sources, does not change what is under way.
            with tempfile.TemporaryDirectory(prefix="pages-", dir=_made(self.out)) as folder:
                pages = Path(folder)
                shutil.copytree(_PAGES, pages, dirs_exist_ok=True)
                build_pages(pages, rivals)
                for run, scenario, name in missing:
                    self._cell(run, scenario, name, pages, rivals)
        return files

    def _cell(self, run: int, scenario: Scenario, name: str, pages: Path, rivals: Path | None) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"{scenario.name}-{name}-{run}-", dir=_made(self.out)))
        try:
            cell = asyncio.run(run_cell(scenario, engine(name, rivals), run, folder, pages))
            write_cell(cell_path(self.out, scenario.name, name, run), cell)
            print(summary(cell), file=sys.stderr)
        finally:
            if not self.keep:
                shutil.rmtree(folder, ignore_errors=True)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def summary(cell: Cell) -> str:
    """One line for people who wait."""
    total = {
        source: sum(getattr(viewer.samples[-1], source) for viewer in cell.viewers if viewer.samples) / 1e6
        for source in ("http", "peer", "seeder")
    }
    stalls = sum(viewer.stalls for viewer in cell.viewers)
    failed = [viewer.name for viewer in cell.viewers if viewer.left_how == "failed"]
    got = ", ".join(f"{size:.1f} MB {source}" for source, size in total.items())
    told = f"{cell.scenario} {cell.engine} run {cell.run}: {len(cell.viewers)} viewers, {got}, {stalls} stalls"
    if failed:
        told += f", failed: {' '.join(failed)}"
    if cell.late_s > _LATE_S:
        told += f"; the encoder was {cell.late_s:.0f} s late: the machine was too busy, run this cell again"
    others = cell.machine.others_cores or 0.0
    if others > cell.machine.cores * _OTHERS_SHARE:
        told += f"; others took {others:.1f} of {cell.machine.cores} cores: its times count for little"
    return told


__all__ = ["ENGINES", "RESULTS", "Series", "summary"]
