"""Lets a media source's events flow into whoever takes them, and closes the source however it ends."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from origin.errors import SourceError
from origin.media.events import Event, Failed, Finished, Job
from swarm.errors import PlainError

Source: TypeAlias = Callable[[Job], AsyncIterator[Event]]
Result = TypeVar("Result")


async def pour(source: Source, job: Job, take: Callable[[Event], Coroutine[Any, Any, None]]) -> None:
    """Hand each event to `take` until the source has finished. Raises SourceError when it stops before, and whatever
    `take` raises. When cancelled it lets `take` finish first, so that nothing is left half-written behind."""
    stream = source(job)
    try:
        async for event in stream:
            await undisturbed(take(event))
            if isinstance(event, Finished | Failed):
                return
    finally:
        await _close(stream)
    raise SourceError("the source stopped without a word")


async def _close(stream: AsyncIterator[Event]) -> None:
    closing = getattr(stream, "aclose", None)
    if closing is not None:
        closed = closing()
        if inspect.isawaitable(closed):
            await closed


async def undisturbed(work: Coroutine[Any, Any, Result]) -> Result:
    """Do a piece of work to its end even when cancelled meanwhile; the cancellation comes after."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _settled(task)
        raise


async def _settled(task: Awaitable[Any]) -> None:
    await asyncio.wait([asyncio.ensure_future(task)])


def broke_off(source: str) -> PlainError:
    """What to tell a person when a source ends in the middle for no fault of theirs."""
    return PlainError(
        f"Reading {source} broke off. Look into the log for the reason, and try again.",
        f"读取 {source} 时中断。请查看日志了解原因,然后重试。",
    )
