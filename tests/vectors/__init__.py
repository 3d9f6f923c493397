"""Golden vectors: what the Python core answers, as JSON beside this file, which the TypeScript core must answer too.

`python -m tests.vectors` writes the files; tests of both languages read them. Bytes are hexadecimal.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load(name: str) -> Any:
    """Read one vector file."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def text_of(vectors: Any) -> str:
    """A vector file as it is written."""
    return json.dumps(vectors, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def zipped(data: bytes) -> dict[str, Any]:
    """Bytes in short: their beginning, and how many zero bytes follow it."""
    beginning = data.rstrip(b"\0")
    return {"data": beginning.hex(), "zeros": len(data) - len(beginning)}


def unzipped(vector: dict[str, Any]) -> bytes:
    """The bytes that `zipped` wrote."""
    return bytes.fromhex(vector["data"]) + bytes(vector["zeros"])
