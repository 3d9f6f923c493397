"""The command line as a person meets it: plain sentences, exit codes, two languages."""

import json
import re
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from banyan.cli import banyan
from banyan.config import Config
from banyan.config_sources import load_config


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(*arguments: str, lang: str = "en_US.UTF-8", **environ: str) -> Result:
    locale = {"LC_ALL": lang, "LC_MESSAGES": "", "LANG": ""}
    return CliRunner().invoke(banyan, list(arguments), env=locale | environ)


def test_every_command_has_help() -> None:
    listed = _run("--help").stdout
    for name in banyan.list_commands(None):  # type: ignore[arg-type]
        assert name in listed
        assert _run(name, "--help").exit_code == 0


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", _run("version").output)


def test_printed_configuration_is_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "printed.toml"
    file.write_text(_run("config", "print", BANYAN__SERVER__PORT="1234").output)
    assert load_config(file, {}).server.port == 1234


def test_mistakes_are_told_in_plain_words() -> None:
    result = _run("config", "check", BANYAN__SERVER__PROT="1")
    assert result.exit_code == 1
    assert result.stderr.startswith("banyan: environment: there is no setting server.prot. Did you mean server.port?")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("lang", ["zh_CN.UTF-8", "zh_TW", "ZH_cn"])
def test_mistakes_are_told_in_chinese(lang: str) -> None:
    result = _run("config", "check", lang=lang, BANYAN__SERVER__PROT="1")
    assert "没有 server.prot 这一项" in result.stderr


def test_doctor_finds_nothing_wrong_with_good_ports() -> None:
    ports = {"BANYAN__SERVER__PORT": "0", "BANYAN__TRACKER__STUN_PORT": "0"}
    result = _run("doctor", "--json", **ports)
    findings = {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert {"python", "port", "stun", "data", "disk", "clock"} <= findings.keys()
    assert "limits" in findings["walls"]["found"]
    assert all(findings[name]["ok"] for name in ("python", "port", "stun", "data", "secure"))


def test_doctor_finds_busy_ports_and_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        ports = {"BANYAN__SERVER__PORT": str(tcp.getsockname()[1])}
        ports["BANYAN__TRACKER__STUN_PORT"] = str(udp.getsockname()[1])
        result = _run("doctor", **ports)
    assert result.exit_code == 1
    problems = [line for line in result.output.splitlines() if line.startswith("PROBLEM")]
    assert any(" port " in line and "server.port" in line for line in problems)
    assert any(" stun " in line and "tracker.stun_port" in line for line in problems)


def test_doctor_warns_of_plain_http_on_a_network() -> None:
    result = _run("doctor", BANYAN__SERVER__HOST="0.0.0.0", BANYAN__SERVER__PORT="0")
    assert re.search(r"PROBLEM secure .*--tls", result.output)


def test_documentation_prints_the_configuration() -> None:
    from banyan.config_text import config_text

    page = Path(__file__).parents[3] / "docs" / "configuration.md"
    assert f"```toml\n{config_text(Config())}```" in page.read_text("utf-8")
