"""`banyan demo` as a person runs it: real processes, real peers, and nothing left behind. Takes about half a minute."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

_ENV = os.environ | {"LC_ALL": "C.UTF-8"}
_DEMO = (sys.executable, "-m", "banyan", "demo")


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short lecture, so that preparing it costs little."""
    from origin.media.sample import write_sample

    file = tmp_path_factory.mktemp("demo") / "lecture.mp4"
    write_sample(file, 8)
    return file


def _children(pid: int) -> set[int]:
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return {int(line) for line in listing.stdout.split()}


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and not stat.read_text().rpartition(") ")[2].startswith("Z")


def test_measured_demo(lecture: Path, tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text('[seeder]\nfolder = "kept"\n')
    command = [*_DEMO[:-1], "--config", "house.toml", "demo", str(lecture), "--seconds", "20", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=_ENV, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["viewers"] == 4
    assert figures["played_ms"] > 4 * 10_000
    assert figures["bytes"]["origin"] > 0
    assert figures["bytes"]["seeder"] + figures["bytes"]["peers"] > 0
    assert figures["offload_total"] == pytest.approx(
        max(0, 1 - figures["bytes"]["origin"] / figures["played_bytes"]), abs=1e-3
    )
    assert figures["rejected_blocks"] == 0
    assert "Traceback" not in done.stderr
    assert any((tmp_path / "kept").iterdir()), "the seeder did not read the configuration"


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_demo_that_ends_leaves_nothing_behind(lecture: Path, tmp_path: Path, blow: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = str(taken.getsockname()[1])
        command = [*_DEMO, str(lecture), "--port", busy]
        with subprocess.Popen(command, cwd=tmp_path, env=_ENV, stdout=subprocess.PIPE, text=True) as demo:
            assert demo.stdout is not None
            shown = [demo.stdout.readline() for _ in range(5)]
            assert "/watch/" in shown[0]
            assert f":{busy}/" not in "".join(shown)
            time.sleep(1)
            children = _children(demo.pid)
            assert children
            demo.send_signal(blow)
    assert demo.returncode == (0 if blow is signal.SIGINT else -signal.SIGKILL)
    deadline = time.monotonic() + 8
    while (left := [pid for pid in children if _alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


def test_two_demos_on_one_folder_leave_each_other_alone(lecture: Path, tmp_path: Path) -> None:
    """As when one that was told to end is still at it and the next begins."""
    first = subprocess.Popen([*_DEMO, str(lecture), "--port", "0"], cwd=tmp_path, env=_ENV, stdout=subprocess.PIPE)
    with first:
        try:
            assert first.stdout is not None
            assert b"/watch/" in first.stdout.readline()
            command = [*_DEMO, str(lecture), "--seconds", "5", "--json", "--port", "0"]
            done = subprocess.run(command, cwd=tmp_path, env=_ENV, capture_output=True, text=True, timeout=90)
            assert done.returncode == 0, done.stderr
            assert first.poll() is None
        finally:
            first.send_signal(signal.SIGTERM)
    assert first.returncode == 0
