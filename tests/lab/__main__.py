"""The command line of the laboratory: `python -m tests.lab run|draw|check|clean`."""

import argparse
import signal
import sys
from pathlib import Path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="Swarms of real viewers on real networks.")
    parser.add_argument("--clean", action="store_true", help="remove what a crashed run has left behind, and no more")
    words = parser.add_subparsers(dest="word")
    run = words.add_parser("run", help="run scenarios; a cell that is there already is skipped")
    run.add_argument("scenarios", nargs="+", help="files, or names of those in tests/lab/scenarios")
    run.add_argument("--engine", dest="engines", action="append", help="banyan (default), http, p2pml or p2pml-near")
    run.add_argument("--runs", type=int, default=1, help="how often each")
    run.add_argument("--out", type=Path, help="folder of the cells; artifacts/lab when left out")
    run.add_argument("--keep", action="store_true", help="keep logs and data folders of the cells")
    draw = words.add_parser("draw", help="draw a cell")
    draw.add_argument("cell", type=Path)
    draw.add_argument("--out", type=Path, help="SVG or PNG file; beside the cell when left out")
    words.add_parser("check", help="measure whether the network does what it is asked")
    words.add_parser("clean", help="remove what a crashed run has left behind")
    arguments = parser.parse_args()
    if arguments.word is None and not arguments.clean:
        parser.error("say what to do: run, draw, check or clean")
    return arguments


def main() -> int:
    """Do what was asked; returns the exit code."""
    arguments = _arguments()
    # Asked to end, it takes its networks and processes down as it does for Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments.clean or arguments.word == "clean":
        return _clean()
    return {"run": _run, "draw": _draw, "check": _check}[arguments.word](arguments)


def _run(arguments: argparse.Namespace) -> int:
    from tests.bench.building import BuildError
    from tests.lab.cell import CellError
    from tests.lab.netns import NetworkError
    from tests.lab.scenario import ScenarioError, read_scenario
    from tests.lab.series import ENGINES, RESULTS, Series

    engines = tuple(arguments.engines or ("banyan",))
    unknown = [name for name in engines if name not in ENGINES]
    if unknown:
        print(f"There is no engine {unknown[0]}; there are {', '.join(ENGINES)}.", file=sys.stderr)
        return 2
    try:
        scenarios = tuple(read_scenario(_file(name)) for name in arguments.scenarios)
        for path in Series(scenarios, engines, arguments.runs, arguments.out or RESULTS, arguments.keep).run():
            print(path)
    except (ScenarioError, CellError, NetworkError, BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the cells that are done stay, and the same command goes on from there.", file=sys.stderr)
        return 130
    return 0


def _file(name: str) -> Path:
    ours = Path(__file__).parent / "scenarios" / f"{name}.toml"
    return ours if ours.exists() else Path(name)


def _draw(arguments: argparse.Namespace) -> int:
    from tests.lab.draw import draw
    from tests.lab.record import RecordError, read_cell

    try:
        cell = read_cell(arguments.cell)
    except RecordError as error:
        print(error, file=sys.stderr)
        return 1
    out = arguments.out or arguments.cell.with_suffix(".svg")
    draw(cell, out)
    print(out)
    return 0


def _check(_: argparse.Namespace) -> int:
    from tests.lab import check
    from tests.lab.netns import NetworkError

    try:
        return check.main()
    except NetworkError as error:
        print(error, file=sys.stderr)
        return 1


def _clean() -> int:
    from tests.lab.network import clean

    for name in clean():
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
