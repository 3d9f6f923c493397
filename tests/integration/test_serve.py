"""`banyan serve` as a real process: it answers, says so when it cannot, and ends cleanly."""

import json
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
from pathlib import Path

import pytest
from served import ENV, cli, command, get, serve

from banyan.certificate import CERTIFICATE_FILE


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_ends_cleanly(tmp_path: Path, blow: signal.Signals) -> None:
    with serve(tmp_path) as (process, url):
        assert json.loads(get(f"{url}/api/courses")) == {"courses": []}
        assert b"<!doctype html>" in get(f"{url}/").lower()
        assert b"tracker_connections" in get(f"{url}/metrics")
        process.send_signal(blow)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert '"level": "error"' not in said


def test_pages_from_elsewhere_and_an_access_log(tmp_path: Path) -> None:
    pages, log = tmp_path / "pages", tmp_path / "access.jsonl"
    pages.mkdir()
    (pages / "index.html").write_text("<!doctype html>ours")
    with serve(tmp_path, BANYAN__ORIGIN__PAGES=str(pages), BANYAN__ORIGIN__ACCESS_LOG=str(log)) as (_, url):
        assert get(f"{url}/") == b"<!doctype html>ours"
        # The line is written when the answer has left, which may be after it has come.
        end = time.monotonic() + 10
        while not log.read_text("utf-8").endswith("\n") and time.monotonic() < end:
            time.sleep(0.02)
    (line,) = log.read_text("utf-8").splitlines()
    assert (json.loads(line)["path"], json.loads(line)["body"]) == ("/", 19)


def test_the_same_data_after_a_kill(tmp_path: Path) -> None:
    with serve(tmp_path) as (process, _):
        process.kill()
    with serve(tmp_path) as (_, url):
        assert json.loads(get(f"{url}/api/courses")) == {"courses": []}


def test_https_by_its_own_certificate(tmp_path: Path) -> None:
    with serve(tmp_path, "--tls") as (_, url):
        assert url.startswith("https://localhost:")
        trust = ssl.create_default_context(cafile=tmp_path / "data" / CERTIFICATE_FILE)
        assert json.loads(get(f"{url}/api/courses", trust)) == {"courses": []}
        listed = cli(tmp_path, "class", "list", "--json", "--server", url, "--data", "data")
    assert json.loads(listed.stdout) == {"classes": []}


def test_a_busy_port_is_told_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            command(tmp_path, "--port", port), env=ENV, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert result.returncode == 1
    assert result.stderr.startswith(f"banyan: TCP port {port} on 127.0.0.1 is used by another program.")
    assert len(result.stderr.splitlines()) == 1


def test_a_busy_stun_port_is_told(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*command(tmp_path, "--port", "0"), "--stun-port", str(port)],
            env=ENV,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert f"UDP port {port}" in result.stderr
    assert "--stun-port" in result.stderr
    assert "Traceback" not in result.stderr


def test_doctor_as_json(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (tmp_path / "banyan.toml").write_text(f"[server]\nport = {taken.getsockname()[1]}\n[tracker]\nstun_port = 0\n")
        examined = cli(tmp_path, "doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(examined.stdout)["findings"]}
    assert set(findings["port"]) == {"name", "ok", "found", "advice"}
    assert (examined.returncode, findings["port"]["ok"], findings["stun"]["ok"]) == (1, False, True)
    assert "server.port" in findings["port"]["advice"]
    assert examined.stderr == ""


def test_a_class_from_start_to_end(tmp_path: Path) -> None:
    with serve(tmp_path) as (_, url):
        where = ("--server", url, "--data", "data")
        titles = ("--course", "几何", "--title", "第一课")
        started = cli(tmp_path, "class", "start", "--from", "test", *titles, "--json", *where)
        item = json.loads(started.stdout)
        assert item["state"] == "live"
        assert item["id"] in cli(tmp_path, "class", "list", *where).stdout
        ended = cli(tmp_path, "class", "end", item["id"], *where)
        assert ended.returncode == 0, ended.stderr
        again = cli(tmp_path, "class", "end", item["id"], *where)
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)


def test_without_the_token_nobody_starts_a_class(tmp_path: Path) -> None:
    with serve(tmp_path) as (_, url):
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "admin-token").write_text("a" * 43)
        arguments = ("class", "start", "--from", "test", "--course", "a", "--title", "b", "--server", url, "--data")
        assert "(401)" in cli(tmp_path, *arguments, "other").stderr
        assert "admin token" in cli(tmp_path, *arguments, "nowhere").stderr


def test_a_tracker_of_its_own_wants_the_platforms_key(tmp_path: Path) -> None:
    asked = command(tmp_path, "--port", "0", "--role", "tracker")
    missing = subprocess.run(asked, env=ENV, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "tracker.keys" in missing.stderr
    with serve(tmp_path, "--role", "origin") as (_, url):
        assert json.loads(get(f"{url}/api/courses")) == {"courses": []}
    with serve(tmp_path, "--role", "tracker") as (_, url), pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{url}/api/courses")
