"""`banyan` with other pages: those of the engines that are compared, from the folder that LAB_PAGES names."""

import os
from pathlib import Path

import banyan.server
from banyan.cli import main


def _pages() -> Path:
    return Path(os.environ["LAB_PAGES"])


if __name__ == "__main__":
    vars(banyan.server)["built_pages"] = _pages
    main()
