"""Commands of `banyan` as real processes."""

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENV = os.environ | {"LC_ALL": "C.UTF-8"}


def command(folder: Path, *arguments: str) -> list[str]:
    """`banyan serve` on a data folder in `folder`."""
    return [sys.executable, "-m", "banyan", "serve", "--data", str(folder / "data"), "--stun-port", "0", *arguments]


@contextmanager
def serve(folder: Path, *arguments: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on a free port, until the block is left: its process and its address."""
    asked = command(folder, "--port", "0", *arguments)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(asked, cwd=folder, env=ENV | environ, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            line = process.stdout.readline()
            assert "serves at" in line, process.stderr.read()
            yield process, line.split()[-1]
        finally:
            process.kill()


def get(url: str, context: ssl.SSLContext | None = None) -> bytes:
    """The body of an answer that is no error."""
    with urllib.request.urlopen(url, timeout=5, context=context) as response:
        body: bytes = response.read()
        return body


def cli(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    asked = [sys.executable, "-m", "banyan", *arguments]
    return subprocess.run(asked, cwd=folder, env=ENV, capture_output=True, text=True, timeout=60, check=False)


def start_class(folder: Path, url: str) -> str:
    """Start a class with a test picture; returns its id."""
    titles = ("--course", "几何", "--title", "第一课", "--json")
    started = cli(folder, "class", "start", "--from", "test", *titles, "--server", url, "--data", "data")
    assert started.returncode == 0, started.stderr
    return str(json.loads(started.stdout)["id"])
