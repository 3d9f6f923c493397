"""Viewers and a seeder, a tracker and an origin, all real, in one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from seeder_origin import ADMIN, SIZES, Origin

from seeder.mesh import Mesh
from seeder.seeder import SeederSettings, run_seeder
from seeder.viewer import ViewerSettings, run_viewers
from swarm.errors import PlainError

SEGMENT = SIZES["v360"] + SIZES["a-1"]


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    made = Origin()
    await made.start()
    yield made
    await made.close()


def url(origin: Origin, path: str) -> str:
    return str(origin.server.make_url(path))


async def test_a_lecture_is_shared_and_plays_without_a_stall(origin: Origin) -> None:
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/lecture"), count=3, seconds=4, apart_ms=700))
    for viewer in summary.viewers:
        assert (viewer.state, viewer.stalls, viewer.rejected) == ("playing", 0, 0)
        assert viewer.played_ms > 3500
        assert viewer.http + viewer.peer + viewer.seeder == viewer.played
    shared = sum(viewer.peer for viewer in summary.viewers)
    assert shared > 2 * SEGMENT
    await asyncio.sleep(0.5)
    assert sum(interval.peer for interval in origin.reports) == shared
    assert sum(interval.played for interval in origin.reports) == sum(viewer.played for viewer in summary.viewers)


async def test_a_lecture_ends(origin: Origin) -> None:
    for names in (origin.lists["lecture", track] for track in SIZES):
        del names[4:]
    summary = await run_viewers(ViewerSettings(url(origin, "/api/items/lecture"), seconds=10, rung="highest"))
    viewer = summary.viewers[0]
    assert (viewer.state, viewer.played_ms) == ("ended", 4000)
    assert viewer.played == 4 * (SIZES["v720"] + SIZES["a-1"])


async def test_a_class_is_shared_live(origin: Origin) -> None:
    growing = asyncio.create_task(origin.grow(20))
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/class"), count=3, seconds=5))
    growing.cancel()
    for viewer in summary.viewers:
        assert viewer.stalls == 0
        assert viewer.startup_ms is not None
        assert viewer.startup_ms < 1500
        assert viewer.latency_ms is not None
        assert viewer.latency_ms < 4500
    assert summary.saved is not None
    assert summary.saved > 0.1


async def test_without_p2p_all_comes_over_http(origin: Origin) -> None:
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/lecture"), count=2, seconds=1, p2p=False))
    assert all(viewer.http == viewer.played > 0 for viewer in summary.viewers)
    assert origin.reports


async def test_broken_bytes_never_reach_the_player(origin: Origin) -> None:
    origin.broken.add(origin.lists["lecture", "v360"][3])
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/lecture"), count=1, seconds=4))
    viewer = summary.viewers[0]
    assert viewer.state == "stalled"
    assert viewer.rejected > 0
    assert viewer.played_ms <= 3 * 1000 + 1


async def test_polluters_are_found_out_and_nobody_stalls(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Mesh.send_blocks

    def pollute(mesh: Mesh, peer: bytes, message: bytes, low_mark: int) -> None:
        honest(mesh, peer, message[:-1] + bytes([message[-1] ^ 1]), low_mark)

    monkeypatch.setattr(Mesh, "send_blocks", pollute)
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/lecture"), count=2, seconds=4, apart_ms=300))
    assert sum(viewer.rejected for viewer in summary.viewers) > 0
    for viewer in summary.viewers:
        assert (viewer.state, viewer.stalls) == ("playing", 0)
        assert viewer.http + viewer.peer == viewer.played
        assert viewer.neighbours == 0


async def test_a_seeder_gives_a_lecture_and_keeps_it_on_disk(origin: Origin, tmp_path: object) -> None:
    assert hasattr(tmp_path, "glob")
    settings = SeederSettings(url(origin, "/"), ADMIN, ("Physics",), folder=tmp_path, poll_ms=300)  # type: ignore[arg-type]
    seeding = asyncio.create_task(run_seeder(settings))
    await asyncio.sleep(1)
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/lecture"), count=2, seconds=3.5, apart_ms=300))
    seeding.cancel()
    with suppress(asyncio.CancelledError):
        await seeding
    assert all(viewer.stalls == viewer.rejected == 0 for viewer in summary.viewers)
    assert sum(viewer.seeder for viewer in summary.viewers) > 2 * SEGMENT
    assert len(list(tmp_path.glob("??/*.m4s"))) > 4
    assert origin.sent_to["banyan-seeder"] > 0


async def test_a_seeder_feeds_a_class(origin: Origin) -> None:
    growing = asyncio.create_task(origin.grow(20))
    seeding = asyncio.create_task(run_seeder(SeederSettings(url(origin, "/"), ADMIN, poll_ms=300)))
    await asyncio.sleep(0.5)
    summary = await run_viewers(ViewerSettings(url(origin, "/watch/class"), count=2, seconds=5))
    for task in (growing, seeding):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert all(viewer.stalls == 0 and viewer.rejected == 0 for viewer in summary.viewers)
    assert sum(viewer.seeder for viewer in summary.viewers) > 2 * SEGMENT


async def test_wrong_words_are_told_plainly(origin: Origin) -> None:
    with pytest.raises(PlainError, match="no course"):
        await run_seeder(SeederSettings(url(origin, "/"), ADMIN, ("Alchemy",)))
    with pytest.raises(PlainError, match="token"):
        await run_seeder(SeederSettings(url(origin, "/"), "wrong"))
    with pytest.raises(PlainError, match="no lecture or class"):
        await run_viewers(ViewerSettings(url(origin, "/watch/nothing"), seconds=1))
    with pytest.raises(PlainError, match="not the address"):
        await run_viewers(ViewerSettings("ftp://example.org/watch/lecture", seconds=1))
    with pytest.raises(PlainError, match="rendition"):
        await run_viewers(ViewerSettings(url(origin, "/watch/lecture"), seconds=1, rung="v9000"))
