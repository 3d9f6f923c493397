"""A page with hls.js as its authors ship it, from another address than the origin's: a stranger's player."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

_HLS = Path(__file__).parents[2] / "web-player/node_modules/hls.js/dist/hls.min.js"
_PAGE = """<!doctype html><video id="video" muted></video><script src="/hls.js"></script><script>
const video = document.getElementById("video");
window.errors = [];
window.started = performance.now();
video.addEventListener("playing", () => { window.startup ??= performance.now() - window.started; });
window.stalls = 0;
video.addEventListener("waiting", () => { if (window.startup) window.stalls += 1; });
window.hls = new Hls();
hls.on(Hls.Events.ERROR, (_, data) => window.errors.push(data.details));
hls.loadSource(new URLSearchParams(location.search).get("src"));
hls.attachMedia(video);
hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
</script>"""


@asynccontextmanager
async def plain_page() -> AsyncIterator[str]:
    """The address of the page; `?src=<playlist>` says what to play."""
    app = web.Application()
    app.router.add_get("/", _page)
    app.router.add_get("/hls.js", _script)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _page(_: web.Request) -> web.Response:
    return web.Response(text=_PAGE, content_type="text/html")


async def _script(_: web.Request) -> web.FileResponse:
    return web.FileResponse(_HLS)
