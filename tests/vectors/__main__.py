"""Write all vector files: `python -m tests.vectors`."""

from tests.vectors import FOLDER, text_of
from tests.vectors.sources import SOURCES

for name, source in SOURCES.items():
    (FOLDER / f"{name}.json").write_text(text_of(source()), "utf-8")
