"""The rules of this house: where imports may point, how long things may grow, and what files must not hold."""

import ast
import json
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("banyan", "swarm", "tracker", "seeder", "origin")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
_SKIPPED = {"node_modules", "dist", "artifacts", "__pycache__", "build"}


def _files(*suffixes: str) -> Iterator[Path]:
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
            if hidden or path.name in _SKIPPED or path.name.endswith(".egg-info"):
                continue
            if path.is_dir():
                folders.append(path)
            elif path.suffix in suffixes:
                yield path


def _python_functions() -> Iterator[tuple[str, int]]:
    for path in _files(".py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def _typescript_functions() -> Iterator[tuple[str, int]]:
    paths = [str(path.relative_to(ROOT)) for path in _files(".ts")]
    command = ["node", "tests/house/function_lengths.mjs", *paths]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        name, _, lines = line.rpartition(" ")
        # A test file's describe() is one long anonymous function around its tests.
        if not (name.endswith("(anonymous)") and ".test.ts" in name):
            yield name, int(lines)


def test_imports_point_one_way() -> None:
    command = [Path(sys.executable).parent / "lint-imports"]
    contracts = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert contracts.returncode == 0, contracts.stdout


def test_files_are_short() -> None:
    lines = {path: path.read_text("utf-8").splitlines() for path in _files(".py", ".ts")}
    written = {path: len(text) for path, text in lines.items() if not (text and "do not edit" in text[0])}
    assert not {str(path.relative_to(ROOT)): length for path, length in written.items() if length > MAX_FILE_LINES}


@pytest.mark.parametrize("functions", [_python_functions, _typescript_functions], ids=["python", "typescript"])
def test_functions_are_short(functions: object) -> None:
    assert callable(functions)
    lengths = dict(functions())
    assert len(lengths) > 100
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES}
    assert statistics.median(lengths.values()) < 10


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _files(".py", ".ts", ".mjs", ".md", ".css", ".html", ".toml", ".json")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if later.search(line)
    ]
    assert not found


def test_lock_files_name_no_registry() -> None:
    lock = json.loads((ROOT / "web-player" / "package-lock.json").read_text("utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name and not entry.get("link"))
    configured = [path for path in _files("") if path.name in {".npmrc", "pip.conf"}]
    assert not configured


def test_every_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = {_distribution(text) for text in project["dependencies"]}
    for_tests = declared | {_distribution(text) for text in extras["dev"]}
    missing = set()
    for path in _files(".py"):
        top = path.relative_to(ROOT).parts[0]
        if top in (*PACKAGES, "tests"):
            missing |= {
                f"{path.relative_to(ROOT)}: {name}"
                for name in _third_party(path)
                if not set(_owners(name)) & (for_tests if top == "tests" else declared)
            }
    assert not sorted(missing)


def _distribution(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


_OWNERS = packages_distributions()


def _owners(module: str) -> list[str]:
    return [name.lower().replace("_", "-") for name in _OWNERS.get(module, ())]


def _third_party(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    own = {*PACKAGES, "tests", *(file.stem for file in (ROOT / "tests").rglob("*.py"))}
    return names - own - set(sys.stdlib_module_names)


@pytest.mark.parametrize("command", ["demo", "test"])
def test_the_two_commands_of_the_readme_exist(command: str) -> None:
    assert f"make {command}" in (ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"^{command}: ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
