"""Handlers of the JSON API (`docs/http-api.md`)."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import hdrs, web

from origin.answers import course_answer, item_answer
from origin.catalogue import Catalogue
from origin.classes import LiveClasses
from origin.entries import Entries
from origin.errors import BadRequest, Conflict, Missing, OriginError, RequestError, Unauthorized
from origin.events_stream import EventStream
from origin.listing import Listing
from origin.media.events import Job
from origin.messages import ClassRequest, CoursesAnswer, ErrorAnswer, TelemetryRequest, TicketRequest
from origin.openapi import document
from origin.operations import OPERATIONS, Operation
from origin.publish import check_titles
from origin.records import LIVE, PREPARING, REMOVED, Item
from origin.sending import Account, Sender
from origin.telemetry import Telemetry
from origin.tickets import SEEDER, TicketOffice
from origin.warehouse import now_ms
from swarm.errors import PlainError
from swarm.keys import VerifyingKey

MAX_BODY_BYTES = 64 * 1024
MAX_HISTORY_S = 3600
SESSION_COOKIE = "banyan-session"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,6}")
_SESSION = re.compile(r"[0-9a-f]{32}")
_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_HEADERS = web.RequestKey("headers", dict[str, str])
_ANY_PAGE = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
Body = TypeVar("Body", bound=msgspec.Struct)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The JSON API. Each operation of the table has a method of its name."""

    def __init__(
        self,
        catalogue: Catalogue,
        entries: Entries,
        listing: Listing,
        classes: LiveClasses,
        telemetry: Telemetry,
        office: TicketOffice,
        sender: Sender,
        key: VerifyingKey,
        admin_token: str,
        version: str,
    ) -> None:
        self._catalogue = catalogue
        self._entries = entries
        self._listing = listing
        self._classes = classes
        self._telemetry = telemetry
        self._office = office
        self._sender = sender
        self._key = key
        self._admin_token = admin_token
        self._document = msgspec.json.encode(document(version))
        self._events = EventStream(telemetry, sender)

    def add_routes(self, app: web.Application) -> None:
        """Mount every operation, the OpenAPI document, and a plain 404 for the rest of /api."""
        for operation in OPERATIONS:
            app.router.add_route(operation.method, operation.path, self._guarded(operation))
            if operation.embedded:
                app.router.add_options(operation.path, self._preflight)
        app.router.add_get("/openapi.json", self._openapi)
        app.router.add_route("*", "/api/{rest:.*}", self._nothing)

    def close(self) -> None:
        """End all event streams."""
        self._events.close()

    def _guarded(self, operation: Operation) -> Handler:
        handler: Handler = getattr(self, operation.name)

        async def guarded(request: web.Request) -> web.StreamResponse:
            request[_HEADERS] = {**_JSON, **_ANY_PAGE} if operation.embedded else _JSON
            try:
                if operation.admin:
                    self._check_admin(request)
                return await handler(request)
            except RequestError as error:
                return await self._refuse(request, error.status, error.word, str(error))
            except PlainError as error:
                message = error.text(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
                return await self._refuse(request, 422, "plain", message)
            except OriginError:
                return await self._refuse(request, 503, "store", "The catalogue or the store does not answer.")

        return guarded

    async def courses(self, request: web.Request) -> web.StreamResponse:
        found = await self._catalogue.courses()
        return await self._answer(request, CoursesAnswer(courses=[course_answer(*one, self._key) for one in found]))

    async def course(self, request: web.Request) -> web.StreamResponse:
        found = await self._catalogue.course(_named(request, "course"))
        if found is None:
            raise Missing("course", "There is no such course.")
        return await self._answer(request, course_answer(*found, self._key))

    async def item(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, item_answer(await self._item(request), self._key))

    async def ticket(self, request: web.Request) -> web.StreamResponse:
        asked = await _body(request, TicketRequest)
        if asked.role == SEEDER:
            self._check_admin(request)
        course_id = _named(request, "course")
        if await self._catalogue.course(course_id) is None:
            raise Missing("course", "There is no such course.")
        fingerprint = bytes.fromhex(asked.fingerprint) if isinstance(asked.fingerprint, str) else None
        session = _session(request)
        answer = self._office.issue(course_id, asked.role, fingerprint, session, now_ms())
        return await self._answer(request, answer, session=session if fingerprint is None else None)

    async def start_class(self, request: web.Request) -> web.StreamResponse:
        asked = await _body(request, ClassRequest)
        check_titles(asked.course, asked.title)
        job = Job(source=asked.source, live=True, loop=asked.loop)
        item_id = await self._classes.start(asked.course, asked.title, job)
        item = await self._catalogue.item(item_id)
        if item is None:
            raise Missing("item", "The class has been removed.")
        return await self._answer(request, item_answer(item, self._key), status=201)

    async def end_item(self, request: web.Request) -> web.StreamResponse:
        item = await self._item(request)
        if item.state != LIVE:
            raise Conflict("state", "This is not a live class.")
        await self._classes.end(item)
        return await self._answer(request, item_answer(await self._item(request), self._key))

    async def remove_item(self, request: web.Request) -> web.StreamResponse:
        item = await self._item(request)
        if item.state == PREPARING:
            raise Conflict("state", "This item is still being prepared.")
        if item.state == LIVE:
            await self._classes.end(item)
        await self._entries.remove(item.id)
        self._listing.changed(item.id)
        return await self._answer(request, None, status=204)

    async def telemetry(self, request: web.Request) -> web.StreamResponse:
        asked = await _body(request, TelemetryRequest)
        self._telemetry.take_batch(asked.serial, asked.intervals)
        return await self._answer(request, None, status=204)

    async def swarm(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self._telemetry.snapshot)

    async def swarm_history(self, request: web.Request) -> web.StreamResponse:
        text = request.query.get("seconds", str(MAX_HISTORY_S))
        if not _SECONDS.fullmatch(text):
            raise BadRequest("seconds", "`seconds` is a whole number.")
        return await self._answer(request, self._telemetry.history(min(MAX_HISTORY_S, int(text))))

    async def swarm_events(self, request: web.Request) -> web.StreamResponse:
        return await self._events.serve(request)

    async def _item(self, request: web.Request) -> Item:
        item = await self._catalogue.item(_named(request, "item"))
        if item is None or item.state == REMOVED:
            raise Missing("item", "There is no such lecture or class.")
        return item

    async def _preflight(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=204, headers={**_ANY_PAGE, **_PREFLIGHT})
        await self._sender.send(request, response, b"", Account())
        return response

    async def _openapi(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=_JSON)
        await self._sender.send(request, response, self._document, Account())
        return response

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        return await self._refuse(request, 404, "path", "There is no such operation.")

    async def _answer(
        self, request: web.Request, answer: msgspec.Struct | None, status: int = 200, session: str | None = None
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=request.get(_HEADERS, _JSON))
        if session is not None:
            response.set_cookie(
                SESSION_COOKIE, session, path="/api/", httponly=True, samesite="Lax", secure=request.secure
            )
        body = b"" if answer is None else msgspec.json.encode(answer)
        await self._sender.send(request, response, body, Account())
        return response

    async def _refuse(self, request: web.Request, status: int, word: str, message: str) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=request.get(_HEADERS, _JSON))
        if status == 401:
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        body = msgspec.json.encode(ErrorAnswer(error=word, message=message))
        await self._sender.send(request, response, body, Account())
        return response

    def _check_admin(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        same = hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), self._admin_token.encode())
        if scheme.lower() != "bearer" or not same:
            raise Unauthorized("token", "Only the holder of the admin token may do this.")


def _named(request: web.Request, part: str) -> str:
    name = request.match_info[part]
    if not _NAME.fullmatch(name):
        raise Missing(part, f"There is no such {part}.")
    return name


async def _body(request: web.Request, kind: type[Body]) -> Body:
    data = await request.content.read(MAX_BODY_BYTES + 1)
    while len(data) <= MAX_BODY_BYTES and (more := await request.content.read(MAX_BODY_BYTES + 1 - len(data))):
        data += more
    if len(data) > MAX_BODY_BYTES:
        raise BadRequest("size", f"A request has at most {MAX_BODY_BYTES} bytes.")
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("json", f"The request does not fit: {error}") from error


def _session(request: web.Request) -> str:
    held = request.cookies.get(SESSION_COOKIE, "")
    return held if _SESSION.fullmatch(held) else secrets.token_hex(16)
