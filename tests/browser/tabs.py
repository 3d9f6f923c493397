"""Chromium with a window of real tabs: one behind another is hidden, and its timers are throttled.

Playwright tells every page that it is in front, so these speak the DevTools protocol by themselves.
"""

import asyncio
import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from chromium import FLAGS, chromium_path


@dataclass
class Tab:
    """One tab of a browser of its own."""

    socket: aiohttp.ClientWebSocketResponse
    target: str = ""
    session: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = await self.call("Runtime.evaluate", self.session, expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str, seconds: float = 20) -> Any:
        """Wait until an expression is true, and return it."""
        async with asyncio.timeout(seconds):
            while not (value := await self.evaluate(expression)):
                await asyncio.sleep(0.1)
        return value

    async def hide(self) -> None:
        """Put another tab in front."""
        await self.call("Target.createTarget", url="about:blank")
        await self.until("document.hidden")

    async def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        await self.socket.send_json(message | ({"sessionId": session} if session else {}))
        while True:
            answer = json.loads((await self.socket.receive(timeout=20)).data)
            if answer.get("id") == number:
                assert "result" in answer, answer
                return dict(answer["result"])


@asynccontextmanager
async def tab(url: str) -> AsyncIterator[Tab]:
    """Open a page in the front tab of a browser."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = (*FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank")
        process = await asyncio.create_subprocess_exec(chromium_path(), *words, stderr=asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(30):
                address = await _address(process)
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                yield await _opened(Tab(socket), url)
        finally:
            process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode():
        if "DevTools listening on " in line:
            return line.split(" on ")[1].strip()
    raise AssertionError("Chromium ended")


async def _opened(made: Tab, url: str) -> Tab:
    made.target = (await made.call("Target.createTarget", url=url))["targetId"]
    made.session = (await made.call("Target.attachToTarget", targetId=made.target, flatten=True))["sessionId"]
    return made
