"""The UDP socket that answers STUN. Whatever is not a request within the limits gets silence."""

import asyncio
import time
from collections import Counter
from typing import cast

from tracker.addresses import network_of, socket_address
from tracker.errors import StunError
from tracker.limits import Buckets, TokenBucket
from tracker.settings import TrackerSettings
from tracker.stun import decode_request, encode_response

MAX_SOURCES = 16_384
BURST_S = 4
PRUNE_EVERY = 4_096


class StunServer(asyncio.DatagramProtocol):
    """Answers Binding requests. `results` counts them: answered, rate, or why they were not understood."""

    def __init__(self, settings: TrackerSettings, results: Counter[str]) -> None:
        now = _now()
        self.results = results
        self._all = TokenBucket(settings.stun_per_s, settings.stun_per_s * BURST_S, now)
        per_source = settings.stun_per_source_s
        self._sources: Buckets[str] = Buckets(per_source, per_source * BURST_S, MAX_SOURCES)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own datagram transport does not inherit from DatagramTransport before Python 3.12.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int] | tuple[str, int, int, int]) -> None:
        try:
            response = encode_response(decode_request(data), addr[0], addr[1])
        except StunError as error:
            self.results[error.reason] += 1
            return
        self.results[self._answer(response, addr)] += 1

    def error_received(self, exc: Exception) -> None:
        """A client's port was closed before the answer came; that is the client's affair."""
        self.results["unreachable"] += 1

    def _answer(self, response: bytes, addr: tuple[str, int] | tuple[str, int, int, int]) -> str:
        now = _now()
        if sum(self.results.values()) % PRUNE_EVERY == 0:
            self._sources.prune(now)
        if not self._sources.take(network_of(socket_address(addr[0])), now) or not self._all.take(now):
            return "rate"
        if self._transport is not None:
            self._transport.sendto(response, addr)
        return "answered"


def _now() -> int:
    return time.monotonic_ns() // 1_000_000
