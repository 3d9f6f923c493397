"""The wheel holds the built pages and no tests, and installs where there is no Node."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PARTS = ("banyan", "swarm", "tracker", "seeder", "origin", "web-player", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the build reads."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    for part in (*_PARTS, "hatch_build.py"):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        else:
            shutil.copy2(ROOT / part, copy / part)
    assert (copy / "web-player" / "dist" / "index.html").is_file(), "run 'make setup' first"
    return copy


def _run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    without_node = os.environ | {"PATH": str(folder / "nothing")} | environ
    return subprocess.run(command, cwd=folder, env=without_node, capture_output=True, text=True, check=False)


def _wheel(checkout: Path) -> subprocess.CompletedProcess[str]:
    return _run(checkout, "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", "out", ".")


def test_wheel_serves_pages_without_node(checkout: Path, tmp_path: Path) -> None:
    (checkout / "web-player" / "dist" / "index.html").touch()
    built = _wheel(checkout)
    assert built.returncode == 0, built.stderr
    (wheel,) = (checkout / "out").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"banyan/web/index.html", "banyan/web/watch.html", "banyan/web/operators.html"} <= set(names)
    assert any(name.startswith("banyan/web/assets/") for name in names)
    assert not [name for name in names if name.startswith(("tests", "web-player")) or "node_modules" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)

    target = tmp_path / "target"
    installed = _run(tmp_path, "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel))
    assert installed.returncode == 0, installed.stderr
    found = _run(tmp_path, "banyan", "doctor", "--json", PYTHONPATH=str(target), LC_ALL="C")
    assert f'"found": "{target / "banyan" / "web"}"' in found.stdout


def test_stale_pages_are_never_packed(checkout: Path) -> None:
    source = next((checkout / "web-player" / "src").rglob("*.ts"))
    os.utime(source, (2**31, 2**31))
    built = _wheel(checkout)
    assert built.returncode != 0
    assert "Node.js 20 with npm is needed" in built.stdout + built.stderr
