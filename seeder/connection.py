"""One WebRTC connection to a peer: two negotiated data channels, opened from typed fields.

Channel 0 `control` is ordered, channel 1 `blocks` is unordered and reliable; both sides create them with the same ids,
so that nothing has to be announced (RFC 8832 is not used). Importing this module puts `seeder.guard` in place.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from aiortc import (
    InvalidStateError,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp

from seeder import guard
from seeder.certificate import Certificate
from seeder.consent import answers
from seeder.errors import ConnectionFailed
from swarm.errors import ProtocolError
from swarm.sdp import MAX_MESSAGE_BYTES, MID, is_mdns, read_sdp, write_candidate, write_sdp
from swarm.tracker_messages import Candidate, Connection

guard.install()

CONNECT_TIMEOUT_MS = 15_000
GATHER_PATIENCE_MS = 300
"""An offer or answer waits so long for all candidates; later ones are trickled."""
MAX_REMOTE_CANDIDATES = 36
MAX_CONTROL_BACKLOG = 1024 * 1024
FRESH_S = 3.0
"""Whoever was heard so lately is alive."""
MAX_EARLY_MESSAGES = 32
"""The other side may be open, and talk, a moment before this one is."""


class Listener(Protocol):
    """What the owner of a connection wants to hear. Nothing here may raise."""

    def opened(self, connection: "PeerConnection") -> None:
        """Both channels are open."""

    def closed(self, connection: "PeerConnection", reason: str) -> None:
        """The connection ended, or could not be opened; called once."""

    def control_received(self, connection: "PeerConnection", message: bytes) -> None:
        """A message of the control channel arrived."""

    def blocks_received(self, connection: "PeerConnection", message: bytes) -> None:
        """A message of the blocks channel arrived."""

    def drained(self, connection: "PeerConnection") -> None:
        """The send buffer fell to its low mark."""

    def candidates_found(self, connection: "PeerConnection", candidates: tuple[Candidate, ...]) -> None:
        """Candidates were found after the offer or answer had left."""


class PeerConnection:
    """One connection; either `offer` and then `accept`, or `answer`.

    `stun` are addresses such as `stun:host:port`; none means candidates of this host alone (aiortc would otherwise
    ask a public server).
    """

    def __init__(
        self,
        listener: Listener,
        certificate: Certificate,
        stun: Sequence[str] = (),
        timeout_ms: int = CONNECT_TIMEOUT_MS,
    ) -> None:
        servers = [RTCIceServer(urls=url) for url in stun]
        self._listener = listener
        self._rtc = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        certificate.give(self._rtc)
        self._tasks: set[asyncio.Task[None]] = set()
        self._remote_candidates = 0
        self._remote_known = False
        self._waiting: list[Candidate] = []
        self._gathering: asyncio.Task[None] | None = None
        self._early: list[tuple[Callable[[bytes | str], None], bytes | str]] = []
        self._heard = 0.0
        self.state = "new"
        self.control = self._channel("control", 0, ordered=True)
        self.blocks = self._channel("blocks", 1, ordered=False)
        self._rtc.on("connectionstatechange", self._state_changed)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(timeout_ms / 1000, self._fail, "timeout")

    @property
    def buffered(self) -> int:
        """Bytes of blocks accepted for sending that have not left yet."""
        return self.blocks.bufferedAmount

    async def offer(self) -> Connection:
        """Make an offer. Raises ConnectionFailed."""
        try:
            return await self._describe(await self._rtc.createOffer())
        except InvalidStateError as error:
            raise ConnectionFailed("closed", "the connection was closed while it made an offer") from error

    async def answer(self, remote: Connection, fingerprint: bytes) -> Connection:
        """Answer an offer of the peer whose certificate has this SHA-256. Raises ConnectionFailed."""
        await self._set_remote("offer", remote, fingerprint)
        try:
            return await self._describe(await self._rtc.createAnswer())
        except InvalidStateError as error:
            raise ConnectionFailed("closed", "the connection was closed while it made an answer") from error

    async def accept(self, remote: Connection, fingerprint: bytes) -> None:
        """Take the answer to our offer. Raises ConnectionFailed.

        aiortc knows its own offer only when it has gathered all candidates, which a silent STUN server delays by 5 s.
        """
        if self._gathering is not None:
            await asyncio.wait({self._gathering})
        await self._set_remote("answer", remote, fingerprint)

    def add_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Take more candidates of the peer. What is malformed or too much is left out."""
        room = MAX_REMOTE_CANDIDATES - self._remote_candidates
        self._remote_candidates += len(candidates)
        taken = candidates[: max(room, 0)]
        if not self._remote_known:
            self._waiting.extend(taken)
            return
        for candidate in taken:
            self._start(self._add_candidate(candidate))

    def send_control(self, message: bytes) -> None:
        """Queue a message on the control channel; a peer that takes none of them is given up."""
        if self.control.bufferedAmount > MAX_CONTROL_BACKLOG:
            self._fail("control backlog")
        else:
            _send(self.control, message)

    def send_blocks(self, message: bytes) -> None:
        """Queue a message on the blocks channel; dropped when it is no longer open."""
        _send(self.blocks, message)

    def set_low_mark(self, low: int) -> None:
        """Tell the listener when the blocks channel holds at most so many bytes again."""
        self.blocks.bufferedAmountLowThreshold = low

    def fail(self, reason: str) -> None:
        """Close the connection because of the peer."""
        self._fail(reason)

    @property
    def silence(self) -> float:
        """For how many seconds nothing was heard on an open connection."""
        return asyncio.get_running_loop().time() - self._heard

    async def alive(self) -> bool:
        """Whether the other side of an open connection is still there: it spoke just now, or answers within 1.5 s."""
        if self.state != "open":
            return False
        if self.silence < FRESH_S:
            return True
        return await answers(self._rtc) and self.state == "open"

    async def close(self) -> None:
        """Close the connection and wait until its sockets are gone. The listener is told, if it was not."""
        self._fail("closed")
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _channel(self, label: str, number: int, ordered: bool) -> RTCDataChannel:
        channel = self._rtc.createDataChannel(label, ordered=ordered, negotiated=True, id=number)
        received = self._control_received if number == 0 else self._blocks_received
        channel.on("open", self._channel_opened)
        channel.on("close", self._channel_closed)
        channel.on("message", received)
        if number == 1:
            channel.on("bufferedamountlow", self._drained)
        return channel

    async def _describe(self, description: RTCSessionDescription) -> Connection:
        """Send what is known when everything was gathered or patience ends, and trickle the rest."""
        connection, _ = read_sdp(description.sdp)
        gathering = self._gathering = self._start(self._rtc.setLocalDescription(description))
        done, _ = await asyncio.wait({gathering}, timeout=GATHER_PATIENCE_MS / 1000)
        if self.state == "closed":
            raise ConnectionFailed("closed", "the connection was closed while it gathered candidates")
        if not done:
            gathering.add_done_callback(self._gathered)
            return connection
        connection, _ = read_sdp(self._rtc.localDescription.sdp)
        return connection

    def _gathered(self, gathering: asyncio.Task[None]) -> None:
        if self.state == "closed" or gathering.cancelled() or gathering.exception() is not None:
            return
        connection, _ = read_sdp(self._rtc.localDescription.sdp)
        self._listener.candidates_found(self, connection.candidates)

    async def _set_remote(self, kind: str, remote: Connection, fingerprint: bytes) -> None:
        """Names of multicast DNS take up to a second each, so they are looked up beside the set-up."""
        direct = tuple(one for one in remote.candidates if not is_mdns(one.address))
        hidden = tuple(one for one in remote.candidates if is_mdns(one.address))
        try:
            plain = Connection(remote.ufrag, remote.password, remote.setup, direct)
            description = RTCSessionDescription(sdp=write_sdp(plain, fingerprint), type=kind)
            await self._rtc.setRemoteDescription(description)
        except (ProtocolError, ValueError, InvalidStateError) as error:
            self._fail("description")
            raise ConnectionFailed("description", f"the {kind} of the peer cannot be used: {error}") from error
        self._remote_known = True
        self._remote_candidates += len(direct)
        self.add_candidates(hidden)
        waiting, self._waiting = self._waiting, []
        for candidate in waiting:
            self._start(self._add_candidate(candidate))

    async def _add_candidate(self, candidate: Candidate) -> None:
        try:
            parsed = candidate_from_sdp(write_candidate(candidate).removeprefix("candidate:"))
            parsed.sdpMid = MID
            await self._rtc.addIceCandidate(parsed)
        except (ProtocolError, ValueError, OSError):
            return

    def _state_changed(self) -> None:
        if self._rtc.connectionState in ("failed", "closed"):
            self._fail(self._rtc.connectionState)

    def _channel_opened(self) -> None:
        if self.state == "new" and self.control.readyState == self.blocks.readyState == "open":
            self.state = "open"
            self._deadline.cancel()
            self._heard = asyncio.get_running_loop().time()
            self._listener.opened(self)
            for received, message in self._early:
                received(message)
            self._early.clear()

    def _channel_closed(self) -> None:
        self._fail("closed by the peer")

    def _control_received(self, message: bytes | str) -> None:
        if checked := self._checked(self._control_received, message):
            self._listener.control_received(self, checked)

    def _blocks_received(self, message: bytes | str) -> None:
        if checked := self._checked(self._blocks_received, message):
            self._listener.blocks_received(self, checked)

    def _checked(self, received: Callable[[bytes | str], None], message: bytes | str) -> bytes | None:
        """The message when it may be handed on now; an early one is kept for later."""
        if isinstance(message, str) or len(message) > MAX_MESSAGE_BYTES or len(self._early) > MAX_EARLY_MESSAGES:
            self._fail("malformed")
        elif self.state == "new":
            self._early.append((received, message))
        elif self.state == "open":
            self._heard = asyncio.get_running_loop().time()
            return message
        return None

    def _drained(self) -> None:
        if self.state == "open":
            self._listener.drained(self)

    def _fail(self, reason: str) -> None:
        if self.state == "closed":
            return
        self.state = "closed"
        self._deadline.cancel()
        self._start(self._rtc.close())
        self._listener.closed(self, reason)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _send(channel: RTCDataChannel, message: bytes) -> None:
    if channel.readyState == "open":
        channel.send(message)
