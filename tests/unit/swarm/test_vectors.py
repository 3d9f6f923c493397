"""The vector files are what the core answers today, and messages.ts is what the schema says today."""

from pathlib import Path

import pytest

from swarm.typescript import typescript
from tests.vectors import FOLDER, text_of
from tests.vectors.sources import SOURCES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", SOURCES)
def test_vectors_are_up_to_date(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text("utf-8") == text_of(SOURCES[name]()), "run python -m tests.vectors"


def test_messages_ts_is_up_to_date() -> None:
    written = (ROOT / "web-player/src/engine/messages.ts").read_text("utf-8")
    assert written == typescript() + "\n", "run python -m swarm.typescript > web-player/src/engine/messages.ts"
