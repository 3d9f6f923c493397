"""Vectors of swarm/acquaintance.py: random neighbourhoods with whom `poorest` parts with, and reviews over time."""

import json
import random
from typing import Any

from swarm.acquaintance import Acquaintances, Figures, Tally, poorest, worth

_SEED = 20261121
_NEIGHBOURHOODS = 200
_STORIES = 8
_REVIEWS = 30
_DEGREE = 6


def acquaintance_vectors() -> dict[str, Any]:
    rng = random.Random(_SEED)
    return {
        "seed": _SEED,
        "neighbourhoods": [_neighbourhood(rng) for _ in range(_NEIGHBOURHOODS)],
        "stories": [_story(rng) for _ in range(_STORIES)],
    }


def _figures(rng: random.Random) -> Figures:
    idle = rng.random() < 0.4
    return Figures(
        useful=0 if idle else rng.randint(0, 2**34),
        given=0 if rng.random() < 0.5 else rng.randint(0, 2**34),
        round_trip=rng.choice((1, 20, 80, 300, 1000)),
        strikes=rng.choice((0, 0, 0, 1, 2, 5)),
        near=rng.randint(0, 1),
        seeder=int(rng.random() < 0.2),
        age=rng.choice((0, 29_999, 30_000, 60_000, 10**7)),
        lot=rng.randrange(2**32),
    )


def _neighbourhood(rng: random.Random) -> str:
    neighbours = [_figures(rng) for _ in range(rng.randint(0, 12))]
    degree = rng.choice((0, 4, 8))
    return _line(
        {
            "degree": degree,
            "neighbours": neighbours,
            "worth": [worth(one) for one in neighbours],
            "poorest": poorest(neighbours, degree),
        }
    )


def _story(rng: random.Random) -> dict[str, Any]:
    """Neighbours that give and take at rates of their own; whom we part with is replaced by another some time later."""
    acquaintances, now = Acquaintances(_DEGREE), 1_000_000
    rates: dict[bytes, tuple[int, int, int]] = {}
    known: dict[bytes, Tally] = {}
    reviews = []
    for _ in range(_REVIEWS):
        while len(known) < _DEGREE and rng.random() < 0.8:
            peer = rng.randbytes(16)
            near = rng.randint(0, 1)
            rates[peer] = (rng.choice((0, 1000, 100_000)), rng.choice((0, 0, 50_000)), near)
            seeder, lot = int(rng.random() < 0.1), rng.randrange(2**32)
            known[peer] = Tally(peer, now, 0, 0, rng.choice((5, 400)), rng.choice((0, 1)), near, seeder, lot)
        now += rng.choice((5_000, 10_000, 30_000))
        for peer, (useful, given, _) in rates.items():
            tally = known[peer]
            known[peer] = tally._replace(useful=tally.useful + useful * 10, given=tally.given + given * 10)
        parted = acquaintances.review(list(known.values()), now)
        tallies = [[one.peer.hex(), *one[1:]] for one in known.values()]
        reviews.append(_line({"now": now, "tallies": tallies, "parted": None if parted is None else parted.hex()}))
        if parted is not None:
            del known[parted], rates[parted]
    return {"degree": _DEGREE, "reviews": reviews}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
