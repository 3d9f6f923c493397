"""Equal frames give equal bytes: run twice, or joined late."""

from pathlib import Path

import pytest
from media_clips import Clip, Voice, write_clip
from media_outcome import Outcome, prepare

from origin.media.events import Init, Job, Segment
from origin.media.runner import run
from origin.media.sample import write_sample


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lecture") / "sample.mp4"
    write_sample(path, 12)
    return path


async def test_two_runs_give_the_same_bytes(lecture: Path) -> None:
    once, again = await prepare(lecture), await prepare(lecture)
    assert once.tracks == ["v720", "v360", "a-1"]
    for track in once.tracks:
        assert once.bytes(track) == again.bytes(track)
    assert [sheet.data for sheet in once.sheets] == [sheet.data for sheet in again.sheets]


@pytest.mark.parametrize("first", [1, 2])
async def test_a_late_start_gives_the_same_bytes_from_there_on(lecture: Path, first: int) -> None:
    whole = await prepare(lecture, rungs=(360,))
    late = await prepare(lecture, rungs=(360,), first=first)
    for track in whole.tracks:
        assert late.segments(track) == whole.segments(track)[first:]
        assert len(late.segments(track)) > 1


async def test_resampled_sound_is_the_same_too(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "cd.mkv", Clip(seconds=9, voices=(Voice(rate=44_100),)))
    whole, late = await prepare(path), await prepare(path, first=1)
    assert late.segments("a-1") == whole.segments("a-1")[1:]


async def take(job: Job, sequences: int) -> Outcome:
    """The first few sequences of a source without an end."""
    outcome = Outcome()
    events = run(job)
    async for event in events:
        outcome.events.append(event)
        if isinstance(event, Segment) and event.track == "a-1":
            sequences -= 1
            if not sequences:
                break
    await events.aclose()
    return outcome


async def test_the_test_class_joined_late_gives_the_same_bytes() -> None:
    early = await take(Job(source="test"), 6)
    late = await take(Job(source="test", first=4), 2)
    assert [event for event in late.events if isinstance(event, Init)] == [
        event for event in early.events if isinstance(event, Init)
    ]
    for track in early.tracks:
        assert late.segments(track) == early.segments(track)[4:]
        assert len({segment.data for segment in early.segments(track)}) == 6


async def test_every_segment_plays_alone(lecture: Path) -> None:
    outcome = await prepare(lecture, rungs=(360,))
    for number in range(len(outcome.segments("v360"))):
        alone = Outcome(
            [event for event in outcome.events if not isinstance(event, Segment) or event.sequence == number]
        )
        pictures = alone.pictures("v360")
        assert len(pictures) == outcome.segments("v360")[number].duration_ticks // 3600
        assert pictures[0].key_frame
        assert len(alone.samples("a-1")) == outcome.segments("a-1")[number].duration_ticks
