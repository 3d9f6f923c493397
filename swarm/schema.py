"""The one schema of every message: a message is a frozen dataclass whose annotations carry type and limits.

On the wire a message is a msgpack array: its type number, then its fields in order. `web-player/src/engine/
messages.ts` is written from the same classes by `python -m swarm.typescript`; a test holds the two equal.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from swarm.errors import ProtocolError

MAX_INTEGER = 2**53 - 1
Message = TypeVar("Message")


@dataclass(frozen=True)
class UInt:
    """A whole number from 0 to `most` (at most 2^53 - 1, so that JavaScript holds it)."""

    most: int = MAX_INTEGER


@dataclass(frozen=True)
class Int:
    """A whole number from -`most` to `most`."""

    most: int = MAX_INTEGER


@dataclass(frozen=True)
class Text:
    """Text of `least` to `most` bytes in UTF-8."""

    most: int
    least: int = 0


@dataclass(frozen=True)
class Blob:
    """`least` to `most` bytes."""

    most: int
    least: int = 0


@dataclass(frozen=True)
class Many:
    """At most `most` elements; the element's own limits stand at its type."""

    most: int


Kind = UInt | Int | Text | Blob | Many


@dataclass(frozen=True)
class Field:
    """One field of a message: its name, its limits (none for a flag or a record), and what a list or record holds."""

    name: str
    kind: Kind | None
    element: "Field | None" = None
    record: type | None = None

    @property
    def shape(self) -> str:
        if isinstance(self.kind, Many):
            return "many"
        if self.record is not None:
            return "record"
        return "flag" if self.kind is None else type(self.kind).__name__.lower()


def fields_of(message: type) -> tuple[Field, ...]:
    """The fields of a message or record class, in wire order."""
    known = _FIELDS.get(message)
    if known is None:
        known = _FIELDS[message] = _read_fields(message)
    return known


def _read_fields(message: type) -> tuple[Field, ...]:
    if not is_dataclass(message):
        raise TypeError(f"{message.__name__} is not a message")
    hints = get_type_hints(message, include_extras=True)
    return tuple(_field(f.name, hints[f.name]) for f in fields(message))


def _field(name: str, hint: Any) -> Field:
    kind: Kind | None = None
    if get_origin(hint) is Annotated:
        hint, kind = get_args(hint)[:2]
    if isinstance(kind, Many):
        return Field(name, kind, element=_field(name, get_args(hint)[0]))
    if is_dataclass(hint) and isinstance(hint, type):
        return Field(name, None, record=hint)
    if kind is None and hint is not bool:
        raise TypeError(f"field {name} has no limits")
    return Field(name, kind)


def check(field: Field, value: object) -> Any:
    """Check a decoded value against its field and build records and tuples. Raises ProtocolError."""
    return _CHECKS[field.shape](field, value)


def _check_uint(field: Field, value: object) -> int:
    assert isinstance(field.kind, UInt)
    if type(value) is not int or not 0 <= value <= field.kind.most:
        raise _bad(field, f"a whole number from 0 to {field.kind.most}", value)
    return value


def _check_int(field: Field, value: object) -> int:
    assert isinstance(field.kind, Int)
    if type(value) is not int or abs(value) > field.kind.most:
        raise _bad(field, f"a whole number within {field.kind.most} of 0", value)
    return value


def _check_text(field: Field, value: object) -> str:
    assert isinstance(field.kind, Text)
    if type(value) is not str or not field.kind.least <= len(value.encode()) <= field.kind.most:
        raise _bad(field, f"text of {field.kind.least} to {field.kind.most} bytes", value)
    return value


def _check_blob(field: Field, value: object) -> bytes:
    assert isinstance(field.kind, Blob)
    if type(value) is not bytes or not field.kind.least <= len(value) <= field.kind.most:
        raise _bad(field, f"{field.kind.least} to {field.kind.most} bytes", value)
    return value


def _check_flag(field: Field, value: object) -> bool:
    if type(value) is not bool:
        raise _bad(field, "true or false", value)
    return value


def _check_many(field: Field, value: object) -> tuple[Any, ...]:
    assert isinstance(field.kind, Many)
    assert field.element is not None
    if type(value) is not list or len(value) > field.kind.most:
        raise _bad(field, f"at most {field.kind.most} elements", value)
    element = field.element
    return tuple(check(element, one) for one in value)


def _check_record(field: Field, value: object) -> Any:
    assert field.record is not None
    return build(field.record, value)


def build(message: type[Message], values: object) -> Message:
    """Make a message or record from a decoded array of just its fields. Raises ProtocolError."""
    wanted = fields_of(message)
    if type(values) is not list or len(values) != len(wanted):
        raise ProtocolError("fields", f"{message.__name__} has {len(wanted)} fields")
    return message(*(check(f, v) for f, v in zip(wanted, values, strict=True)))


def plain(field: Field, value: Any) -> Any:
    """Turn a checked value back into what msgpack writes: records and tuples become lists."""
    if field.record is not None:
        return unbuild(value)
    if field.element is not None:
        return [plain(field.element, one) for one in value]
    return value


def unbuild(message: Any) -> list[Any]:
    """The field values of a message or record, ready for msgpack. Raises ProtocolError on a value over its limit."""
    wanted = fields_of(type(message))
    values = [plain(f, getattr(message, f.name)) for f in wanted]
    build(type(message), values)
    return values


def _bad(field: Field, wanted: str, value: object) -> ProtocolError:
    return ProtocolError("field", f"{field.name} must be {wanted}, not {str(value)[:40]!r}")


_FIELDS: dict[type, tuple[Field, ...]] = {}
_CHECKS: dict[str, Callable[[Field, object], Any]] = {
    "uint": _check_uint,
    "int": _check_int,
    "text": _check_text,
    "blob": _check_blob,
    "flag": _check_flag,
    "many": _check_many,
    "record": _check_record,
}
