"""Vectors of swarm/policy.py: random views, what `decide` does about them, and the moments that HTTP may begin."""

import json
import random
from typing import Any

from swarm.policy import (
    ACTION_FIELDS,
    ASKED,
    HELD,
    HTTP,
    MISSING,
    View,
    decide,
    feeds,
    http_latest,
    lecture_backup,
    live_backup,
)

_SEED = 20261120
_VIEWS = 300
_BLOCK = 16 * 1024


def policy_vectors() -> dict[str, Any]:
    rng = random.Random(_SEED)
    return {
        "seed": _SEED,
        "views": [_decided(_view(rng)) for _ in range(_VIEWS)],
        "moments": [_moments(rng) for _ in range(50)],
    }


def _view(rng: random.Random) -> View:
    blocks, sources = rng.randint(1, 12), rng.randint(0, 4)
    now = rng.randint(0, 10**12)
    latest = now + rng.randint(-2000, 8000)
    state = [rng.choice((MISSING, MISSING, ASKED if sources else HTTP, HTTP, HELD)) for _ in range(blocks)]
    return View(
        now=now,
        deadline=latest + rng.randint(0, 3000),
        backup=now + rng.randint(-1000, 6000),
        latest=latest,
        urgent=int(rng.random() < 0.1),
        spare=int(rng.random() < 0.1),
        block_bytes=_BLOCK,
        offset=rng.randrange(blocks),
        margin_ms=1000,
        state=state,
        owner=[rng.randrange(sources) if one == ASKED else -1 for one in state],
        asked=[now - rng.randint(0, 3000) for _ in range(blocks)],
        mine=[int(rng.random() < 0.2) for _ in range(blocks)],
        rate=[rng.choice((0, 1, 20_000, 400_000, 5_000_000)) for _ in range(sources)],
        round_trip=[rng.randint(1, 400) for _ in range(sources)],
        queue=[rng.randint(0, 20) * _BLOCK for _ in range(sources)],
        ahead=[rng.randint(0, 20) * _BLOCK for _ in range(sources)],
        window=[rng.choice((131_072, 524_288)) for _ in range(sources)],
        silent=[rng.choice((0, 0, 100, 1499, 1500, 4000)) for _ in range(sources)],
        patience=[rng.choice((1500, 2000, 5000)) for _ in range(sources)],
        offers=[int(rng.random() < 0.6) for _ in range(sources * blocks)],
    )


def _decided(view: View) -> str:
    before = json.dumps(view._asdict(), separators=(",", ":"))
    actions = [0] * (ACTION_FIELDS * (2 * len(view.state) + 1))
    count, wake = decide(view, actions)
    after = {
        "actions": actions[: count * ACTION_FIELDS],
        "wake": wake,
        "state": view.state,
        "owner": view.owner,
        "queue": view.queue,
        "ahead": view.ahead,
    }
    return f'{{"view":{before},"after":{json.dumps(after, separators=(",", ":"))}}}'


def _moments(rng: random.Random) -> list[list[int]]:
    latest = [rng.randint(0, 10**12), 1000, rng.randint(0, 2**25), rng.randint(0, 10**7), 80, rng.randint(0, 10**6)]
    live = [rng.randint(0, 10**6), rng.randint(0, 10**6), rng.randint(0, 10**6), rng.randint(0, 2**20), 500]
    feed = [rng.randrange(92), 92, rng.randint(0, 10**6), rng.randrange(-1, 16), 16]
    lecture = [rng.randint(0, 10**6), rng.randint(0, 10**6), rng.randint(0, 5), 1200]
    return [
        [*latest, http_latest(*latest)],
        [*live, live_backup(*live)],
        [*lecture, lecture_backup(*lecture)],
        [*feed, int(feeds(*feed))],
    ]
