"""The JSON API for machines: an OpenAPI 3.1 document made from the table of operations and the message types."""

import re
from typing import Any

import msgspec

from origin.messages import ErrorAnswer
from origin.operations import OPERATIONS, Operation

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")


def document(version: str) -> dict[str, Any]:
    """The whole document."""
    named = [t for op in OPERATIONS for t in (op.request, op.answer) if t is not None]
    types: list[type] = list(dict.fromkeys([*named, ErrorAnswer]))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Banyan origin", "version": version},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, schemas: dict[type, dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {
            str(operation.status): _answer(operation, schemas),
            "default": {"description": "Refused.", "content": _json(schemas[ErrorAnswer])},
        },
    }
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.request is not None:
        described["requestBody"] = {"required": True, "content": _json(schemas[operation.request])}
    if operation.admin:
        described["security"] = [{"admin": []}]
    return described


def _answer(operation: Operation, schemas: dict[type, dict[str, Any]]) -> dict[str, Any]:
    if operation.answer is None:
        return {"description": "Done."}
    schema = schemas[operation.answer]
    content = {"text/event-stream": {"schema": schema}} if operation.events else _json(schema)
    return {"description": "Done.", "content": content}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}}
        for name in _PARAMETER.findall(operation.path)
    ]
    in_query = [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "integer", "minimum": 0}}
        for name, meaning in operation.query.items()
    ]
    return in_path + in_query


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
