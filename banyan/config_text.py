"""A configuration written out as TOML, each key under a comment that says what it is."""

import textwrap
from typing import Any

import msgspec

from banyan.config import Config

_WIDTH = 100


def config_text(config: Config) -> str:
    """The whole of `config` as commented TOML, which reads back as the same configuration."""
    return "\n".join(_section(name, getattr(config, name)) for name in Config.__struct_fields__)


def _section(name: str, section: msgspec.Struct) -> str:
    lines = [*_comment(section.__doc__ or ""), f"[{name}]"]
    for field in msgspec.inspect.type_info(type(section)).fields:  # type: ignore[attr-defined]
        lines += _comment(_description(field.type))
        lines.append(f"{field.encode_name} = {_value(getattr(section, field.name))}")
    return "\n".join(lines) + "\n"


def _description(kind: msgspec.inspect.Type) -> str:
    if not isinstance(kind, msgspec.inspect.Metadata):
        return ""
    return str((kind.extra_json_schema or {}).get("description", ""))


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _value(value: Any) -> str:
    # TOML writes texts, numbers, booleans and arrays of texts as JSON does, but for a raw DEL.
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
