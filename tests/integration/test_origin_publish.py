import asyncio
import shutil
import signal
import sys
from pathlib import Path

import pytest
from origin_server import Script, lecture, publish_events, saying, serving

from origin.entries import Entries
from origin.media.events import Failed, Init, Progress
from origin.media.sample import write_sample
from origin.publish import publish
from origin.service import OriginSettings
from origin.store import Store
from origin.warehouse import Warehouse
from swarm.errors import PlainError


def ignore(done: int, total: int | None) -> None:
    """No one looks."""


def stored(folder: Path) -> list[str]:
    return [path.name for path in (folder / "media").iterdir()]


async def courses(folder: Path) -> int:
    warehouse = await Warehouse.open(folder)
    found = await warehouse.catalogue.courses()
    await warehouse.close()
    return len(found)


async def test_the_same_file_twice_makes_two_lectures_of_one_store(tmp_path: Path) -> None:
    first = await publish_events(tmp_path, lecture(3), "Same")
    files = stored(tmp_path)
    second = await publish_events(tmp_path, lecture(3), "Same")
    assert first.item != second.item
    assert sorted(stored(tmp_path)) == sorted(files)
    assert (second.segments, second.duration_ms, second.bytes) == (6, 11_520, 990_000)
    assert second.speed > 0


async def test_a_server_lists_a_lecture_only_when_it_is_whole(tmp_path: Path) -> None:
    script = Script()
    async with serving(OriginSettings(data=tmp_path)) as server:
        publishing = asyncio.create_task(publish(tmp_path, Path("x"), "C", "T", ignore, source=script))
        *most, last = lecture(3)
        script.say(*most)
        await asyncio.sleep(0.5)
        assert await server.text("/api/courses") == '{"courses":[]}'
        script.say(last)
        report = await publishing
        assert report.item in await server.text("/api/courses")
        assert (await server.text(f"/hls/{report.item}/a-1.m3u8")).count("#EXTINF") == 3


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 6, 9])
async def test_a_source_that_fails_leaves_nothing(tmp_path: Path, cut: int) -> None:
    events = [*lecture(3)[:cut], Failed(en="Not a film.", zh="不是影片。", reason="format")]
    with pytest.raises(PlainError, match="Not a film"):
        await publish(tmp_path, Path("x"), "C", "T", ignore, source=saying(events))
    assert stored(tmp_path) == []
    assert await courses(tmp_path) == 0


@pytest.mark.parametrize("how", ["stops", "skips", "stranger", "empty"])
async def test_a_source_that_breaks_its_word_is_told_plainly(tmp_path: Path, how: str) -> None:
    whole = lecture(3)
    broken = {
        "stops": whole[:-1],
        "skips": [*whole[:5], *whole[7:]],
        "stranger": [*whole[:3], Init(track="../x", data=b"x"), *whole[3:]],
        "empty": [*whole[:3], whole[-1]],
    }[how]
    with pytest.raises(PlainError, match="broke off"):
        await publish(tmp_path, Path("x"), "C", "T", ignore, source=saying(broken))
    assert stored(tmp_path) == []


async def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    for delay in (0.0, 0.02, 0.1, 0.3):
        script = Script()
        script.say(*lecture(3)[:-1])
        publishing = asyncio.create_task(publish(tmp_path, Path("x"), "C", "T", ignore, source=script))
        await asyncio.sleep(delay)
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
    assert stored(tmp_path) == []
    assert await courses(tmp_path) == 0


async def test_what_others_use_survives_a_failure(tmp_path: Path) -> None:
    kept = await publish_events(tmp_path, lecture(2))
    files = sorted(stored(tmp_path))
    failing = [*lecture(3)[:-1], Failed(en="It broke.", zh="坏了。", reason="x")]
    with pytest.raises(PlainError):
        await publish(tmp_path, Path("x"), "Course", "T", ignore, source=saying(failing))
    assert sorted(stored(tmp_path)) == files
    async with serving(OriginSettings(data=tmp_path)) as server:
        assert (await server.text(f"/hls/{kept.item}/v720.m3u8")).count("#EXTINF") == 2


async def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, count = Store.put, 0

    async def full(self: Store, *args: object) -> None:
        nonlocal count
        count += 1
        if count > 5:
            raise PlainError("There is no room left.", "磁盘空间已满。")
        await put(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "put", full)
    with pytest.raises(PlainError, match="no room left"):
        await publish_events(tmp_path, lecture(3))
    assert stored(tmp_path) == []


async def test_a_disk_too_full_for_the_catalogue_is_cleaned_with_the_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, remove, count = Store.put, Entries.remove, 0

    async def full(self: Store, *args: object) -> None:
        nonlocal count
        count += 1
        if count > 5:
            raise PlainError("There is no room left.", "磁盘空间已满。")
        await put(self, *args)  # type: ignore[arg-type]

    async def needs_room(self: Entries, item: str) -> bool:
        if (tmp_path / "reserve").exists():
            raise PlainError("There is no room left.", "磁盘空间已满。")
        return await remove(self, item)

    monkeypatch.setattr(Store, "put", full)
    monkeypatch.setattr(Entries, "remove", needs_room)
    with pytest.raises(PlainError, match="no room left"):
        await publish_events(tmp_path, lecture(3))
    assert stored(tmp_path) == []


async def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    events = lecture(1)
    events[3:3] = [Progress(done_ms=0, total_ms=3840), Progress(done_ms=3840, total_ms=None)]
    await publish(tmp_path, Path("x"), "C", "T", lambda *p: seen.append(p), source=saying(events))
    assert seen == [(0, 3840), (3840, None)]


@pytest.mark.parametrize("title", ["", "  ", "a\nb", "x" * 201])
async def test_titles_are_checked_before_anything_is_made(tmp_path: Path, title: str) -> None:
    with pytest.raises(PlainError):
        await publish(tmp_path / "data", Path("x"), "C", title, ignore)
    assert not (tmp_path / "data").exists()


CHILD = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from origin_server import Script, lecture
from origin.media.sample import write_sample
from origin.publish import publish

async def main():
    script = Script()
    script.say(*lecture(4)[:-1])
    folder = Path(sys.argv[1])
    publishing = asyncio.create_task(publish(folder, Path("x"), "C", "T", lambda *p: None, source=script))
    while len(list(folder.glob("media/*.m4s"))) < 4:
        await asyncio.sleep(0.005)
    print("half", flush=True)
    await publishing

asyncio.run(main())
"""


async def test_a_killed_publisher_is_cleaned_up_after(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(tmp_path), here, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    await asyncio.wait_for(child.stdout.readline(), 20)
    child.send_signal(signal.SIGKILL)
    await child.communicate()
    assert stored(tmp_path) != []
    assert await courses(tmp_path) == 0
    assert stored(tmp_path) == []


async def test_a_real_film_plays_in_a_real_player(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    await asyncio.to_thread(write_sample, film, 9)
    report = await publish(tmp_path / "data", film, "Course", "Film", ignore)
    assert abs(report.duration_ms - 9000) <= 100
    async with serving(OriginSettings(data=tmp_path / "data")) as server:
        address = f"{server.base}/hls/{report.item}/index.m3u8"
        code, answer = await tool(
            "ffprobe",
            "-v",
            "error",
            "-count_packets",
            "-show_entries",
            "stream=codec_name,nb_read_packets",
            "-of",
            "csv=p=0",
            address,
        )
        assert code == 0, answer
        streams = dict(line.split(",")[:2] for line in answer.split() if "," in line)
        assert int(streams["h264"]) == 225
        assert int(streams["aac"]) >= 420
        code, answer = await tool("ffmpeg", "-v", "error", "-xerror", "-i", address, "-f", "null", "-")
        assert (code, answer) == (0, "")


async def test_a_real_class_plays_while_it_runs_and_after(tmp_path: Path) -> None:
    async with serving(OriginSettings(data=tmp_path)) as server:
        item = await server.start_class()
        text = await server.text(f"/hls/{item}/a-1.m3u8?_HLS_msn=1")
        assert text.count("#EXTINF:3.840000") == 2
        shown = ("-show_entries", "stream=codec_name", "-of", "csv=p=0", f"{server.base}/hls/{item}/index.m3u8")
        code, answer = await tool("ffprobe", "-v", "error", *shown)
        assert (code, set(answer.replace(",", " ").split())) == (0, {"h264", "aac"})
        async with server.client.post(f"{server.base}/api/items/{item}/end", headers=server.admin) as response:
            assert (await response.json())["state"] == "ended"
        code, answer = await tool("ffmpeg", "-v", "error", "-xerror", "-i", shown[-1], "-f", "null", "-")
        assert (code, answer) == (0, "")


@pytest.mark.parametrize("content", [None, b"", b"just text\n" * 1000])
async def test_what_is_no_film_is_refused_plainly(tmp_path: Path, content: bytes | None) -> None:
    film = tmp_path / "film.mp4"
    if content is not None:
        film.write_bytes(content)
    with pytest.raises(PlainError) as caught:
        await publish(tmp_path / "data", film, "Course", "Film", ignore)
    assert caught.value.zh != caught.value.en
    assert stored(tmp_path / "data") == []


async def tool(name: str, *arguments: str) -> tuple[int | None, str]:
    found = shutil.which(name)
    assert found is not None, f"{name} is needed: apt-get install ffmpeg"
    process = await asyncio.create_subprocess_exec(
        found, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    answer, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, answer.decode()
