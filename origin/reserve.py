"""A little disk space kept back: on a full disk even removing things needs room for the catalogue's journal."""

import os
from pathlib import Path

RESERVE_BYTES = 1024 * 1024
_NAME = "reserve"


class Reserve:
    """One file of 1 MiB in the data folder, given up when nothing else helps."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NAME

    def fill(self) -> None:
        """Keep the space; where there is none, go on without."""
        if self._file.exists():
            return
        try:
            with self._file.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            self.release()

    def release(self) -> None:
        """Give the space back."""
        self._file.unlink(missing_ok=True)
