"""Real Chromium for tests: one browser process a viewer, as viewers do not share one."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--mute-audio",
]
Open = Callable[..., Coroutine[Any, Any, Page]]


def chromium_path() -> str:
    path = shutil.which("chromium")
    assert path, "Chromium is missing; `make test` installs it on Debian"
    return path


@asynccontextmanager
async def browsers() -> AsyncIterator[Open]:
    """Gives `await open(url, init=script, **context options)`, which opens a page in a browser of its own."""
    async with async_playwright() as playwright:
        opened: list[Browser] = []

        async def open_page(url: str, init: str = "", flags: tuple[str, ...] = (), **options: Any) -> Page:
            browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, *flags])
            opened.append(browser)
            context = await browser.new_context(**options)
            page = await context.new_page()
            page.on("pageerror", lambda error: print(f"page error: {error}"))
            page.on(
                "console", lambda line: print(f"console {line.type}: {line.text}") if line.type == "error" else None
            )
            if init:
                await page.add_init_script(init)
            await page.goto(url)
            return page

        try:
            yield open_page
        finally:
            await asyncio.gather(*(browser.close() for browser in opened), return_exceptions=True)


def _show_errors(message: ConsoleMessage) -> None:
    if message.type == "error":
        print(f"console: {message.text}")


async def until(page: Page, expression: str, seconds: float = 20) -> Any:
    """Wait until a JavaScript expression is true, and return it.

    Our pages forbid eval, which Playwright's own wait uses.
    """
    end = asyncio.get_running_loop().time() + seconds
    while True:
        value = await page.evaluate(expression)
        if value:
            return value
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"not within {seconds} s: {expression}")
        await asyncio.sleep(0.1)


async def play(page: Page) -> None:
    """Press play where the page does not play by itself, and wait until pictures move."""
    await until(page, "window.banyan?.video?.readyState >= 2")
    await page.evaluate("window.banyan.video.play()")
    await until(page, "window.banyan.video.currentTime > 0.2 && !window.banyan.video.paused")
