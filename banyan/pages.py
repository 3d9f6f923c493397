"""Where the built web player lies."""

from pathlib import Path


def built_pages() -> Path | None:
    """The folder of the built web player: in an installed package, else in a checkout; None when it is not built."""
    here = Path(__file__).parent
    folders = (here / "web", here.parent / "web-player" / "dist")
    return next((folder for folder in folders if (folder / "index.html").is_file()), None)
