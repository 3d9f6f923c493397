"""`banyan publish` against the ffmpeg command line that makes the same ladder from the same file, in turn."""

import json
import os
import resource
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from origin.media.sample import write_sample
from tests.bench import ffmpeg

_PACKAGE = "imageio-ffmpeg==0.8.1"
_SIZE = (1920, 1080)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run, or medians of several: time on the clock, processor time with all children (both s), seconds of media
    for each second on the clock, bytes of segments written, and the cores that the rest of the machine took meanwhile
    (where that is not near 0, the time on the clock counts for little: we yield to others, ffmpeg does not)."""

    wall_s: float
    cpu_s: float
    media_per_s: float
    bytes: int
    others_cores: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians of `runs` runs each; ratios are ours / ffmpeg's, so below 1 ours is cheaper."""

    runs: int
    ours: Cost
    ffmpeg: Cost
    wall_ratio: float
    cpu_ratio: float
    ffmpeg_version: str
    each: dict[str, list[Cost]]


def compare(folder: Path, runs: int, seconds: int) -> Comparison:
    """Write the clip, install ffmpeg, and run both in turn, each into a fresh folder."""
    clip = folder / "lecture.mp4"
    write_sample(clip, seconds, _SIZE)
    binary = _install(folder / "venv")
    ours, theirs = [], []
    for number in range(runs):
        ours.append(_timed(seconds, partial(_publish, clip, folder / f"ours-{number}")))
        theirs.append(_timed(seconds, partial(_ffmpeg, binary, clip, folder / f"ffmpeg-{number}")))
        print(f"run {number + 1}: ours {ours[-1]}, ffmpeg {theirs[-1]}", file=sys.stderr)
    our, their = _medians(ours), _medians(theirs)
    return Comparison(
        runs,
        our,
        their,
        wall_ratio=round(our.wall_s / their.wall_s, 3),
        cpu_ratio=round(our.cpu_s / their.cpu_s, 3),
        ffmpeg_version=_output(str(binary), "-version").split()[2],
        each={"ours": ours, "ffmpeg": theirs},
    )


def _install(folder: Path) -> Path:
    """A binary of ffmpeg from a Python package, in an environment of its own; returns its path."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    _output(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", _PACKAGE)
    return Path(_output(python, "-c", "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())").strip())


def _publish(clip: Path, folder: Path) -> int:
    words = ("publish", str(clip), "--course", "Bench", "--title", "Lecture", "--data", str(folder), "--json")
    report = json.loads(_output(sys.executable, "-m", "banyan", *words).splitlines()[-1])
    return int(report["bytes"])


def _ffmpeg(binary: Path, clip: Path, folder: Path) -> int:
    folder.mkdir()
    _output(*ffmpeg.command(binary, clip, folder, *_SIZE))
    return sum(path.stat().st_size for path in folder.rglob("*.m4s"))


def _timed(seconds: int, work: Callable[[], int]) -> Cost:
    processor, machine, clock = _children_s(), _machine_s(), time.perf_counter()
    size = work()
    wall = time.perf_counter() - clock
    cpu = _children_s() - processor
    others = max(0.0, _machine_s() - machine - cpu) / wall
    return Cost(round(wall, 2), round(cpu, 2), round(seconds / wall, 3), size, round(others, 2))


def _children_s() -> float:
    """Processor time of all children that have ended, and of theirs, in s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _machine_s() -> float:
    """Processor time of everything on this machine since it started, in s (proc(5))."""
    user, nice, system, _idle, _waiting, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return done.stdout


def _medians(costs: list[Cost]) -> Cost:
    return Cost(
        wall_s=median(cost.wall_s for cost in costs),
        cpu_s=median(cost.cpu_s for cost in costs),
        media_per_s=median(cost.media_per_s for cost in costs),
        bytes=int(median(cost.bytes for cost in costs)),
        others_cores=median(cost.others_cores for cost in costs),
    )
