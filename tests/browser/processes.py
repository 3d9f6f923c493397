"""Our commands as real processes for browser tests: a server with a published lecture, seeders, and their ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_S = 30


@dataclass
class Command:
    """One `banyan` command that runs until it is ended; its output goes to a file that failures can quote."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, folder: Path, *words: str, environ: dict[str, str] | None = None) -> "Command":
        log = folder / f"{words[0]}-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "banyan", *words],
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"LC_ALL": "C.UTF-8"} | (environ or {}),
            )
        return cls(process, log)

    def wait_for(self, pattern: str, seconds: float = START_S) -> str:
        """The first group of `pattern` in the output, as soon as it is there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.log.read_text("utf-8", "replace"))
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{self.log.read_text('utf-8', 'replace')[-3000:]}")

    def kill(self) -> None:
        """End it without any farewell."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class House:
    """A server and what belongs to it, in one folder."""

    folder: Path
    url: str = ""
    lecture: str = ""
    tracker_port: int = 0
    commands: list[Command] = field(default_factory=list)

    def start(self, *words: str, environ: dict[str, str] | None = None) -> Command:
        command = Command.start(self.folder, *words, environ=environ)
        self.commands.append(command)
        return command

    def serve(self, *words: str, environ: dict[str, str] | None = None) -> Command:
        command = self.start("serve", "--port", "0", "--stun-port", "0", *words, environ=environ)
        self.url = command.wait_for(r"Banyan serves at (\S+)")
        return command

    def track(self) -> Command:
        """A tracker of its own, on `tracker_port`."""
        words = ("serve", "--role", "tracker", "--port", str(self.tracker_port), "--stun-port", "0")
        command = self.start(*words, environ={"BANYAN__TRACKER__ORIGINS": self.url})
        command.wait_for(r"Banyan serves at (\S+)")
        return command

    def seed(self, course: str) -> Command:
        """A seeder of a course, by its id or title."""
        return self.start("seeder", "--course", course, "--origin", self.url)

    def banyan(self, *words: str, timeout: float = 120) -> str:
        """Run a command to its end and return its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "banyan", *words],
            cwd=self.folder,
            capture_output=True,
            timeout=timeout,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def publish(self, path: Path, course: str, title: str) -> str:
        """Publish a file; returns the item's id."""
        words = ("publish", str(path), "--course", course, "--title", title, "--json")
        return str(json.loads(self.banyan(*words).splitlines()[-1])["item"])

    def start_class(self, course: str, title: str, source: str = "test") -> str:
        """Start a live class of the test picture, or of a file over and over; returns the item's id."""
        loop = () if source == "test" else ("--loop",)
        words = ("class", "start", "--from", source, *loop, "--course", course, "--title", title)
        return str(json.loads(self.banyan(*words, "--server", self.url, "--json").splitlines()[-1])["id"])

    def class_under_way(self, item: str, segments: int = 3, seconds: float = 60) -> None:
        """Wait until a class has so many segments: players stay as far behind, so there is something to hand on."""
        end = time.monotonic() + seconds
        while (told := self.get(f"/api/items/{item}"))["duration"] < segments * told["segment_duration"]:
            assert time.monotonic() < end, f"{told['duration']} ms of the class after {seconds} s"
            time.sleep(0.2)

    def get(self, path: str) -> Any:
        """JSON of the server."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def bytes_of(self, path: str) -> bytes:
        """Bytes of the server."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error}") from error

    def media(self, segment_id: str) -> bytes:
        """A segment or an initialisation segment."""
        try:
            return self.bytes_of(f"/media/{segment_id}.m4s")
        except AssertionError:
            return self.bytes_of(f"/media/{segment_id}.mp4")

    def close(self) -> None:
        for command in reversed(self.commands):
            command.stop()
