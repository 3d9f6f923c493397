"""Where a configuration comes from, what it refuses, and that what is printed reads back."""

import itertools
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banyan.config import Config, Data, Server, Tracker
from banyan.config_sources import load_config
from banyan.config_text import config_text
from banyan.errors import ConfigError


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(text: str) -> Path:
    file = Path("house.toml")
    file.write_text(text, "utf-8")
    return file


def test_defaults_without_any_source() -> None:
    assert load_config(environ={}) == Config()


def test_default_file_of_the_current_folder_is_read() -> None:
    Path("banyan.toml").write_text("[server]\nport = 9000\n")
    assert load_config(environ={}).server.port == 9000


def test_later_sources_win() -> None:
    file = _write('[server]\nport = 1111\nhost = "0.0.0.0"\n[log]\nlevel = "debug"\n')
    environ = {"BANYAN__SERVER__PORT": "2222", "BANYAN__LOG__LEVEL": "error", "PATH": "/bin"}
    config = load_config(file, environ, {"server.port": 3333, "server.tls": None})
    assert (config.server.port, config.server.host, config.log.level) == (3333, "0.0.0.0", "error")
    assert config.server.tls is False


def test_environment_reads_flags_numbers_and_lists() -> None:
    environ = {"BANYAN__SERVER__TLS": "true", "BANYAN__TRACKER__ORIGINS": "https://a.example, https://b.example"}
    config = load_config(environ=environ)
    assert config.server.tls is True
    assert config.tracker.origins == ("https://a.example", "https://b.example")


def test_numbers_of_the_environment_stay_numbers_beside_flags() -> None:
    config = load_config(environ={"BANYAN__DELIVERY__UPLOAD_BPS": "1000000"}, flags={"server.port": 0})
    assert (config.delivery.upload_bps, config.server.port) == (1_000_000, 0)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("[server]\nprot = 1\n", "server.port"),
        ("[servr]\nport = 1\n", "server"),
        ("[data]\nfolder = 'x'\n", "data.path"),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest(text: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(_write(text), {})
    assert "there is no setting" in caught.value.en
    if nearest != "data.path":
        assert nearest in caught.value.en
        assert nearest in caught.value.zh


@pytest.mark.parametrize("name", ["BANYAN__SERVER__PROT", "BANYAN__SERVR__PORT", "BANYAN__SERVER", "BANYAN__"])
def test_unknown_names_of_the_environment_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="environment: there is no setting"):
        load_config(environ={name: "1"})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[server]\nport = 70000\n", "server.port"),
        ('[server]\nport = "8400"\n', "server.port"),
        ('[server]\npublic_url = "video.example"\n', "server.public_url"),
        ('[delivery]\nmode = "all"\n', "delivery.mode"),
        ("[data]\npath = ''\n", "data.path"),
        ("server = 1\n", r"\[server\]"),
        ("[server\n", "not valid TOML"),
        ('[server]\ncertificate = "a.pem"\n', "certificate_key"),
    ],
)
def test_wrong_values_are_refused_by_name(text: str, place: str) -> None:
    with pytest.raises(ConfigError, match=place):
        load_config(_write(text), {})


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(Path("nowhere.toml"), {})


def test_every_key_is_described() -> None:
    lines = config_text(Config()).splitlines()
    for above, line in itertools.pairwise(lines):
        if " = " in line and not line.startswith("#"):
            assert above.startswith("# "), line


_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1)


@given(_texts, _texts, st.lists(_texts).map(tuple), st.booleans(), st.integers(0, 65535))
def test_what_is_printed_reads_back(host: str, path: str, origins: tuple[str, ...], tls: bool, port: int) -> None:
    server = Server(host=host, port=port, tls=tls)
    config = msgspec.structs.replace(Config(), server=server, data=Data(path), tracker=Tracker(origins=origins))
    assert load_config(_write(config_text(config)), {}) == config
