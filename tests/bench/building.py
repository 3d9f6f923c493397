"""Builds the pages of the engines, and installs those engines that are not ours, once, into a folder of artifacts."""

import json
import os
import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_PAGES = _HERE / "pages"
_RIVALS = _HERE / "rivals"
ARTIFACTS = _ROOT / "artifacts" / "bench"
TRACKER = "tracker.mjs"


class BuildError(Exception):
    """A tool of the build failed; the message holds what it said."""


def install_rivals(folder: Path = ARTIFACTS / "rivals") -> Path:
    """Install the pinned packages without their scripts, unless they are there already; returns the folder."""
    wanted = json.loads((_RIVALS / "package.json").read_text("utf-8"))["dependencies"]
    there = {name: _version(folder / "node_modules" / name / "package.json") for name in wanted}
    if there != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(_RIVALS / "package.json", folder)
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        _run("npm", "install", "--ignore-scripts", "--omit=optional", "--no-package-lock", *quiet, cwd=folder)
    # Beside its packages, as Node looks for them from there.
    shutil.copy(_RIVALS / TRACKER, folder)
    return folder


def build_pages(folder: Path, rivals: Path | None) -> None:
    """Build the pages into `<folder>/assets/bench`, where a server whose pages lie in `folder` serves them.

    `rivals` is where `install_rivals` put them; None builds no page for them.
    """
    environ = os.environ | ({"RIVALS": str(rivals / "node_modules")} if rivals else {})
    out = folder / "assets" / "bench"
    config = ("--config", str(_PAGES / "vite.config.mjs"), "--outDir", str(out), "--emptyOutDir")
    vite = _ROOT / "web-player" / "node_modules" / ".bin" / "vite"
    _run(str(vite), "build", *config, "--logLevel", "warn", cwd=_ROOT / "web-player", environ=environ)


def recorder() -> str:
    """The script that every page runs first."""
    return (_PAGES / "recorder.js").read_text("utf-8")


def _version(package: Path) -> str | None:
    return str(json.loads(package.read_text("utf-8"))["version"]) if package.is_file() else None


def _run(*command: str, cwd: Path, environ: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{Path(command[0]).name} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
