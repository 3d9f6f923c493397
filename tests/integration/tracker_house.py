"""A real tracker on a real socket, and clients to it."""

import asyncio
import time
from typing import Any, TypeVar

import aiohttp
from aiohttp.test_utils import TestServer

from swarm.codec import FROM_TRACKER, TO_TRACKER
from swarm.keys import SigningKey
from swarm.telemetry import ItemInterval
from swarm.ticket import Ticket, issue_ticket
from swarm.tracker_messages import (
    ACTPASS,
    HOST,
    VERSION,
    Announce,
    Candidate,
    Candidates,
    Connection,
    FromTracker,
    Join,
    ToTracker,
    Welcome,
)
from tracker.service import TrackerService

KEY = SigningKey.generate()
Wanted = TypeVar("Wanted", bound=FromTracker)


def ticket(subject: str = "ada", role: str = "viewer", mode: str = "mesh", serial: str = "", age: int = 0) -> str:
    now = int(time.time()) - age
    fingerprint = subject.encode().ljust(32, b"\0")
    claims = Ticket("course", subject, role, mode, fingerprint, 0, now, now + 120, serial or f"{subject}-{now}-{role}")
    return issue_ticket(claims, KEY)


class Client:
    """A peer on a real WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.id = b""
        self.seen: list[FromTracker] = []

    async def send(self, message: ToTracker) -> None:
        await self.socket.send_bytes(TO_TRACKER.encode(message))

    async def expect(self, wanted: type[Wanted]) -> Wanted:
        """The next message of a kind, whatever comes before it."""
        async with asyncio.timeout(5):
            while True:
                frame = await self.socket.receive()
                assert frame.type is aiohttp.WSMsgType.BINARY, frame
                message = FROM_TRACKER.decode(frame.data)
                self.seen.append(message)
                if isinstance(message, wanted):
                    return message

    async def closed(self) -> int | None:
        """Read until the server closes; returns the status."""
        async with asyncio.timeout(8):
            while not self.socket.closed:
                frame = await self.socket.receive()
                if frame.type is aiohttp.WSMsgType.BINARY:
                    self.seen.append(FROM_TRACKER.decode(frame.data))
        return self.socket.close_code

    async def announce(self, slots: int = 4, want: int = 4) -> Candidates:
        await self.send(Announce("item", 10, 5, 20, slots, want, (), (), 0))
        return await self.expect(Candidates)


class House:
    """A tracker's server, and clients to it."""

    def __init__(
        self,
        service: TrackerService,
        server: TestServer,
        session: aiohttp.ClientSession,
        intervals: list[ItemInterval],
    ) -> None:
        self.service = service
        self.server = server
        self.session = session
        self.intervals = intervals
        self.clients: list[Client] = []

    async def connect(self, **options: Any) -> Client:
        socket = await self.session.ws_connect(self.server.make_url("/tracker"), max_msg_size=0, **options)
        self.clients.append(Client(socket))
        return self.clients[-1]

    async def join(self, subject: str, role: str = "viewer", mode: str = "mesh", **options: Any) -> Client:
        client = await self.connect(**options)
        await client.send(Join(VERSION, ticket(subject, role, mode), "test"))
        client.id = (await client.expect(Welcome)).peer
        return client

    async def refused(self, reason: str) -> None:
        """Wait until a refusal for this reason was counted."""
        async with asyncio.timeout(3):
            while not self.refusals(reason):
                await asyncio.sleep(0.02)

    def refusals(self, reason: str) -> float:
        return self.service.registry.get_sample_value("tracker_refusals_total", {"reason": reason}) or 0


def connection(setup: int = ACTPASS, address: str = "127.0.0.1") -> Connection:
    return Connection("ufrag", "p" * 22, setup, (Candidate(HOST, "1", 1, address, 4000),))
