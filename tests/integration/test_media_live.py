"""A class is paced by the clock, and a repeated file is one continuous timeline."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from media_clips import Clip, write_clip
from media_outcome import Outcome, brightness, decode_time

from origin.media.events import Finished, Job, Opened, Segment
from origin.media.runner import run


async def until(job: Job, sequences: int) -> tuple[Outcome, dict[int, float]]:
    """Run until so many sequences are out; also when each came, in seconds since `Opened`."""
    outcome, came, opened = Outcome(), dict[int, float](), 0.0
    events = run(job)
    async for event in events:
        outcome.events.append(event)
        if isinstance(event, Opened):
            opened = time.monotonic()
        if isinstance(event, Segment):
            came.setdefault(event.sequence, time.monotonic() - opened)
            if event.sequence == sequences - 1 and event.track == outcome.tracks[-1]:
                break
    await events.aclose()
    return outcome, came


async def test_a_repeated_class_is_paced_and_never_breaks(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "short.mp4", Clip(seconds=1.92))
    before = time.time() * 1000
    outcome, came = await until(Job(source=str(path), live=True, loop=True), 2)
    assert outcome.opened.started_ms == pytest.approx(before, abs=5000)
    assert outcome.opened.duration_ms is None
    assert 3.8 <= came[0] <= 6
    assert 7.6 <= came[1] <= 10
    for track in outcome.opened.tracks:
        segments = outcome.segments(track.id)
        full = segments[0].duration_ticks
        assert [decode_time(segment.data) for segment in segments] == [0, full]
    lit = [number for number, picture in enumerate(outcome.pictures("v180")) if brightness(picture, 0.5, 0.5) > 150]
    assert lit == [start + n for start in (25, 73, 121, 169) for n in range(5)]
    loud = [number for number, sample in enumerate(outcome.samples("a-1")) if abs(sample) > 0.15]
    starts = [loud[0]] + [b for a, b in pairwise(loud) if b - a > 10_000]
    assert [start / 1920 for start in starts] == pytest.approx([25, 73, 121, 169], abs=0.1)


async def test_a_class_from_a_file_ends_with_it(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "short.mp4", Clip(seconds=1))
    outcome, _ = await until(Job(source=str(path), live=True), 99)
    assert isinstance(outcome.events[-1], Finished)
    assert not outcome.sheets
