"""Serves the built web player: three pages and their hashed assets."""

import asyncio
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import hdrs, web

from origin.answers import item_answer
from origin.coalesced import Coalesced
from origin.delivery import Handler, accepts_gzip
from origin.errors import Missing, OriginError
from origin.listing import FOREVER, NO_CACHE
from origin.ranges import etag_listed
from origin.records import Item
from origin.sending import Account, Sender
from origin.watch_page import with_item
from swarm.keys import VerifyingKey

PAGES = {"/": "index.html", "/operators": "operators.html"}
_WATCH = "watch.html"
MAX_FILE_BYTES = 16 * 1024 * 1024
_PATH = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9_-][A-Za-z0-9._-]*")
_ROOT_FILE = r"{name:[A-Za-z0-9_-]+\.(?:ico|svg|png|webmanifest|txt|js)}"
_SQUEEZED = ("text/", "application/javascript", "application/json", "application/manifest", "image/svg")
_KEPT_S = 2.0
_ITEM = re.compile(r"[A-Za-z0-9_-]{1,64}")
LookUp = Callable[[str], Awaitable[Item | None]]
_MORE_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
_MORE_TYPES |= {".woff2": "font/woff2", ".wasm": "application/wasm", ".map": "application/json"}
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; media-src blob: 'self'; worker-src 'self' blob:; connect-src 'self' ws: wss:; "
    "img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_SECURITY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# Other web sites' pages import the engine, and what it is made of, as modules.
_ANY_PAGE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_NOT_BUILT = (
    "The web player has not been built. In a checkout: cd web-player && npm ci && npm run build\n"
    "网页播放器尚未构建。请在源码目录执行: cd web-player && npm ci && npm run build\n"
)


@dataclass(frozen=True, slots=True)
class _File:
    """A file in memory; `zipped` is empty where squeezing does not help."""

    data: bytes
    zipped: bytes
    etag: str
    content_type: str


class Pages:
    """Handlers of the pages; `folder` is the output of the web player's build, None where there is none.

    `look_up` finds an item that can be named to viewers, and `key` is what its playlists are checked with.
    """

    def __init__(self, folder: Path | None, sender: Sender, look_up: LookUp, key: VerifyingKey) -> None:
        self._folder = folder
        self._sender = sender
        self._look_up = look_up
        self._key = key
        self._files = Coalesced(self._load, most=256, keep_s=_KEPT_S)
        self._assets = Coalesced(self._load, most=256, keep_s=3600.0)

    def add_routes(self, app: web.Application) -> None:
        """Mount the pages, /assets and the few files beside the pages."""
        for path, name in PAGES.items():
            app.router.add_get(path, self._page(name))
        app.router.add_get("/watch/{item}", self.watch)
        app.router.add_get("/assets/{name:.+}", self.asset)
        app.router.add_get("/" + _ROOT_FILE, self.root_file)

    def _page(self, name: str) -> Handler:
        async def page(request: web.Request) -> web.StreamResponse:
            try:
                file = await self._files.get(name)
            except Missing:
                return await self._refuse(request, 503, _NOT_BUILT)
            return await self._send(request, file, NO_CACHE)

        return page

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """The player's page, with its item where there is one."""
        try:
            file = await self._files.get(_WATCH)
        except Missing:
            return await self._refuse(request, 503, _NOT_BUILT)
        item = await self._item(request.match_info["item"])
        if item is not None:
            answer = item_answer(item, self._key)
            file = _filed(with_item(file.data, msgspec.json.encode(answer), answer.playlist), file.content_type)
        return await self._send(request, file, NO_CACHE)

    async def _item(self, name: str) -> Item | None:
        try:
            return await self._look_up(name) if _ITEM.fullmatch(name) else None
        except OriginError:
            return None  # the page asks again, and says what is wrong

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A file whose name carries the hash of its content."""
        return await self._found(request, self._assets, f"assets/{request.match_info['name']}", FOREVER)

    async def root_file(self, request: web.Request) -> web.StreamResponse:
        """An icon, a manifest or the engine for other pages, beside the pages."""
        return await self._found(request, self._files, request.match_info["name"], NO_CACHE)

    async def _found(
        self, request: web.Request, files: Coalesced[str, _File], name: str, cache: str
    ) -> web.StreamResponse:
        try:
            file = await files.get(name)
        except Missing as error:
            return await self._refuse(request, 404, f"{error}\n")
        return await self._send(request, file, cache)

    async def _load(self, name: str) -> _File:
        if self._folder is None or not _PATH.fullmatch(name):
            raise Missing("file", "There is no such file.")
        return await asyncio.to_thread(_read, self._folder, name)

    async def _send(self, request: web.Request, file: _File, cache: str) -> web.StreamResponse:
        headers = {**_SECURITY, "Cache-Control": cache, "ETag": file.etag, "Vary": "Accept-Encoding"}
        if file.content_type.startswith("text/javascript"):
            headers |= _ANY_PAGE
        body, status = file.data, 200
        if etag_listed(request.headers.get(hdrs.IF_NONE_MATCH), file.etag):
            body, status = b"", 304
        else:
            headers["Content-Type"] = file.content_type
            if file.zipped and accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING)):
                body = file.zipped
                headers["Content-Encoding"] = "gzip"
        response = web.StreamResponse(status=status, headers=headers)
        await self._sender.send(request, response, body, Account())
        return response

    async def _refuse(self, request: web.Request, status: int, text: str) -> web.StreamResponse:
        headers = {**_SECURITY, "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}
        response = web.StreamResponse(status=status, headers=headers)
        await self._sender.send(request, response, text.encode(), Account())
        return response


def _read(folder: Path, name: str) -> _File:
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        raise Missing("file", "There is no such file.")
    return _filed(path.read_bytes(), _content_type(path))


def _filed(data: bytes, content_type: str) -> _File:
    zipped = gzip.compress(data, 6, mtime=0) if content_type.startswith(_SQUEEZED) else b""
    return _File(data, zipped, f'W/"{hashlib.sha256(data).hexdigest()[:32]}"', content_type)


def _content_type(path: Path) -> str:
    guessed = _MORE_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
