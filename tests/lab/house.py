"""The institution of a cell: origin, tracker and STUN on one host, its stream, and seeders on hosts of their own."""

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import Command, House

from tests.lab.netns import call_inside
from tests.lab.network import Host
from tests.lab.record import Request, RequestKind, Segment
from tests.lab.scenario import Stream

COURSE = "Laboratory"
ROOT = Path(__file__).parents[2]
_ACCESS = "access.jsonl"
_KINDS: dict[str, RequestKind] = {"media": "media", "proofs": "proof", "playlists": "playlist", "rest": "other"}
_LISTED_EVERY_S = 0.1
_FIRST = ["nice", "-n", "-10"]
"""The origin stands for another machine: on a busy one the viewers shall wait for it as little as can be."""
_SEGMENTS = (
    "select segment.track, msn, object, segment.start, duration, size, timescale from segment"
    " join track on track.item = segment.item and track.id = segment.track where segment.item = ? order by msn"
)


@dataclass
class LabHouse(House):
    """A house whose commands run on the hosts of a laboratory. It ends with the process that started it."""

    host: Host = field(default_factory=lambda: Host("origin", "127.0.0.1", "127.0.0.1"))
    pages: Path = field(default_factory=Path)
    item: str = ""
    course: str = ""

    def start_at(self, host: Host, *words: str, first: bool = False, **environ: str) -> Command:
        """Start one of our commands on a host, `first` in line for the processor."""
        log = self.folder / f"{words[0]}-{host.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                host.command([*(_FIRST if first else []), sys.executable, "-m", "banyan", *words]),
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"LC_ALL": "C.UTF-8", "BANYAN_CHILD": "1", "PYTHONPATH": str(ROOT)} | environ,
            )
        command = Command(process, log)
        self.commands.append(command)
        return command

    def open(self) -> None:
        """Serve, with every answer noted."""
        words = ("serve", "--host", self.host.address, "--port", "0", "--stun-port", "0")
        settings = {"BANYAN__ORIGIN__PAGES": str(self.pages), "BANYAN__ORIGIN__ACCESS_LOG": str(self.folder / _ACCESS)}
        # Only root may be served first.
        serving = self.start_at(self.host, *words, first=os.geteuid() == 0, **settings)
        self.url = serving.wait_for(r"Banyan serves at (\S+)")

    def banyan(self, *words: str, timeout: float = 120) -> str:
        """Run a command on the origin's host to its end and return its standard output."""
        command = self.host.command([sys.executable, "-m", "banyan", *words])
        done = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=timeout, check=False, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> Any:
        """JSON of the server."""
        if self.host.namespace is None:
            return super().get(path)
        return call_inside(self.host.namespace, lambda: House.get(self, path))

    def show(self, stream: Stream, clip: Path) -> None:
        """Publish the lecture, or start the class, as `item`."""
        if stream.kind == "vod":
            self.item = self.publish(clip, COURSE, "Lecture")
        else:
            self.item = self.start_class(COURSE, "Class", str(clip))

    def seed_at(self, host: Host) -> Command:
        """A seeder of the course."""
        return self.start_at(host, "seeder", "--course", COURSE, "--origin", self.url)

    def close(self) -> None:
        """End everything."""
        super().close()
        for command in self.commands:
            if command.process.stdin is not None:
                command.process.stdin.close()

    def segments(self) -> list[Segment]:
        """All segments of the item so far, from the catalogue; `published_s` is left open."""
        file = self.folder / ".data" / "catalogue.sqlite"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as catalogue:
            rows = catalogue.execute(_SEGMENTS, (self.item,)).fetchall()
        return [
            Segment(key=key, track=track, sequence=msn, starts_s=start / scale, duration_s=duration / scale, bytes=size)
            for track, msn, key, start, duration, size, scale in rows
        ]

    def epoch(self) -> float:
        """Unix s of the item's first picture, by the dates of its playlists."""
        file = self.folder / ".data" / "catalogue.sqlite"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as catalogue:
            row = catalogue.execute("select coalesce(started, created) from item where id = ?", (self.item,)).fetchone()
        return float(row[0]) / 1000

    def head(self) -> int:
        """The newest listed sequence number of the class."""
        file = self.folder / ".data" / "catalogue.sqlite"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as catalogue:
            row = catalogue.execute("select head from item where id = ?", (self.item,)).fetchone()
        return -1 if row is None else int(row[0])

    def requests(self, began: float, seconds: float, who: "WhoAsked") -> list[Request]:
        """Every answer since `began` (Unix s) that was asked for within so many seconds."""
        lines = (self.folder / _ACCESS).read_text("utf-8").splitlines()
        answers = [_request(json.loads(line), began, who) for line in lines]
        return [answer for answer in answers if answer.ended_s >= 0 and answer.t < seconds]

    async def note_listed(self, began: float, listed: dict[int, float]) -> None:
        """Note when each sequence number of a class was listed first, in s since `began`, until cancelled."""
        newest = self.head()
        listed.update({sequence: time.time() - began for sequence in range(newest + 1)})
        while True:
            await asyncio.sleep(_LISTED_EVERY_S)
            head = await asyncio.to_thread(self.head)
            listed.update({sequence: time.time() - began for sequence in range(newest + 1, head + 1)})
            newest = max(head, newest)


@dataclass(frozen=True, slots=True)
class WhoAsked:
    """Tells clients apart: by what their agent says, else by where they come from."""

    by_address: dict[str, str]
    seeder: str

    def name(self, address: str, agent: str) -> str:
        """The name of a viewer or seeder; empty for others."""
        named = re.search(r" lab/([a-z0-9-]+)$", agent)
        if named:
            return named[1]
        return self.by_address.get(address, self.seeder if agent.startswith("banyan-seeder") else "")


def _request(line: dict[str, Any], began: float, who: WhoAsked) -> Request:
    kind = _KINDS[line["kind"]]
    ended = float(line["time"]) - began
    name = str(line["path"]).rpartition("/")[2]
    return Request(
        t=round(ended - line["ms"] / 1000, 3),
        ended_s=round(ended, 3),
        who=who.name(line["address"], line["agent"]),
        kind=kind,
        path=line["path"],
        segment=name.partition(".")[0] if kind in ("media", "proof") else "",
        bytes=line["sent"],
        status=line["status"],
    )


def write_clip(path: Path, seconds: int) -> None:
    """A clip of 640x360 at 25 fps with mono sound, busy enough that our encoder always takes all it may: every
    segment has nearly one size. Raises RuntimeError when ffmpeg fails."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.mp4")
    pictures = f"testsrc2=size=640x360:rate=25:duration={seconds},noise=alls=12:allf=t,format=yuv420p"
    sound = f"sine=frequency=330:sample_rate=48000:duration={seconds},aformat=channel_layouts=mono"
    words = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-g", "50", "-c:a", "aac", "-b:a", "64k"]
    done = subprocess.run([*words, *coding, str(partial)], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"ffmpeg: {done.stderr[-1000:]}")
    partial.replace(path)
