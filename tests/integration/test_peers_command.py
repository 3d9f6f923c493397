"""`banyan viewer` and `banyan seeder` as a person runs them, against a real `banyan serve`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from served import ENV, cli, get, serve, start_class

from banyan.certificate import CERTIFICATE_FILE, trust
from tests.fixed_port import fixed_port

QUIET = {"BANYAN__LOG__LEVEL": "warning"}


@contextmanager
def seeding(folder: Path, url: str, *arguments: str) -> Iterator[None]:
    """A seeder of the server, until the block is left; it must end cleanly."""
    asked = [sys.executable, "-m", "banyan", "seeder", "--origin", url, *arguments]
    with subprocess.Popen(asked, cwd=folder, env=ENV | QUIET, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=10)
            assert (process.returncode, said) == (0, "")
        finally:
            process.kill()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def snapshot(url: str, data: Path) -> Any:
    return json.loads(get(f"{url}/api/swarm", trust(data)))


def old_enough(url: str, item: str) -> bool:
    """A class is watched as far behind live as players stay; before that there is nothing to hand on in time."""
    told = json.loads(get(f"{url}/api/items/{item}"))
    return bool(told["duration"] >= 3 * told["segment_duration"])


def test_four_viewers_watch_a_class_and_help_each_other(tmp_path: Path) -> None:
    with serve(tmp_path, **QUIET) as (_, url):
        item = start_class(tmp_path, url)
        until(lambda: old_enough(url, item))
        watched = cli(tmp_path, "viewer", f"{url}/watch/{item}", "--count", "4", "--seconds", "20", "--json")
        assert (watched.returncode, watched.stderr) == (0, "")
        summary = json.loads(watched.stdout)
        until(lambda: snapshot(url, tmp_path)["total"]["played_bytes"] == summary["played"], 5)
    assert summary["item"] == item
    assert len(summary["viewers"]) == 4
    assert summary["rejected"] == 0
    assert summary["played_ms"] > 4 * 10_000
    assert summary["http"] < summary["played"]
    assert summary["peer"] > 0
    assert all(viewer["peer"] + viewer["sent"] > 0 for viewer in summary["viewers"]), "each took part"


def test_peers_trust_the_servers_own_certificate(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serve(tmp_path, "--tls", **QUIET) as (_, url), seeding(tmp_path, url, "--data", "data"):
        page = f"{url}/watch/{start_class(tmp_path, url)}"
        until(lambda: snapshot(url, data)["total"]["seeders"])
        stranger = cli(tmp_path, "viewer", page, "--seconds", "2")
        assert stranger.returncode == 1
        assert "certificate verify failed" in stranger.stderr
        assert len(stranger.stderr.splitlines()) == 1
        for known in (("--data", "data"), ("--ca", str(data / CERTIFICATE_FILE))):
            watched = cli(tmp_path, "viewer", page, "--seconds", "9", "--json", *known)
            assert watched.returncode == 0, watched.stderr
            assert json.loads(watched.stdout)["played"] > 0
        until(lambda: snapshot(url, data)["total"]["played_bytes"], 5)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    refused = cli(tmp_path, "viewer", "https://localhost:1/watch/x", "--ca", str(file))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"banyan: The certificates in {file} cannot be read")
    assert len(refused.stderr.splitlines()) == 1


def test_origin_and_tracker_in_two_processes_work_as_one(tmp_path: Path) -> None:
    port = fixed_port()
    elsewhere = QUIET | {"BANYAN__TRACKER__URL": f"ws://localhost:{port}/tracker"}
    with serve(tmp_path, "--role", "origin", **elsewhere) as (_, origin):
        told = QUIET | {"BANYAN__TRACKER__ORIGIN": origin}
        with serve(tmp_path, "--role", "tracker", "--port", str(port), **told) as (tracking, tracker):
            item = start_class(tmp_path, origin)
            page = f"{origin}/watch/{item}"
            watched = cli(tmp_path, "viewer", page, "--count", "2", "--seconds", "9", "--json")
            assert watched.returncode == 0, watched.stderr
            played = json.loads(watched.stdout)["played"]
            until(lambda: snapshot(origin, tmp_path)["total"]["played_bytes"] == played > 0, 5)
            metrics = get(f"{tracker}/metrics").decode()
            assert "telemetry_lost_total 0.0" in metrics
            assert 'tracker_announces_total{result="' in metrics
            os.kill(tracking.pid, signal.SIGTERM)
            _, said = tracking.communicate(timeout=10)
            assert (tracking.returncode, said) == (0, "")
