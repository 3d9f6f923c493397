import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from origin_server import Script, Server, beginning, content, segment, serving, until

from origin import listing
from origin.errors import SourceError
from origin.media.events import Failed, Finished, Segment
from origin.service import OriginSettings
from swarm.identity import id_text, prove
from swarm.playlist import PlaylistGuard


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def server(tmp_path: Path, script: Script) -> AsyncIterator[Server]:
    async with serving(OriginSettings(data=tmp_path, source=script)) as running:
        yield running


async def start(server: Server, script: Script, count: int = 0) -> str:
    script.say(*beginning())
    item = await server.start_class()
    for sequence in range(count):
        script.say(segment("v720", sequence), segment("a-1", sequence))
    if count:
        await server.text(f"/hls/{item}/v720.m3u8?_HLS_msn={min(count - 1, 2)}")
        await until(lambda: has_head(server, item, count - 1))
    return item


async def has_head(server: Server, item: str, head: int) -> bool:
    return f"head={head}," in await server.text(f"/hls/{item}/v720.m3u8")


async def test_a_reload_really_blocks_until_the_segment_is_there(server: Server, script: Script) -> None:
    item = await start(server, script, 2)
    (key,) = server.origin.keys.values()
    guard = PlaylistGuard(item, "a-1", "live", key)
    waiting = [asyncio.create_task(server.text(f"/hls/{item}/a-1.m3u8?_HLS_msn=2")) for _ in range(20)]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in waiting)
    script.say(segment("a-1", 2))
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in waiting), "listed before every track has it"
    script.say(segment("v720", 2))
    texts = await asyncio.wait_for(asyncio.gather(*waiting), 3)
    assert len(set(texts)) == 1
    assert guard.accept(texts[0].encode()).head == 2
    assert "CAN-BLOCK-RELOAD=YES" in texts[0]
    assert "ENDLIST" not in texts[0]


async def test_a_segment_is_on_disk_with_its_proof_before_it_is_listed(
    server: Server, script: Script, tmp_path: Path
) -> None:
    item = await start(server, script, 3)
    text = await server.text(f"/hls/{item}/v720.m3u8")
    for line in text.splitlines():
        if line.endswith(".m4s"):
            path = tmp_path / "media" / line.rpartition("/")[2]
            assert path.exists()
            assert path.with_suffix(".proof").exists()
    name = id_text(prove(content("v7202")).id)
    async with server.client.get(f"{server.base}/media/{name}.m4s", headers={"Range": "bytes=5-9"}) as response:
        assert await response.read() == content("v7202")[5:10]
    assert server.origin._warehouse.store.recent.size > 900_000


async def test_waiting_ends_after_three_target_durations(
    server: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await start(server, script, 1)
    monkeypatch.setattr(listing, "target_duration", lambda *_: 0.1)
    began = time.monotonic()
    async with server.client.get(f"{server.base}/hls/{item}/v720.m3u8?_HLS_msn=1") as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "1"
        assert response.headers["Cache-Control"] == "no-store"
    assert 0.3 <= time.monotonic() - began < 2


@pytest.mark.parametrize(("msn", "status"), [(4, 400), (999_999_999_999_999, 400), (1, 200), (0, 200)])
async def test_requests_too_far_ahead_are_refused(server: Server, script: Script, msn: int, status: int) -> None:
    item = await start(server, script, 2)
    async with server.client.get(f"{server.base}/hls/{item}/v720.m3u8?_HLS_msn={msn}") as response:
        assert response.status == status


async def test_a_class_that_ends_stays_as_its_recording(server: Server, script: Script, tmp_path: Path) -> None:
    item = await start(server, script, 20)
    live = await server.text(f"/hls/{item}/v720.m3u8")
    assert live.count("#EXTINF") == 15
    assert "#EXT-X-MEDIA-SEQUENCE:5\n" in live
    script.say(segment("v720", 20))
    waiting = asyncio.create_task(server.text(f"/hls/{item}/v720.m3u8?_HLS_msn=20"))
    await asyncio.sleep(0.2)
    async with server.client.post(f"{server.base}/api/items/{item}/end", headers=server.admin) as response:
        answer = await response.json()
    assert (answer["state"], answer["duration"]) == ("ended", 20 * 3840)
    assert answer["ended"] >= answer["started"]
    last = await asyncio.wait_for(waiting, 2)
    assert "#EXT-X-ENDLIST" in last
    assert "window=live" in last
    assert last.count("#EXTINF") == 15
    every = await server.text(f"/hls/{item}/v720.m3u8")
    assert every.count("#EXTINF") == 20
    assert "window=all" in every
    assert script.closed.is_set()
    assert server.origin._warehouse.store.recent.size == 0
    assert not (tmp_path / "media" / f"{id_text(prove(content('v72020')).id)}.m4s").exists()
    async with server.client.post(f"{server.base}/api/items/{item}/end", headers=server.admin) as response:
        assert response.status == 409


async def test_closed_windows_tell_a_stretch_of_the_past(server: Server, script: Script) -> None:
    item = await start(server, script, 6)
    async with server.client.get(f"{server.base}/api/items/{item}") as response:
        started = (await response.json())["started"]
    index = await server.text(f"/hls/{item}/index.m3u8?start={started + 5000}")
    assert f"v720.m3u8?start={started + 5000}" in index
    text = await server.text(f"/hls/{item}/v720.m3u8?start={started + 5000}")
    assert "window=1-5" in text
    assert "#EXT-X-MEDIA-SEQUENCE:1\n" in text
    assert "#EXT-X-ENDLIST" in text
    async with server.client.get(f"{server.base}/hls/{item}/v720.m3u8?start={started + 10**9}") as response:
        assert response.status == 404
    async with server.client.get(f"{server.base}/hls/{item}/v720.m3u8?start=0") as response:
        assert response.headers["Cache-Control"] == "no-cache"
        assert "window=0-5" in await response.text()


async def test_a_source_that_fails_in_the_middle_leaves_a_recording(server: Server, script: Script) -> None:
    item = await start(server, script, 3)
    script.say(Failed(en="It broke.", zh="坏了。", reason="broke"))
    await until(lambda: in_state(server, item, "ended"))
    assert (await server.text(f"/hls/{item}/v720.m3u8")).count("#EXTINF") == 3


@pytest.mark.parametrize("how", ["repeat", "raise", "skip"])
async def test_a_source_that_breaks_its_word_ends_its_class_alone(server: Server, script: Script, how: str) -> None:
    item = await start(server, script, 2)
    word: Segment | SourceError = SourceError("broken")
    if how != "raise":
        word = segment("v720", {"repeat": 1, "skip": 9}[how])
    script.say(word)
    await until(lambda: in_state(server, item, "ended"))
    assert "courses" in await server.text("/api/courses")


async def in_state(server: Server, item: str, state: str) -> bool:
    async with server.client.get(f"{server.base}/api/items/{item}") as response:
        return bool((await response.json())["state"] == state)


async def test_a_class_whose_source_cannot_be_opened_leaves_nothing(server: Server, script: Script) -> None:
    script.say(Failed(en="No such file.", zh="没有这个文件。", reason="missing"))
    asked = {"course": "Course", "title": "Live", "source": "/nowhere.mp4"}
    headers = {**server.admin, "Accept-Language": "zh-CN"}
    async with server.client.post(f"{server.base}/api/classes", json=asked, headers=headers) as response:
        assert response.status == 422
        assert await response.json() == {"error": "plain", "message": "没有这个文件。"}
    assert await server.text("/api/courses") == '{"courses":[]}'


async def test_a_class_that_finishes_by_itself_ends(server: Server, script: Script) -> None:
    item = await start(server, script, 2)
    script.say(Finished(duration_ms=7680))
    await until(lambda: in_state(server, item, "ended"))


async def test_a_live_class_can_be_removed(server: Server, script: Script, tmp_path: Path) -> None:
    item = await start(server, script, 2)
    async with server.client.delete(f"{server.base}/api/items/{item}", headers=server.admin) as response:
        assert response.status == 204
    async with server.client.get(f"{server.base}/hls/{item}/index.m3u8") as response:
        assert response.status == 404
    assert list((tmp_path / "media").iterdir()) == []


async def test_stopping_the_server_ends_its_classes(tmp_path: Path, script: Script) -> None:
    async with serving(OriginSettings(data=tmp_path, source=script)) as server:
        item = await start(server, script, 2)
    async with serving(OriginSettings(data=tmp_path)) as server:
        assert await in_state(server, item, "ended")


CHILD = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from origin_server import Script, serving, segment, beginning
from origin.service import OriginSettings

async def main():
    script = Script()
    script.say(*beginning(), segment("v720", 0), segment("a-1", 0), segment("v720", 1))
    async with serving(OriginSettings(data=Path(sys.argv[1]), source=script)) as server:
        item = await server.start_class()
        await server.text(f"/hls/{item}/v720.m3u8?_HLS_msn=0")
        while len(list((Path(sys.argv[1]) / "media").glob("*.m4s"))) < 3:
            await asyncio.sleep(0.01)
        print(item, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_class_survives_the_death_of_its_server_as_a_recording(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(tmp_path), here, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    item = (await asyncio.wait_for(child.stdout.readline(), 20)).decode().strip()
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    await child.communicate()
    async with serving(OriginSettings(data=tmp_path)) as server:
        assert await in_state(server, item, "ended")
        assert (await server.text(f"/hls/{item}/v720.m3u8")).count("#EXTINF") == 1
    assert len(list((tmp_path / "media").glob("*.m4s"))) == 2


async def test_a_class_of_another_server_is_its_own_until_that_has_died(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(tmp_path), here, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    item = (await asyncio.wait_for(child.stdout.readline(), 20)).decode().strip()
    async with serving(OriginSettings(data=tmp_path)) as server:
        url = f"{server.base}/api/items/{item}"
        async with server.client.post(f"{url}/end", headers=server.admin) as response:
            assert response.status == 404
        assert await in_state(server, item, "live")
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        await child.communicate()
        async with server.client.post(f"{url}/end", headers=server.admin) as response:
            assert response.status == 200
        assert await in_state(server, item, "ended")
