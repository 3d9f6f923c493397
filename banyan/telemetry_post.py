"""Hands a tracker's sums to an origin in another process (`POST /api/telemetry`)."""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter

from banyan.errors import ConfigError, ServerAway, ServerRefused
from banyan.server_client import ServerClient, read_token
from origin.messages import MAX_INTERVALS, TelemetryRequest
from swarm.telemetry import ItemInterval

MAX_WAITING = 10_000
_FIRST_PAUSE_S = 1.0
_LAST_PAUSE_S = 15.0
_log = structlog.get_logger(__name__)


class TelemetryPost:
    """Takes sums at once and posts them in order, in the background; the tracker never waits for it.

    While the origin is away the newest 10,000 sums wait, and are posted again under the same serial, so that the origin
    counts each once. Failures, and sums that were given up, are counted in `registry`.

    Raises ConfigError when the admin token or the origin's own certificate in `data` cannot be read.
    """

    def __init__(self, origin: str, data: Path, registry: CollectorRegistry) -> None:
        read_token(data)
        self._url = origin
        self._client = ServerClient(origin, data)
        self._waiting: deque[ItemInterval] = deque(maxlen=MAX_WAITING)
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._well = True
        self._failures = Counter(
            "telemetry_post_failures", "Posts to the origin that failed.", ["reason"], registry=registry
        )
        self._lost = Counter("telemetry_lost", "Sums that never reached the origin.", registry=registry)

    def start(self) -> None:
        """Begin to post."""
        self._task = asyncio.create_task(self._run(), name="telemetry post")

    def sink(self, intervals: Sequence[ItemInterval]) -> None:
        """Where the tracker hands its sums."""
        self._lost.inc(max(0, len(self._waiting) + len(intervals) - MAX_WAITING))
        self._waiting.extend(intervals)
        self._some.set()

    async def close(self) -> None:
        """Stop; what waits is lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        async with self._client:
            while True:
                await self._some.wait()
                count = min(MAX_INTERVALS, len(self._waiting))
                await self._deliver(tuple(self._waiting.popleft() for _ in range(count)))
                if not self._waiting:
                    self._some.clear()

    async def _deliver(self, intervals: tuple[ItemInterval, ...]) -> None:
        batch = msgspec.to_builtins(TelemetryRequest(serial=secrets.token_hex(16), intervals=intervals))
        pause = _FIRST_PAUSE_S
        while not await self._post(batch, len(intervals)):
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE_S)

    async def _post(self, batch: object, count: int) -> bool:
        """One try; False when it may go better another time."""
        try:
            await self._client.ask("POST", "/api/telemetry", batch, admin=True)
        except ServerAway as error:
            self._fail("away", error.en)
            return False
        except (ServerRefused, ConfigError) as error:
            self._fail("refused", error.en)
            if isinstance(error, ServerRefused) and error.status >= 500:
                return False
            self._lost.inc(count)
            return True
        self._well = True
        return True

    def _fail(self, reason: str, message: str) -> None:
        self._failures.labels(reason).inc()
        if self._well:
            _log.warning("the origin does not take telemetry", origin=self._url, reason=message)
        self._well = False
