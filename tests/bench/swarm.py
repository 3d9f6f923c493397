"""`python -m tests.bench swarm`: the engines side by side on one of the laboratory's scenarios.

    python -m tests.bench swarm --scenario live-open --engine banyan,http --runs 1 --seconds 60

Cells go to a folder of their own under artifacts/bench, or to `--out`; a series that was interrupted goes on with the
same `--out`, and one whose cells are all there is only counted again. `--scenario` is a name in tests/lab/scenarios or
a file. What the figures mean stands in `tests.bench.metrics.Figures`, the aims in `tests.bench.table.aims_of`.
"""

import argparse
import os
import sys
import time
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median
from typing import Any

from msgspec.structs import replace

from tests.bench.building import ARTIFACTS, BuildError
from tests.bench.engines import ENGINES
from tests.bench.metrics import Figures, figures
from tests.bench.table import missed
from tests.lab.cell import CellError
from tests.lab.netns import NetworkError
from tests.lab.record import Cell, RecordError, cell_path, read_cell
from tests.lab.scenario import Scenario, ScenarioError, read_scenario
from tests.lab.series import Series

SCENARIOS = Path(__file__).parents[1] / "lab" / "scenarios"
_DIGITS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `swarm`."""
    parser.add_argument("--engine", default="banyan,http", help=f"of {', '.join(ENGINES)}; several with commas")
    parser.add_argument("--scenario", default="live-open", help="a name in tests/lab/scenarios, or a file")
    parser.add_argument("--viewers", type=int, help="as many as this instead of the scenario's own number")
    parser.add_argument("--seconds", type=int, help="as long as this instead of the scenario's own length")
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine, in turn")
    parser.add_argument("--out", type=Path, help="folder of the cells; those that are there are not run again")
    parser.add_argument("--json", action="store_true", help="print the result on one line instead of a table")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run what is missing and sum it up. Raises SystemExit with a sentence for what a person can mend."""
    engines = tuple(name.strip() for name in arguments.engine.split(","))
    unknown = [name for name in engines if name not in ENGINES]
    if unknown:
        raise SystemExit(f"There is no engine {unknown[0]}; there are {', '.join(ENGINES)}.")
    file = SCENARIOS / f"{arguments.scenario}.toml"
    out = (arguments.out or ARTIFACTS / time.strftime("%Y%m%d-%H%M%S")).resolve()
    print(f"Cells go to {out}; an interrupted series goes on with --out {out}", file=sys.stderr)
    try:
        scenario = read_scenario(file if file.exists() else Path(arguments.scenario))
        scenario = resized(scenario, arguments.viewers, arguments.seconds)
        _tell_load()
        Series((scenario,), engines, arguments.runs, out).run()
        runs = range(1, arguments.runs + 1)
        cells = {name: [_read(out, scenario, name, run) for run in runs] for name in engines}
    except (ScenarioError, CellError, NetworkError, BuildError, RecordError, ValueError) as error:
        raise SystemExit(str(error)) from error
    return summary(scenario, cells)


def resized(scenario: Scenario, viewers: int | None, seconds: int | None) -> Scenario:
    """The same scenario with another audience or length. Raises ValueError where that has no meaning."""
    if seconds is not None:
        scenario = replace(scenario, seconds=seconds)
    if viewers is None:
        return scenario
    if len(scenario.viewers) != 1:
        raise ValueError(f"{scenario.name} has {len(scenario.viewers)} groups of viewers; --viewers needs one group")
    return replace(scenario, viewers=(replace(scenario.viewers[0], count=viewers),))


def summary(scenario: Scenario, cells: dict[str, list[Cell]]) -> dict[str, Any]:
    """What `--json` prints: for each engine the median of each figure, under `each` those of every run, and under
    `machine` the load that each began with and the cores that others took meanwhile."""
    engines: dict[str, dict[str, Any]] = {}
    for name, runs in cells.items():
        each = [_rounded(figures(cell)) for cell in runs]
        medians = {field.name: _median([one[field.name] for one in each]) for field in fields(Figures)}
        engines[name] = medians | {"each": each, "machine": _machine(runs)}
    runs_each = max((len(runs) for runs in cells.values()), default=0)
    result = {"scenario": scenario.name, "viewers": len(scenario.names), "runs": runs_each, "engines": engines}
    if "banyan" in engines:
        result["missed"] = missed(scenario.name, engines["banyan"], engines.get("http"))
    return result


def _read(folder: Path, scenario: Scenario, engine: str, run: int) -> Cell:
    path = cell_path(folder, scenario.name, engine, run)
    cell = read_cell(path)
    if (cell.seconds, len(cell.viewers)) != (scenario.seconds, len(scenario.names)):
        raise ValueError(f"{path} is of another length or audience; choose another --out")
    return cell


def _tell_load() -> None:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load >= cores / 2:
        print(f"The machine is busy (load {load:.1f}): start-up and CPU count for little now.", file=sys.stderr)


def _machine(cells: list[Cell]) -> dict[str, list[float | None]]:
    return {
        "load": [cell.machine.load for cell in cells],
        "others_cores": [cell.machine.others_cores for cell in cells],
    }


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), _DIGITS) if known else None


def _rounded(result: Figures) -> dict[str, float | None]:
    return {name: value if value is None else round(value, _DIGITS) for name, value in asdict(result).items()}
