"""An origin of random bytes with a real tracker behind one address: a lecture and a class that grows in real time."""

import asyncio
import gzip
import random
import time
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.test_utils import TestServer

from swarm.identity import Proof, id_text, prove
from swarm.keys import SigningKey
from swarm.playlist import Claims, sign_playlist
from swarm.telemetry import ItemInterval
from swarm.ticket import Ticket, issue_ticket
from tracker.service import TrackerService
from tracker.settings import TrackerSettings

KEY = SigningKey.generate()
ADMIN = "letmein"
SEGMENT_MS = 1000
WINDOW = 60
SIZES = {"v360": 120_000, "v720": 240_000, "a-1": 9_000}


class Origin:
    """Serves one course, `course`, with the lecture `lecture` and the class `class`."""

    def __init__(self, segments: int = 120, ended: bool = False) -> None:
        self.objects: dict[str, bytes] = {}
        self.proofs: dict[str, Proof] = {}
        self.lists: dict[tuple[str, str], list[str]] = {}
        self.sent = {"media": 0, "proofs": 0, "playlists": 0}
        self.sent_to: dict[str, int] = {}
        self.reports: list[ItemInterval] = []
        self.modes: dict[str, str] = {}
        self.ended = ended
        self.broken: set[str] = set()
        self.media_up = True
        self.began = round(time.time() * 1000)
        self.grown = asyncio.Condition()
        self._random = random.Random(7)
        self._tickets = 0
        for _ in range(segments):
            self._add("lecture")
        for _ in range(8):
            self._add("class")
        settings = TrackerSettings(announce_ms=1000, report_ms=500, flush_ms=200)
        self.tracker = TrackerService({KEY.public.kid: KEY.public}, self.reports.extend, settings)
        app = web.Application()
        app.router.add_get("/api/courses", self._courses)
        app.router.add_get("/api/items/{item}", self._item)
        app.router.add_post("/api/courses/{course}/ticket", self._ticket)
        app.router.add_get("/hls/{item}/{track}.m3u8", self._playlist)
        app.router.add_get("/media/{name}", self._media)
        self.tracker.add_routes(app)
        self.server = TestServer(app)

    async def start(self) -> str:
        await self.tracker.start()
        await self.server.start_server()
        return str(self.server.make_url("/"))

    async def close(self) -> None:
        await self.server.close()

    async def grow(self, seconds: float) -> None:
        """Add a segment to the class every second."""
        due = time.monotonic()
        for _ in range(round(seconds * 1000 / SEGMENT_MS)):
            due += SEGMENT_MS / 1000
            await asyncio.sleep(max(due - time.monotonic(), 0))
            async with self.grown:
                self._add("class")
                self.grown.notify_all()

    async def end(self) -> None:
        async with self.grown:
            self.ended = True
            self.grown.notify_all()

    def _add(self, item: str) -> None:
        for track, size in SIZES.items():
            data = self._random.randbytes(size)
            proof = prove(data)
            name = id_text(proof.id)
            self.objects[name], self.proofs[name] = data, proof
            self.lists.setdefault((item, track), []).append(name)

    def _describe(self, item: str) -> dict[str, object]:
        state = "ready" if item == "lecture" else "ended" if self.ended else "live"
        tracks = [
            {"id": name, "kind": "audio" if name.startswith("a") else "video", "codecs": "x", "bandwidth": size * 16}
            for name, size in SIZES.items()
        ]
        return {
            "id": item,
            "course": "course",
            "kind": "lecture" if item == "lecture" else "class",
            "title": item.title(),
            "state": state,
            "segment_duration": SEGMENT_MS,
            "tracks": tracks,
            "key": {**KEY.public.jwk, "kid": KEY.public.kid},
            "unknown": None,
        }

    async def _courses(self, request: web.Request) -> web.Response:
        items = [self._describe("lecture"), self._describe("class")]
        return web.json_response({"courses": [{"id": "course", "title": "Physics", "items": items}]})

    async def _item(self, request: web.Request) -> web.Response:
        if request.match_info["item"] not in ("lecture", "class"):
            raise web.HTTPNotFound
        return web.json_response(self._describe(request.match_info["item"]))

    async def _ticket(self, request: web.Request) -> web.Response:
        body = await request.json()
        role = body.get("role", "viewer")
        if role == "seeder" and request.headers.get("Authorization") != f"Bearer {ADMIN}":
            raise web.HTTPForbidden
        self._tickets += 1
        mode = self.modes.get(role, "mesh")
        now = int(time.time())
        fingerprint = bytes.fromhex(body["fingerprint"])
        ticket = Ticket(
            "course", body["fingerprint"][:16], role, mode, fingerprint, 0, now, now + 120, f"serial-{self._tickets}"
        )
        answer = {"ticket": issue_ticket(ticket, KEY), "expires": (now + 120) * 1000, "subject": ticket.subject}
        return web.json_response({**answer, "mode": mode, "tracker": "/tracker", "stun": [], "upload": 0})

    async def _playlist(self, request: web.Request) -> web.Response:
        item, track = request.match_info["item"], request.match_info["track"]
        names = self.lists[item, track]
        live = item == "class" and (not self.ended or "_HLS_msn" in request.query)
        if "_HLS_msn" in request.query:
            msn = int(request.query["_HLS_msn"])
            async with self.grown:
                try:
                    async with asyncio.timeout(3):
                        await self.grown.wait_for(lambda: len(names) > msn or self.ended)
                except TimeoutError:
                    pass
        first = max(len(names) - WINDOW, 0) if live else 0
        body = gzip.compress(self._signed(item, track, names, first, live))
        self.sent["playlists"] += len(body)
        return web.Response(
            body=body, headers={"Content-Encoding": "gzip"}, content_type="application/vnd.apple.mpegurl"
        )

    def _signed(self, item: str, track: str, names: list[str], first: int, live: bool) -> bytes:
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        for number, name in enumerate(names[first:], first):
            moment = datetime.fromtimestamp((self.began + number * SEGMENT_MS) / 1000, UTC)
            lines += [
                f"#EXT-X-PROGRAM-DATE-TIME:{moment.isoformat(timespec='milliseconds')}",
                f"#EXTINF:{SEGMENT_MS / 1000:.6f},",
                f"#BANYAN-SIZE:{len(self.objects[name])}",
                f"../../media/{name}.m4s",
            ]
        if item == "lecture" or self.ended:
            lines.append("#EXT-X-ENDLIST")
        head = len(names) - 1
        claims = Claims(item, track, "live" if live else "all", 1, head, self.began + head * SEGMENT_MS)
        return sign_playlist("\n".join(lines) + "\n", claims, KEY)

    async def _media(self, request: web.Request) -> web.Response:
        name, _, extension = request.match_info["name"].partition(".")
        if name not in self.objects or not self.media_up:
            raise web.HTTPServiceUnavailable
        if extension == "proof":
            body, kind = self.proofs[name].encode(), "proofs"
        else:
            body, kind = self.objects[name], "media"
            body = bytes(len(body)) if name in self.broken else body
        part = request.http_range
        whole = part.start is None and part.stop is None
        body = body[part]
        self.sent[kind] += len(body)
        agent = request.headers["User-Agent"].partition("/")[0]
        self.sent_to[agent] = self.sent_to.get(agent, 0) + len(body)
        return web.Response(body=body, status=200 if whole else 206)
