"""The operator's access log: one line for every answer, with the bytes that really left."""

import asyncio
import json
import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from origin_server import content, lecture, publish_events, serving, until

from origin.media.events import Segment
from origin.service import OriginSettings
from swarm.errors import PlainError
from swarm.identity import id_text, prove

BODY = content("v7200")
PATH = f"/media/{id_text(prove(BODY).id)}.m4s"
LONG = content("long", 8 << 20)


def _lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


async def _noted(log: Path, count: int) -> bool:
    return len(_lines(log)) == count


async def test_every_answer_is_noted_with_what_left(tmp_path: Path) -> None:
    item = (await publish_events(tmp_path, lecture(2))).item
    log = tmp_path / "access.jsonl"
    async with serving(OriginSettings(data=tmp_path, access_log=log)) as server:
        asked: list[tuple[str, dict[str, str]]] = [
            (PATH, {}),
            (PATH, {"Range": "bytes=16384-32767"}),
            (f"/hls/{item}/v720.m3u8", {}),
            ("/media/x", {}),
        ]
        for path, headers in asked:
            async with server.client.get(
                server.base + path, headers={"User-Agent": "banyan-test", **headers}
            ) as answer:
                await answer.read()
        await until(partial(_noted, log, len(asked)))
        whole, part, playlist, missing = _lines(log)
        sent = server.origin.counters.total.total
    assert (whole["path"], whole["status"], whole["body"], whole["range"]) == (PATH, 200, len(BODY), None)
    assert (part["status"], part["body"], part["range"]) == (206, 16384, "bytes=16384-32767")
    assert [one["kind"] for one in (whole, part, playlist, missing)] == ["media", "media", "playlists", "rest"]
    assert (missing["status"], whole["agent"], whole["address"]) == (404, "banyan-test", "127.0.0.1")
    assert all(100 < one["sent"] - one["body"] < 2000 for one in _lines(log))
    assert sum(one["sent"] for one in _lines(log)) == sent


async def test_an_answer_that_broke_off_is_noted_as_far_as_it_got(tmp_path: Path) -> None:
    events = [
        replace(event, data=LONG) if isinstance(event, Segment) and event.track == "v720" else event
        for event in lecture(2)
    ]
    await publish_events(tmp_path, events)
    log = tmp_path / "access.jsonl"
    async with serving(OriginSettings(data=tmp_path, access_log=log)) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET /media/{id_text(prove(LONG).id)}.m4s HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await asyncio.sleep(0.2)
        client.close()
        await until(partial(_noted, log, 1))
    (line,) = _lines(log)
    assert line["status"] == 200
    assert 0 < line["body"] < len(LONG)


async def test_a_file_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="access_log"):
        async with serving(OriginSettings(data=tmp_path, access_log=tmp_path / "nowhere" / "access.jsonl")):
            pass
