"""What the core wants done, in order: messages to send, pings to send, connections to close."""

from dataclasses import dataclass

from swarm.tracker_messages import FromTracker, Refused
from tracker.errors import POLICY, Expulsion, Refusal

MESSAGE_BYTES = 256


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask for a sign of life (RFC 6455 section 5.5.2)."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """Close the connection with WebSocket status `code`, after all that went before."""

    code: int = POLICY


Action = FromTracker | Ping | Hangup


class Outbox:
    """Pairs of connection and action, until the shell takes them."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Action]] = []

    def add(self, connection: int, action: Action) -> None:
        self._waiting.append((connection, action))

    def refuse(self, connection: int, cause: Refusal) -> None:
        """Tell a peer why its request was refused."""
        message = str(cause).encode("utf-8", "replace")[:MESSAGE_BYTES].decode("utf-8", "ignore")
        self.add(connection, Refused(cause.reason, message, cause.retry))

    def expel(self, connection: int, cause: Expulsion) -> None:
        """Tell a peer why, then close its connection."""
        self.refuse(connection, cause)
        self.add(connection, Hangup(cause.code))

    def take(self) -> list[tuple[int, Action]]:
        waiting, self._waiting = self._waiting, []
        return waiting
