"""The origin over HTTP: segments, proofs, playlists and JSON. Every answer is bounded and checked for its length."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from typing import Any, TypeVar
from urllib.parse import urljoin

import aiohttp
import msgspec

from seeder.errors import FetchBroken, FetchRefused
from seeder.origin_api import Course, Courses, Grant, Item
from swarm.identity import MAX_PROOF_BYTES, MAX_SEGMENT_BYTES, id_text
from swarm.playlist import MAX_PLAYLIST_BYTES

MAX_JSON_BYTES = 16 * 1024 * 1024
_CONNECT_S = 5.0
_SILENCE_S = 10.0
_TOTAL_S = 60.0
_CHUNK = 64 * 1024
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)
_PLAIN = {"Accept-Encoding": "identity"}
Answer = TypeVar("Answer")


class HttpSource:
    """One origin. `base` is its address, `agent` the User-Agent, which the origin keeps statistics by.

    `connections` bounds the requests under way. What lasts (the tracker's WebSocket, a playlist that is waited for)
    goes over the session `lasting`, without a bound: it would hold its place for good, and leave none for media.
    `tls` is what certificates are checked with, the origin's and the tracker's (None: the system's authorities).
    """

    def __init__(self, base: str, agent: str, connections: int = 32, tls: ssl.SSLContext | None = None) -> None:
        self.base = base if base.endswith("/") else base + "/"
        self.agent = agent
        self.session = _session(agent, connections, tls)
        self.lasting = _session(agent, 0, tls)

    async def close(self) -> None:
        """Close all connections."""
        await self.session.close()
        await self.lasting.close()

    def url(self, path: str) -> str:
        """The absolute address of a path of the origin."""
        return urljoin(self.base, path.removeprefix("/"))

    async def segment(self, segment_id: bytes, offset: int, size: int, *, whole: bool) -> AsyncGenerator[bytes, None]:
        """Stream `size` bytes of a segment from `offset`. Raises FetchError; a short body is one."""
        headers = dict(_PLAIN)
        if not whole:
            headers["Range"] = f"bytes={offset}-{offset + size - 1}"
        path = f"media/{id_text(segment_id)}.m4s"
        async for chunk in self._stream(path, headers, size, 200 if whole else 206):
            yield chunk

    async def proof(self, segment_id: bytes) -> bytes:
        """Fetch a segment's proof, unchecked. Raises FetchError."""
        return await self._get(f"media/{id_text(segment_id)}.proof", MAX_PROOF_BYTES, headers=_PLAIN)

    async def init(self, init_id: bytes) -> bytes:
        """Fetch an initialisation segment, unchecked. Raises FetchError."""
        return await self._get(f"media/{id_text(init_id)}.mp4", MAX_SEGMENT_BYTES, headers=_PLAIN)

    async def playlist(self, item: str, track: str, msn: int | None = None, wait_ms: int = 0) -> bytes:
        """Fetch a media playlist; with `msn` the answer comes when that segment is listed. Raises FetchError."""
        path = f"hls/{item}/{track}.m3u8"
        if msn is None:
            return await self._get(path, MAX_PLAYLIST_BYTES)
        timeout = _timeout(_TOTAL_S + wait_ms / 1000, _SILENCE_S + wait_ms / 1000)
        query = {"_HLS_msn": str(msn)}
        return await self._get(path, MAX_PLAYLIST_BYTES, session=self.lasting, params=query, timeout=timeout)

    async def item(self, item: str) -> Item:
        """Read an item. Raises FetchError."""
        return _decode(await self._get(f"api/items/{item}", MAX_JSON_BYTES), Item)

    async def courses(self) -> tuple[Course, ...]:
        """Read all courses. Raises FetchError."""
        return _decode(await self._get("api/courses", MAX_JSON_BYTES), Courses).courses

    async def course(self, course: str) -> Course:
        """Read a course with its items. Raises FetchError."""
        return _decode(await self._get(f"api/courses/{course}", MAX_JSON_BYTES), Course)

    async def ticket(self, course: str, fingerprint: bytes, admin_token: str | None = None) -> Grant:
        """Ask for a ticket; with an admin token, for a seeder's. Raises FetchError."""
        body: dict[str, str] = {"fingerprint": fingerprint.hex()}
        headers = {}
        if admin_token is not None:
            body["role"] = "seeder"
            headers["Authorization"] = f"Bearer {admin_token}"
        path = f"api/courses/{course}/ticket"
        return _decode(await self._get(path, MAX_JSON_BYTES, method="POST", json=body, headers=headers), Grant)

    async def _get(
        self,
        path: str,
        most: int,
        method: str = "GET",
        session: aiohttp.ClientSession | None = None,
        **options: Any,
    ) -> bytes:
        body = bytearray()
        asked = session or self.session
        try:
            async with asked.request(method, self.url(path), allow_redirects=False, **options) as response:
                if response.status >= 300:
                    raise FetchRefused(response.status, path)
                async for chunk in response.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > most:
                        raise FetchBroken(f"{path} has more than {most} bytes")
                if "Content-Encoding" not in response.headers:
                    _check_length(path, response, len(body))
        except _BROKEN as error:
            raise FetchBroken(f"{path}: {type(error).__name__} {error}") from error
        return bytes(body)

    async def _stream(self, path: str, headers: dict[str, str], size: int, status: int) -> AsyncGenerator[bytes, None]:
        got = 0
        try:
            async with self.session.get(self.url(path), headers=headers, allow_redirects=False) as response:
                if response.status != status:
                    raise FetchRefused(response.status, path)
                _check_length(path, response, size)
                async for chunk in response.content.iter_chunked(_CHUNK):
                    got += len(chunk)
                    if got > size:
                        raise FetchBroken(f"{path} has more than {size} bytes")
                    yield chunk
        except _BROKEN as error:
            raise FetchBroken(f"{path}: {type(error).__name__} {error}") from error
        if got != size:
            raise FetchBroken(f"{path} ended after {got} of {size} bytes")


def _session(agent: str, connections: int, tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, ssl=tls or True),
        headers={"User-Agent": agent},
        timeout=_timeout(_TOTAL_S),
    )


def _timeout(total_s: float, silence_s: float = _SILENCE_S) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total_s, sock_connect=_CONNECT_S, sock_read=silence_s)


def _check_length(path: str, response: aiohttp.ClientResponse, size: int) -> None:
    if response.content_length is not None and response.content_length != size:
        raise FetchBroken(f"{path} announces {response.content_length} bytes where {size} belong")


def _decode(body: bytes, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FetchBroken(f"not a {kind.__name__}: {error}") from error


async def retry_pause(tries: int, jitter: float) -> None:
    """Wait before try number `tries` + 1: 0.5 s doubling to 15 s, times 0.5 to 1.5 by `jitter` (0 to 1)."""
    await asyncio.sleep(min(0.5 * 2 ** min(tries, 6), 15.0) * (0.5 + jitter))
