"""The fetch policy has three forms, which decide alike: pure Python, Python compiled by numba, and TypeScript."""

import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from swarm import policy
from swarm.policy import ACTION_FIELDS, View
from tests.unit.swarm.policy_views import Views, make_views

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web-player"
VIEWS = 100_000
PURE_VIEWS = 20_000
IMPURE = {"load_parameters"}
SEED = int(os.environ.get("POLICY_SEED", "0")) or int.from_bytes(os.urandom(4), "big")


class Decisions(NamedTuple):
    """Of each view the number of actions and the next wake-up; the actions of all; and the columns afterwards."""

    counts: NDArray[np.float64]
    wakes: NDArray[np.float64]
    actions: NDArray[np.float64]
    columns: dict[str, NDArray[Any]]


def compiled_policy() -> ModuleType:
    """A copy of `swarm.policy` whose functions are bound to their compiled forms, as the simulator does."""
    spec = importlib.util.find_spec("swarm.policy")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in list(vars(module).items()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and name not in IMPURE:
            setattr(module, name, numba.njit(boundscheck=True)(value))
    return module


def decide_all(module: ModuleType, views: Views, plain: bool) -> Decisions:
    """Decide every view with the given form of the policy; plain views have lists instead of arrays."""
    kept = views.copy()
    counts, wakes, taken = [], [], []
    for k, view in enumerate(kept.cut()):
        actions: Any = np.zeros(ACTION_FIELDS * (2 * len(view.state) + 1), np.int64)
        given = _listed(view) if plain else view
        actions = actions.tolist() if plain else actions
        try:
            count, wake = module.decide(given, actions)
        except Exception:
            print(f"view {k} of seed {SEED}: {_listed(view)}")
            raise
        counts.append(count)
        wakes.append(wake)
        taken.append(np.asarray(actions[: count * ACTION_FIELDS]))
        if plain:
            _put_back(given, view)
    return Decisions(np.array(counts, float), np.array(wakes, float), np.concatenate(taken).astype(float), kept.columns)


def _listed(view: View) -> View:
    values: list[Any] = [value if isinstance(value, int) else np.asarray(value).tolist() for value in view]
    return View(*values)


def _put_back(decided: View, view: View) -> None:
    for value, place in zip(decided, view, strict=True):
        if isinstance(place, np.ndarray):
            place[:] = value


def first_views(views: Views, count: int) -> Views:
    """The first so many views."""
    columns = {
        name: views.columns[name][: views.counts(length)[:count].sum()] for name, length in views.lengths.items()
    }
    return Views(views.blocks[:count], views.sources[:count], views.lengths, columns)


def typescript_decisions(folder: Path, views: Views) -> Decisions:
    """What the TypeScript form decides, run by Node over one file of all views."""
    script, given, taken = folder / "stream.mjs", folder / "views.bin", folder / "decisions.bin"
    rolldown = [WEB / "node_modules/.bin/rolldown", WEB / "tests/engine/policy-stream.ts"]
    bundle = [*rolldown, "--file", script, "--format", "esm", "--platform", "node", "--log-level", "warn"]
    _run(bundle)
    columns = [views.blocks, views.sources, *(views.columns[name] for name in views.lengths)]
    with given.open("wb") as file:
        for column in columns:
            file.write(column.astype(np.float64).tobytes())
    fields = [[re.sub("_(.)", lambda found: found[1].upper(), name), kind] for name, kind in views.lengths.items()]
    sizes = [len(views.columns[name]) for name in views.lengths]
    _run(["node", script, given, taken, json.dumps({"views": len(views.blocks), "fields": fields, "sizes": sizes})])
    numbers = np.fromfile(taken, np.float64)
    count = len(views.blocks)
    ends = np.cumsum([count, count, int(numbers[:count].sum()) * ACTION_FIELDS, *sizes])
    counts, wakes, actions, *after = np.split(numbers, ends[:-1])
    return Decisions(counts, wakes, actions, dict(zip(views.lengths, after, strict=True)))


def _run(command: list[Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=WEB)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_alike(views: Views, one: Decisions, other: Decisions) -> None:
    """Same actions, wake-ups and views afterwards; else the first view that differs is shown with its seed."""
    split_one, split_other = _split(one), _split(other)
    for k, view in enumerate(views.cut()):
        a, b = split_one[k], split_other[k]
        same = one.counts[k] == other.counts[k] and one.wakes[k] == other.wakes[k] and np.array_equal(a, b)
        assert same, (
            f"view {k} of seed {SEED}: {_listed(view)}\n{a.tolist()} wakes at {one.wakes[k]}\n"
            f"{b.tolist()} wakes at {other.wakes[k]}"
        )
    for name in views.lengths:
        assert np.array_equal(one.columns[name], other.columns[name]), f"{name} afterwards differs, seed {SEED}"


def _split(decisions: Decisions) -> list[NDArray[np.float64]]:
    ends = np.cumsum(decisions.counts.astype(int) * ACTION_FIELDS)
    return np.split(decisions.actions, ends[:-1])


@pytest.fixture(scope="module")
def views() -> Views:
    print(f"POLICY_SEED={SEED}")
    return make_views(SEED, VIEWS)


@pytest.fixture(scope="module")
def compiled(views: Views) -> Decisions:
    return decide_all(compiled_policy(), views, plain=False)


def test_compiled_by_numba_the_policy_decides_as_the_pure_form(views: Views, compiled: Decisions) -> None:
    few = first_views(views, PURE_VIEWS)
    pure = decide_all(policy, few, plain=True)
    actions = int(pure.counts.sum())
    columns = {name: compiled.columns[name][: len(column)] for name, column in few.columns.items()}
    taken = compiled.actions[: actions * ACTION_FIELDS]
    assert_alike(few, pure, Decisions(compiled.counts[:PURE_VIEWS], compiled.wakes[:PURE_VIEWS], taken, columns))


def test_typescript_decides_as_the_compiled_form(tmp_path: Path, views: Views, compiled: Decisions) -> None:
    assert_alike(views, compiled, typescript_decisions(tmp_path, views))


def test_the_views_lead_to_every_kind_of_action(compiled: Decisions) -> None:
    """Else the two tests above would prove little."""
    kinds = compiled.actions[::ACTION_FIELDS].astype(int)
    assert all(np.count_nonzero(kinds == kind) > VIEWS // 50 for kind in (policy.WANT, policy.FETCH, policy.DROP))
    assert np.count_nonzero(compiled.counts == 0) > VIEWS // 50
    assert len(np.unique(compiled.wakes)) > 10
