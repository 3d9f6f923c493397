"""Writes the TypeScript form of the schema: `python -m swarm.typescript` prints `web-player/src/engine/messages.ts`.

One interface and one field table per message, so that both languages check the same limits in the same order.
"""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from swarm import identity, peer_messages, tracker_messages
from swarm.schema import Blob, Field, Int, Many, Text, UInt, fields_of

_HEAD = """\
// Written by `python -m swarm.typescript` from the classes in swarm/; do not edit.
/* eslint max-lines: "off" -- one table for all messages */
import type { Fields, MessageTypes } from "./schema.ts";
"""
_BOTH = {"VERSION", "MAX_MESSAGE_BYTES"}


def typescript() -> str:
    """The whole text of messages.ts."""
    directions = (peer_messages.PEER_TYPES, tracker_messages.TO_TRACKER_TYPES, tracker_messages.FROM_TRACKER_TYPES)
    messages = [message for types in directions for message in types.values()]
    records = _records(messages)
    sections = [_HEAD, *_constants(peer_messages, "PEER"), *_constants(tracker_messages, "TRACKER")]
    sections += [_interface(record, tagged=False) for record in records]
    sections += [_interface(message, tagged=True) for message in messages]
    sections += [_fields(record) for record in records]
    sections += _direction("Peer", "PEER", peer_messages.PEER_TYPES)
    sections += _direction("ToTracker", "TO_TRACKER", tracker_messages.TO_TRACKER_TYPES)
    sections += _direction("FromTracker", "FROM_TRACKER", tracker_messages.FROM_TRACKER_TYPES)
    return "\n".join(sections)


def camel(name: str) -> str:
    """`played_ms` as TypeScript writes it: `playedMs`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _constants(module: ModuleType, prefix: str) -> Iterator[str]:
    """The module's own constants; those that both protocols name carry the protocol's name."""
    elsewhere = {*vars(identity), *(("VIEWER", "SEEDER") if prefix == "TRACKER" else ())}
    for name, value in vars(module).items():
        if not name.isupper() or name in elsewhere:
            continue
        if isinstance(value, int):
            yield f"export const {f'{prefix}_' if name in _BOTH else ''}{name} = {value};"
        elif isinstance(value, tuple):
            yield f"export const {name} = [{', '.join(_quoted(one) for one in value)}] as const;"


def _records(messages: list[type]) -> list[type]:
    """Record classes used by fields, innermost first."""
    found: dict[type, None] = {}

    def visit(field: Field) -> None:
        if field.element is not None:
            visit(field.element)
        if field.record is not None:
            for inner in fields_of(field.record):
                visit(inner)
            found.setdefault(field.record)

    for message in messages:
        for field in fields_of(message):
            visit(field)
    return list(found)


def _interface(message: type, *, tagged: bool) -> str:
    summary = (message.__doc__ or "").strip().splitlines()[0]
    lines = [f"\n/** {summary} */", f"export interface {message.__name__} {{"]
    if tagged:
        lines.append(f"  readonly type: {_quoted(message.__name__)};")
    lines += [f"  readonly {camel(field.name)}: {_type(field)};" for field in fields_of(message)]
    return "\n".join([*lines, "}"])


def _type(field: Field) -> str:
    if field.record is not None:
        return field.record.__name__
    if isinstance(field.kind, Many) and field.element is not None:
        return f"readonly {_type(field.element)}[]"
    plain = {"uint": "number", "int": "number", "text": "string", "blob": "Uint8Array", "flag": "boolean"}
    return plain[field.shape]


def _fields(record: type) -> str:
    return f"\nconst {record.__name__}Fields: Fields = [\n{_rows(record, '  ')}\n];"


def _rows(message: type, indent: str) -> str:
    return "\n".join(f"{indent}{_row(field)}," for field in fields_of(message))


def _row(field: Field) -> str:
    return f"{{ name: {_quoted(camel(field.name))}, {_limits(field)} }}"


def _limits(field: Field) -> str:
    shape = f"shape: {_quoted(field.shape)}"
    match field.kind:
        case UInt(most) | Int(most):
            return f"{shape}, most: {most}"
        case Text(most, least) | Blob(most, least):
            return f"{shape}, least: {least}, most: {most}"
        case Many(most) if field.element is not None:
            return f"{shape}, most: {most}, element: {_row(field.element)}"
        case _:
            return f"{shape}, record: {field.record.__name__}Fields" if field.record is not None else shape


def _direction(name: str, constant: str, types: dict[int, type]) -> Iterator[str]:
    union = "PeerMessage" if name == "Peer" else name
    yield f"\nexport type {union} =\n" + "\n".join(f"  | {message.__name__}" for message in types.values()) + ";"
    rows = "\n".join(_table(number, message) for number, message in types.items())
    yield f"\nexport const {constant}_TYPES: MessageTypes = new Map([\n{rows}\n]);"


def _table(number: int, message: type) -> str:
    return f"  [{number}, {{ name: {_quoted(message.__name__)}, fields: [\n{_rows(message, '    ')}\n  ] }}],"


def _quoted(value: Any) -> str:
    return f'"{value}"'


if __name__ == "__main__":
    sys.stdout.write(typescript() + "\n")
