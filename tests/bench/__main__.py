"""The command line of the benchmarks. Progress goes to standard error, one JSON object to standard output."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench import playback, publish, swarm
from tests.bench.table import table

_QUIET_LOAD = 1.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Benchmarks on this machine.")
    names = parser.add_subparsers(dest="name", required=True)
    for name, about, seconds in (
        ("publish", "banyan publish against the command line of ffmpeg", 60),
        ("playback", "start-up, stalls and bytes: with peers, without, and in plain hls.js", 40),
    ):
        one = names.add_parser(name, help=about, description=about)
        one.add_argument("--runs", type=int, default=3, help="runs of each, in turn")
        one.add_argument("--seconds", type=int, default=seconds, help="media that is published, or watched")
        one.add_argument("--json", action="store_true", help="print the result on one line")
    about = "the engines side by side: ours, p2p-media-loader, plain HTTP"
    swarm.add_arguments(names.add_parser("swarm", help=about, description=about))
    return parser.parse_args()


def main() -> int:
    """Run one benchmark; returns the exit code."""
    arguments = _arguments()
    if arguments.name == "swarm":
        result = swarm.run(arguments)
        print(json.dumps(result) if arguments.json else table(result))
        return 0
    load = os.getloadavg()[0]
    if load >= _QUIET_LOAD:
        print(f"The machine is busy (load {load:.1f}): what is measured now counts for little.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="banyan-bench-") as folder:
        if arguments.name == "publish":
            result = asdict(publish.compare(Path(folder), arguments.runs, arguments.seconds))
        else:
            result = asyncio.run(playback.compare(Path(folder), arguments.runs, arguments.seconds))
    about = {"bench": arguments.name, "seconds": arguments.seconds, "load": round(load, 2), "cores": os.cpu_count()}
    print(json.dumps(about | result, indent=None if arguments.json else 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
