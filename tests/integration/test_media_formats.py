"""Sources of all kinds come out in house format: on the grid, in sync, upright."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from media_clips import BRIGHT, DARK, FLASH_AT, FLASH_LASTS, Clip, Voice, write_clip
from media_outcome import Outcome, brightness, decode_time, prepare

from origin.media.events import Progress, Segment, TrackInfo
from origin.media.house import AAC_FRAME

VARIABLE = (0, 0.1, 0.13, 0.5, 0.52, 0.54, 1.0, 1.05, 1.2, 2.0, 3.5, 3.6, 4.4)


def check_grid(outcome: Outcome, track: TrackInfo, frames: int) -> None:
    """Segments lie on the grid, follow each other without gaps, and say how long they are."""
    segments, opened = outcome.segments(track.id), outcome.opened
    full = opened.segment_ticks * track.timescale // opened.segment_timescale
    assert [segment.sequence for segment in segments] == list(range(-(-frames // 96)))
    assert [decode_time(segment.data) for segment in segments] == [full * n for n in range(len(segments))]
    assert all(segment.duration_ticks == full for segment in segments[:-1])
    assert all(len(segment.data) * 8 * track.timescale <= track.bandwidth * full for segment in segments)
    rest = frames - 96 * (len(segments) - 1)
    if track.kind == "video":
        assert segments[-1].duration_ticks == rest * 90_000 // opened.frame_rate
    else:
        covered = segments[-1].duration_ticks - rest * 48_000 / opened.frame_rate
        assert 0 <= covered < AAC_FRAME


def check_video(outcome: Outcome, track: TrackInfo, frames: int) -> float:
    """Every frame decodes at its time. Returns when the flash begins."""
    pictures = outcome.pictures(track.id)
    assert [picture.pts for picture in pictures] == [n * 90_000 // outcome.opened.frame_rate for n in range(frames)]
    assert {(picture.width, picture.height) for picture in pictures} == {(track.width, track.height)}
    lit = [number for number, picture in enumerate(pictures) if brightness(picture, 0.5, 0.5) > 150]
    assert lit == list(range(lit[0], lit[-1] + 1))
    assert len(lit) / outcome.opened.frame_rate == pytest.approx(FLASH_LASTS, abs=0.05)
    return float(lit[0] / outcome.opened.frame_rate)


def check_audio(outcome: Outcome, track: TrackInfo) -> float:
    """Returns when the beep begins."""
    samples = outcome.samples(track.id)
    assert len(samples) * track.timescale == 48_000 * sum(s.duration_ticks for s in outcome.segments(track.id))
    loud = [number for number, sample in enumerate(samples) if abs(sample) > 0.15]
    assert (loud[-1] - loud[0]) / 48_000 == pytest.approx(FLASH_LASTS, abs=0.005)
    return loud[0] / 48_000


@pytest.mark.parametrize(
    ("name", "clip", "rate", "frames"),
    [
        ("c24.mp4", Clip(rate=Fraction(24)), 25, 113),
        ("c25.mp4", Clip(), 25, 112),
        ("c2997.mp4", Clip(rate=Fraction(30000, 1001)), 30, 135),
        ("c30.mkv", Clip(rate=Fraction(30)), 30, 135),
        ("c50.mp4", Clip(rate=Fraction(50)), 25, 113),
        ("c60.ts", Clip(rate=Fraction(60)), 30, 135),
        ("c15.flv", Clip(rate=Fraction(15), voices=(Voice(rate=44_100),)), 30, None),
        ("variable.mkv", Clip(times=VARIABLE, seconds=4.4), 30, None),
        ("full.mp4", Clip(seconds=7.68), 25, 192),
        ("tiny.mp4", Clip(seconds=1.32), 25, 33),
        ("surround.mp4", Clip(voices=(Voice(layout="5.1"),)), 25, 112),
        ("web.webm", Clip(codec="libvpx", voices=(Voice(codec="libopus"),)), 25, 112),
    ],
)
async def test_any_rate_comes_onto_the_grid_in_sync(
    tmp_path: Path, name: str, clip: Clip, rate: int, frames: int | None
) -> None:
    outcome = await prepare(write_clip(tmp_path / name, clip))
    opened = outcome.opened
    if name != "variable.mkv":
        assert opened.frame_rate == rate
    shown = outcome.finished.duration_ms * int(opened.frame_rate) / 1000
    count = frames if frames is not None else round(shown)
    assert shown == pytest.approx(count, abs=1)
    assert outcome.finished.warnings == ()
    video, audio = opened.tracks
    for track in opened.tracks:
        check_grid(outcome, track, count)
    flash, beep = check_video(outcome, video, count), check_audio(outcome, audio)
    assert flash == pytest.approx(FLASH_AT, abs=0.5 / opened.frame_rate)
    assert beep == pytest.approx(FLASH_AT, abs=0.002)


async def test_what_starts_late_stays_late(tmp_path: Path) -> None:
    late_sound = await prepare(write_clip(tmp_path / "a.mkv", Clip(voices=(Voice(starts=0.4),))))
    assert check_video(late_sound, late_sound.opened.tracks[0], 123) == FLASH_AT
    assert check_audio(late_sound, late_sound.opened.tracks[1]) == pytest.approx(FLASH_AT, abs=0.002)
    late_picture = await prepare(write_clip(tmp_path / "b.mkv", Clip(starts=0.48)))
    flash = check_video(late_picture, late_picture.opened.tracks[0], 124)
    beep = check_audio(late_picture, late_picture.opened.tracks[1])
    assert flash - beep == pytest.approx(0.48, abs=0.021)


async def test_the_short_track_is_filled(tmp_path: Path) -> None:
    short_sound = await prepare(write_clip(tmp_path / "a.mp4", Clip(seconds=14, voices=(Voice(seconds=2),))))
    check_grid(short_sound, short_sound.opened.tracks[0], 350)
    check_grid(short_sound, short_sound.opened.tracks[1], 350)
    assert not any(short_sound.samples("a-1")[3 * 48_000 :])
    short_picture = await prepare(write_clip(tmp_path / "b.mp4", Clip(voices=(Voice(seconds=14),))))
    check_grid(short_picture, short_picture.opened.tracks[0], 350)
    check_grid(short_picture, short_picture.opened.tracks[1], 350)


async def test_joined_transport_streams_are_one_lecture(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "1.ts", Clip(seconds=3)).read_bytes()
    second = write_clip(tmp_path / "2.ts", Clip(seconds=2, size=(160, 90), voices=(Voice(rate=44_100),))).read_bytes()
    path = tmp_path / "both.ts"
    path.write_bytes(first + second)
    outcome = await prepare(path)
    assert outcome.finished.duration_ms == pytest.approx(5000, abs=50)
    lit = [n for n, picture in enumerate(outcome.pictures("v180")) if brightness(picture, 0.5, 0.5) > 150]
    loud = [n for n, sample in enumerate(outcome.samples("a-1")) if abs(sample) > 0.15]
    again = next(b for a, b in pairwise(loud) if b - a > 10_000)
    assert len(lit) == 10
    assert again / 1920 == pytest.approx(lit[5], abs=1)


async def test_a_container_without_a_clock_for_its_end_is_read(tmp_path: Path) -> None:
    outcome = await prepare(
        write_clip(tmp_path / "a.wmv", Clip(seconds=2, codec="wmv2", voices=(Voice(codec="wmav2"),)))
    )
    assert outcome.finished.duration_ms == pytest.approx(2000, abs=80)


@pytest.mark.parametrize(
    ("name", "clip", "size", "bright"),
    [
        ("wide.mp4", Clip(size=(352, 288), shape=Fraction(16, 11)), "v288 512x288", None),
        ("classic.mp4", Clip(size=(320, 240)), "v240 320x240", None),
        ("odd.mkv", Clip(size=(453, 279), voices=()), "v278 452x278", None),
        ("upright.mp4", Clip(size=(320, 180), corner=True), "v180 320x180", (0.25, 0.25)),
        ("left.mp4", Clip(size=(320, 180), turned=90, corner=True), "v180 180x320", (0.25, 0.75)),
        ("right.mp4", Clip(size=(320, 180), turned=-90, corner=True), "v180 180x320", (0.75, 0.25)),
        ("upside.mp4", Clip(size=(320, 180), turned=180, corner=True), "v180 320x180", (0.75, 0.75)),
    ],
)
async def test_pictures_keep_their_shape_and_stand_upright(
    tmp_path: Path, name: str, clip: Clip, size: str, bright: tuple[float, float] | None
) -> None:
    outcome = await prepare(write_clip(tmp_path / name, clip), thumbnails=False)
    (video,) = [track for track in outcome.opened.tracks if track.kind == "video"]
    assert f"{video.id} {video.width}x{video.height}" == size
    if bright is not None:
        picture = outcome.pictures(video.id)[50]
        places = {(x, y): brightness(picture, x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)}
        assert places.pop(bright) == pytest.approx(BRIGHT, abs=8)
        assert list(places.values()) == pytest.approx([DARK] * 3, abs=8)


async def test_the_ladder_has_one_grid_and_one_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "hd.mp4", Clip(size=(1280, 720), seconds=8))
    outcome = await prepare(path)
    assert outcome.tracks == ["v720", "v360", "a-1"]
    order = [(event.sequence, event.track) for event in outcome.events if isinstance(event, Segment)]
    assert order == [(n, track) for n in range(3) for track in outcome.tracks]
    for track in outcome.opened.tracks:
        check_grid(outcome, track, 200)
    assert [track.codecs for track in outcome.opened.tracks] == ["avc1.64001f", "avc1.64001e", "mp4a.40.2"]
    assert outcome.opened.duration_ms == 8000
    assert any(isinstance(event, Progress) for event in outcome.events)
    assert (outcome.cues.count, outcome.cues.interval_ms, len(outcome.sheets)) == (2, 5000, 1)


async def test_sound_tracks_keep_their_languages(tmp_path: Path) -> None:
    voices = (Voice(language="eng"), Voice(language="chi", layout="mono"), Voice(language="eng"), Voice())
    path = write_clip(tmp_path / "two.mkv", Clip(seconds=2, voices=voices))
    outcome = await prepare(path, languages=("x", "y", "z", "fra"))
    audio = [(track.id, track.language, track.channels) for track in outcome.opened.tracks[1:]]
    assert audio == [("a-eng", "eng", 2), ("a-zho", "zho", 1), ("a-3", "eng", 2), ("a-fra", "fra", 2)]


async def test_a_silent_film_has_no_sound_track(tmp_path: Path) -> None:
    outcome = await prepare(write_clip(tmp_path / "mute.mp4", Clip(seconds=2, voices=())))
    assert outcome.tracks == ["v180"]
    check_grid(outcome, outcome.opened.tracks[0], 50)


async def test_names_of_files_are_only_names(tmp_path: Path) -> None:
    for name in ("第一讲 (终稿).mp4", "concat:a|b.mp4", "%03d.mp4", "-i.mp4"):
        path = write_clip(tmp_path / "plain.mp4", Clip(seconds=0.4, voices=()))
        path.rename(tmp_path / name)
        assert (await prepare(tmp_path / name)).finished.duration_ms == 400
