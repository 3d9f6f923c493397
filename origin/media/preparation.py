"""Makes the source that a job asks for, and loads beforehand what cannot be loaded behind the walls."""

import importlib
import pkgutil
from pathlib import Path

import av
from av.logging import FATAL, set_level
from PIL import Image

from origin.media.events import Job
from origin.media.file_source import FileSource
from origin.media.lesson import load_font
from origin.media.probe import check_path, probe
from origin.media.source import Source
from origin.media.test_source import TestSource

__all__ = ["check_path", "preload", "source"]

_NOT_NEEDED = ("av.__main__", "av.datasets")


def preload() -> None:
    """Everything that Python, Pillow and libav would otherwise look for in the file system later."""
    set_level(FATAL)
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name not in _NOT_NEEDED:
            importlib.import_module(module.name)
    Image.preinit()
    load_font(24)
    for name in ("libx264", "aac"):
        av.CodecContext.create(name, "w")


def source(job: Job, path: Path | None) -> tuple[Source, int]:
    """The source, and by how many quarters to the left its pictures are turned. Raises Refused."""
    if path is None:
        return TestSource(), 0
    probed = probe(path, job.languages)
    return FileSource(probed, job.loop), probed.turn
