"""How a process of ours ends: by Ctrl-C, by SIGTERM, or when its work is done."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def stopped() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Do `work` to its end, or cancel it at Ctrl-C or SIGTERM and return None. Raises what the work raises."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopped())
    try:
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for one in (task, stop):
            one.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)
