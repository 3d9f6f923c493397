"""Puts the built web player into the wheel, building it when it is missing or older than its sources."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NOT_SOURCES = {"node_modules", "dist", "tests"}


class WebPlayerHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` for a wheel; an editable install serves web-player/dist as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.target_name != "wheel":
            return
        web = Path(self.root) / "web-player"
        if not _current(web):
            _build(web)
        build_data["force_include"][str(web / "dist")] = "banyan/web"


def _current(web: Path) -> bool:
    page = web / "dist" / "index.html"
    if not page.is_file():
        return False
    files = (file for folder in web.iterdir() if folder.name not in _NOT_SOURCES for file in _files(folder))
    return page.stat().st_mtime >= max(file.stat().st_mtime for file in files)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def _build(web: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("Node.js 20 with npm is needed to build the web player into the wheel")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=web, check=True)
    subprocess.run([npm, "run", "build"], cwd=web, check=True)
    (web / "dist" / "index.html").touch()
