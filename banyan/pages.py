"""The built web player, served from memory: three pages and their hashed assets."""

import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

_PAGES = {"/": "index.html", "/watch/{item:[A-Za-z0-9_-]{1,64}}": "watch.html", "/operators": "operators.html"}
# hls.js runs its transmuxer in a worker made from a blob; media-chrome styles its shadow roots inline.
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_PACKED = (".js", ".css", ".svg", ".html", ".json")
_NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Banyan</title>
<p>The web player is not built yet: run <code>make setup</code>, then start again.</p>
<p lang="zh">网页播放器尚未构建：请运行 <code>make setup</code> 后重新启动。</p>
"""


@dataclass(frozen=True, slots=True)
class _File:
    content_type: str
    cache: str
    body: bytes
    packed: bytes | None


def built_pages() -> Path | None:
    """The folder of the built web player: in an installed package, else in a checkout; None when it is not built."""
    here = Path(__file__).parent
    folders = (here / "web", here.parent / "web-player" / "dist")
    return next((folder for folder in folders if (folder / "index.html").is_file()), None)


def add_pages(app: web.Application, folder: Path | None) -> None:
    """Serve `/`, `/watch/<item>`, `/operators` and `/assets/` from `folder`; without one, say how to build it."""
    for path, name in _PAGES.items():
        file = _read(folder / name, "no-cache") if folder else _File("text/html", "no-store", _NOT_BUILT.encode(), None)
        app.router.add_get(path, _handler(file, 200 if folder else 503))
    for asset in sorted((folder / "assets").iterdir()) if folder else ():
        app.router.add_get(f"/assets/{asset.name}", _handler(_read(asset, "public, max-age=31536000, immutable"), 200))


def _read(path: Path, cache: str) -> _File:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(kind, cache, body, gzip.compress(body, 9, mtime=0) if path.suffix in _PACKED else None)


def _handler(file: _File, status: int) -> Handler:
    async def serve(request: web.Request) -> web.Response:
        headers = _HEADERS | {"Cache-Control": file.cache, "Vary": "Accept-Encoding"}
        charset = "utf-8" if file.content_type.startswith("text/") else None
        if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = file.packed
        else:
            body = file.body
        return web.Response(body=body, status=status, headers=headers, content_type=file.content_type, charset=charset)

    return serve
