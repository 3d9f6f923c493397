"""Where a configuration comes from: defaults, then one TOML file, then the environment, then the command's flags."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from banyan.config import Config
from banyan.errors import ConfigError

DEFAULT_FILE = Path("banyan.toml")
_PREFIX = "BANYAN__"
_Tables = dict[str, dict[str, Any]]


def load_config(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] | None = None,
) -> Config:
    """Read the configuration.

    `path` is a TOML file; without it `banyan.toml` of the current folder is read if there is one. `environ` gives
    `BANYAN__SECTION__KEY`, `flags` values by `section.key`; a flag of None was not given.
    Raises ConfigError for a file that cannot be read, an unknown key (with the nearest known one) or a wrong value.
    """
    tables = _from_file(path)
    config = _checked(tables, str(path or DEFAULT_FILE))
    for source, upper in (("environment", _from_environ(environ)), ("flags", _from_flags(flags or {}))):
        if upper:
            lower: _Tables = msgspec.to_builtins(config)
            config = _checked({name: values | upper.get(name, {}) for name, values in lower.items()}, source)
    return config


def _from_file(path: Path | None) -> _Tables:
    if path is None and not DEFAULT_FILE.is_file():
        return {}
    file = path or DEFAULT_FILE
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The configuration {file} cannot be read: {error.strerror}.",
            f"无法读取配置文件 {file}：{error.strerror}。",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration {file} is not valid TOML: {error}. Mend it; 'banyan config print' shows an example.",
            f"配置文件 {file} 不是有效的 TOML：{error}。请修改；banyan config print 可打印范例。",
        ) from error
    _known(tables, str(file))
    return tables


def _from_environ(environ: Mapping[str, str]) -> _Tables:
    tables: _Tables = {}
    for name, text in environ.items():
        if name.startswith(_PREFIX):
            section, _, key = name.removeprefix(_PREFIX).lower().partition("__")
            tables.setdefault(section, {})[key] = text
    _known(tables, "environment")
    for section, values in tables.items():
        for key in values:
            if isinstance(getattr(getattr(Config(), section), key), tuple):
                values[key] = [part.strip() for part in values[key].split(",") if part.strip()]
    return tables


def _from_flags(flags: Mapping[str, object]) -> _Tables:
    tables: _Tables = {}
    for name, value in flags.items():
        if value is not None:
            section, _, key = name.partition(".")
            tables.setdefault(section, {})[key] = value
    return tables


def _known(tables: Mapping[str, object], source: str) -> None:
    defaults = Config()
    for section, values in tables.items():
        if section not in Config.__struct_fields__:
            raise _unknown(section, Config.__struct_fields__, source)
        if not isinstance(values, dict):
            raise ConfigError(
                f"{source}: {section} is a section; write [{section}] above its keys.",
                f"{source}：{section} 是一个小节，请在其各项之前写 [{section}]。",
            )
        fields = getattr(defaults, section).__struct_fields__
        for key in values:
            if key not in fields:
                raise _unknown(f"{section}.{key}", tuple(f"{section}.{field}" for field in fields), source)


def _unknown(name: str, known: tuple[str, ...], source: str) -> ConfigError:
    nearest = difflib.get_close_matches(name, known, 1, 0.5)
    en, zh = (f" Did you mean {nearest[0]}?", f"是否想写 {nearest[0]}？") if nearest else ("", "")
    return ConfigError(
        f"{source}: there is no setting {name}.{en} 'banyan config print' shows all of them.",
        f"{source}：没有 {name} 这一项。{zh}banyan config print 可列出全部设置。",
    )


def _checked(tables: _Tables, source: str) -> Config:
    # Only the environment's values are texts that stand for numbers; a file's and a flag's types are exact.
    try:
        config = msgspec.convert(tables, Config, strict=source != "environment")
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        name = re.sub(r"`$", "", place) or source
        raise ConfigError(
            f"{source}: {name} does not fit. {what}. 'banyan config print' says what it may be.",
            f"{source}：{name} 的值不合适（{what}）。允许的取值见 banyan config print。",
        ) from error
    if bool(config.server.certificate) != bool(config.server.certificate_key):
        raise ConfigError(
            f"{source}: server.certificate and server.certificate_key belong together; give both or neither.",
            f"{source}：server.certificate 与 server.certificate_key 必须同时给出，或都不给。",
        )
    return config
