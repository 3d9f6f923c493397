import asyncio
from collections.abc import Callable

import pytest

from origin.coalesced import Coalesced
from origin.heads import Heads


async def test_many_who_ask_at_once_share_one_look_up() -> None:
    asked: list[str] = []
    gate = asyncio.Event()

    async def load(key: str) -> str:
        asked.append(key)
        await gate.wait()
        return key.upper()

    memory = Coalesced(load, most=2, keep_s=60)
    waiting = [asyncio.create_task(memory.get("a")) for _ in range(100)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert results[1:] == ["A"] * 99
    assert asked == ["a"]
    await memory.get("b")
    await memory.get("c")
    await memory.get("a")
    assert asked == ["a", "b", "c", "a"]
    memory.drop("a")
    await memory.get("a")
    assert len(asked) == 5


async def test_answers_grow_old_and_failures_are_forgotten() -> None:
    calls = 0

    async def load(key: str) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise LookupError(key)
        return calls

    memory = Coalesced(load, most=10, keep_s=0.02)
    with pytest.raises(LookupError):
        await memory.get("a")
    assert await memory.get("a") == 2
    assert await memory.get("a") == 2
    await asyncio.sleep(0.03)
    assert await memory.get("a") == 3


@pytest.mark.parametrize("wake", [lambda heads: heads.set("i", 7), lambda heads: heads.close("i")])
async def test_waiters_wake_when_the_segment_or_the_end_comes(wake: Callable[[Heads], None]) -> None:
    heads = Heads()
    heads.set("i", 4)
    waiting = [asyncio.create_task(heads.wait("i", 6, 5)) for _ in range(50)]
    await asyncio.sleep(0.01)
    heads.set("i", 5)
    await asyncio.sleep(0.01)
    assert heads.waiting == 50
    assert not any(task.done() for task in waiting)
    wake(heads)
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    assert heads.waiting == 0


async def test_waiting_has_an_end() -> None:
    heads = Heads()
    heads.set("i", 0)
    started = asyncio.get_running_loop().time()
    await heads.wait("i", 1, 0.05)
    assert asyncio.get_running_loop().time() - started >= 0.05
    await heads.wait("unknown", 1, 5)
