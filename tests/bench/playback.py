"""Three viewers of a lecture and of a class: our page with peers, our page without, and plain hls.js, in turn."""

import asyncio
import sys
from pathlib import Path
from statistics import median
from typing import Any

from processes import House

from origin.media.sample import write_sample
from tests.bench.viewing import MODES, Viewing, view

COURSE = "Bench"
KINDS = ("lecture", "class")
_CLASS_AGE_S = 12
_TELLING_S = 2.5


async def compare(folder: Path, runs: int, seconds: int) -> dict[str, Any]:
    """For each kind of item and each mode, the medians of `runs` runs; stalls are the sums of all of them."""
    house = House(folder)
    clip = folder / "lecture.mp4"
    write_sample(clip, seconds)
    house.lecture = house.publish(clip, COURSE, "Lecture")
    seen: dict[tuple[str, str], list[Viewing]] = {(kind, mode): [] for kind in KINDS for mode in MODES}
    try:
        house.serve()
        for number in range(runs):
            for kind, mode in seen:
                viewing = await _run(house, kind, mode, seconds, number)
                seen[kind, mode].append(viewing)
                print(f"run {number + 1}, {kind}, {mode}: {viewing}", file=sys.stderr)
    finally:
        house.close()
    return {"runs": runs} | {kind: {mode: _summary(seen[kind, mode]) for mode in MODES} for kind in KINDS}


async def _run(house: House, kind: str, mode: str, seconds: int, number: int) -> Viewing:
    """One viewing; a seeder, whose memory is empty, helps where peers do. All that the origin sends it is counted."""
    live = kind == "class"
    before = sent(house)
    # A course of its own, or the seeder would also fetch the classes that were.
    course = f"{COURSE} {mode} {number}" if live else COURSE
    item = house.start_class(course, "Class") if live else house.lecture
    seeder = house.seed(course) if mode == "p2p" else None
    try:
        if live or seeder:
            await asyncio.sleep(_CLASS_AGE_S)
        viewing = await view(house, item, mode, seconds, live)
    finally:
        if seeder:
            seeder.stop()
        if live:
            house.banyan("class", "end", item, "--server", house.url)
    await asyncio.sleep(_TELLING_S)
    after = sent(house)
    viewing.origin = {part: after[part] - before[part] for part in after}
    return viewing


def sent(house: House) -> dict[str, int]:
    """What the origin says that it has sent, in bytes, headers included.

    In all, as equal segments of several items (the test picture of several classes) are counted for one of them.
    """
    counted = house.get("/api/swarm")["total"]["origin_bytes"]
    return {part: int(counted[part]) for part in ("media", "proofs", "playlists", "to_seeders")}


def _summary(viewings: list[Viewing]) -> dict[str, Any]:
    """`media_bytes` is what all viewers of a run took in, by who sent it; `origin_per_viewer_minute` what the origin
    sent to everybody, for each minute that a viewer played; `behind_live_s` and `height` tell that modes are alike."""
    return {
        "startup_ms_p50": round(median(startup for viewing in viewings for startup in viewing.startups_ms)),
        "stalls": sum(viewing.stalls for viewing in viewings),
        "stalled_ms": round(sum(viewing.stalled_ms for viewing in viewings)),
        "played_minutes": round(sum(viewing.minutes for viewing in viewings), 2),
        "media_bytes": _medians([viewing.media for viewing in viewings]),
        "origin_per_viewer_minute": _medians(
            [{part: size / viewing.minutes for part, size in viewing.origin.items()} for viewing in viewings]
        ),
        "behind_live_s": _behind_live_s(viewings),
        "height": round(median(height for viewing in viewings for height in viewing.heights)),
    }


def _behind_live_s(viewings: list[Viewing]) -> float | None:
    """The median over all viewers; None: a lecture has no live edge."""
    behind = [one for viewing in viewings for one in viewing.behind_live_s]
    return round(median(behind), 1) if behind else None


def _medians(rows: list[dict[str, int]] | list[dict[str, float]]) -> dict[str, int]:
    return {part: round(median(row[part] for row in rows)) for part in rows[0]}
