"""HTTP of playlists and media: /hls and /media, open to every origin (CORS)."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from origin.catalogue import Catalogue
from origin.coalesced import Coalesced
from origin.counters import MEDIA, PLAYLISTS, PROOFS, REST
from origin.errors import BadRequest, Missing, RequestError, StoreError, UnsatisfiableRange
from origin.listing import FOREVER, Listing, Playlist
from origin.objects import CONTENT_TYPES, INIT, PROOF, SEGMENT, ObjectName, parse_name
from origin.ranges import etag_listed, parse_range, range_applies
from origin.sending import Account, Sender
from origin.store import Found, Store
from swarm.playlist import MULTIVARIANT

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
_ITEM = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRACK = re.compile(r"([A-Za-z0-9-]{1,64})\.m3u8")
_NUMBER = re.compile(r"\d{1,15}")
_KINDS = {SEGMENT: MEDIA, INIT: MEDIA, PROOF: PROOFS}
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, Accept-Ranges, Retry-After, Date",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range, If-None-Match, If-Range, Cache-Control",
    "Access-Control-Max-Age": "86400",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Delivery:
    """Handlers of /hls and /media."""

    def __init__(self, listing: Listing, catalogue: Catalogue, store: Store, sender: Sender) -> None:
        self._listing = listing
        self._store = store
        self._sender = sender
        self._items: Coalesced[str, str | None] = Coalesced(catalogue.item_of, most=65536, keep_s=300.0)

    def add_routes(self, app: web.Application) -> None:
        """Mount both, with HEAD and CORS preflight."""
        for path, handler in (("/hls/{item}/{name}", self.playlist), ("/media/{name}", self.object)):
            app.router.add_get(path, self._guarded(handler))
            app.router.add_options(path, self.preflight)

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except RequestError as error:
                return await self._refuse(request, error.status, str(error))
            except StoreError:
                return await self._refuse(request, 503, "The store does not answer.")

        return guarded

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        """Allow every origin to send Range and conditions."""
        response = web.StreamResponse(status=204, headers={**_OPEN, **_PREFLIGHT})
        await self._sender.send(request, response, b"", Account())
        return response

    async def playlist(self, request: web.Request) -> web.StreamResponse:
        """A multivariant or media playlist."""
        item_id = request.match_info["item"]
        track = _TRACK.fullmatch(request.match_info["name"])
        if track is None or not _ITEM.fullmatch(item_id):
            raise Missing("playlist", "There is no such playlist.")
        start, msn = (_number(request, name) for name in ("start", "_HLS_msn"))
        if msn is None and "_HLS_part" in request.query:
            raise BadRequest("part", "_HLS_part needs _HLS_msn.")
        if track[1] == MULTIVARIANT:
            found = await self._listing.multivariant(item_id, start)
        else:
            found = await self._listing.media(item_id, track[1], start, msn)
        return await self._send_playlist(request, found, item_id)

    async def _send_playlist(self, request: web.Request, found: Playlist, item_id: str) -> web.StreamResponse:
        async def item() -> str | None:
            return item_id

        headers = {**_OPEN, "Cache-Control": found.cache, "ETag": found.etag, "Vary": "Accept-Encoding"}
        headers["Content-Type"] = PLAYLIST_TYPE
        if etag_listed(request.headers.get(hdrs.IF_NONE_MATCH), found.etag):
            return await self._not_modified(request, headers, Account(PLAYLISTS, item))
        body = found.plain
        if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING)):
            body = found.zipped
            headers["Content-Encoding"] = "gzip"
        response = web.StreamResponse(headers=headers)
        await self._sender.send(request, response, body, Account(PLAYLISTS, item))
        return response

    async def object(self, request: web.Request) -> web.StreamResponse:
        """A segment, proof, initialisation segment, picture or text; whole or in part."""
        name = parse_name(request.match_info["name"])
        etag = f'"{name}"'
        headers = {**_OPEN, "Cache-Control": FOREVER, "ETag": etag, "Accept-Ranges": "bytes"}
        headers["Content-Type"] = CONTENT_TYPES[name.extension]
        found = await self._store.find(name)
        if found is None:
            raise Missing("object", "There is no such object.")
        if etag_listed(request.headers.get(hdrs.IF_NONE_MATCH), etag):
            found.close()
            return await self._not_modified(request, headers, self._account(name))
        return await self._send_object(request, name, found, headers)

    async def _send_object(
        self, request: web.Request, name: ObjectName, found: Found, headers: dict[str, str]
    ) -> web.StreamResponse:
        span, status = (0, found.size), 200
        try:
            part = _asked_part(request, headers["ETag"], found.size)
        except UnsatisfiableRange:
            found.close()
            return await self._unsatisfiable(request, found.size, self._account(name))
        if part is not None:
            span, status = part, 206
            headers["Content-Range"] = f"bytes {part[0]}-{part[0] + part[1] - 1}/{found.size}"
        response = web.StreamResponse(status=status, headers=headers)
        await self._sender.send_part(request, response, self._account(name), found, span)
        return response

    def _account(self, name: ObjectName) -> Account:
        return Account(_KINDS.get(name.extension, REST), lambda: self._items.get(name.id))

    async def _not_modified(
        self, request: web.Request, headers: dict[str, str], account: Account
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=304, headers={k: v for k, v in headers.items() if k != "Content-Type"})
        await self._sender.send(request, response, b"", account)
        return response

    async def _unsatisfiable(self, request: web.Request, size: int, account: Account) -> web.StreamResponse:
        headers = {**_OPEN, "Content-Range": f"bytes */{size}", "Cache-Control": "no-store"}
        response = web.StreamResponse(status=416, headers=headers)
        await self._sender.send(request, response, b"", account)
        return response

    async def _refuse(self, request: web.Request, status: int, message: str) -> web.StreamResponse:
        headers = {**_OPEN, "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}
        if status == 503:
            headers["Retry-After"] = "1"
        response = web.StreamResponse(status=status, headers=headers)
        await self._sender.send(request, response, message.encode() + b"\n", Account())
        return response


def _asked_part(request: web.Request, etag: str, size: int) -> tuple[int, int] | None:
    if not range_applies(request.headers.get(hdrs.IF_RANGE), etag):
        return None
    return parse_range(request.headers.get(hdrs.RANGE), size)


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or not text.isascii():
        raise BadRequest("number", f"{name} is a whole number of at most 15 digits.")
    return int(text)


def accepts_gzip(header: str | None) -> bool:
    """Whether an Accept-Encoding header asks for gzip (RFC 9110 section 12.5.3)."""
    for part in (header or "")[:1024].lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameters)
    return False
