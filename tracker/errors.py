"""Everything that the tracker may raise.

TrackerError
├── Refusal          a request is refused; the peer is told, and stays
│   └── Expulsion    the peer is told, and its connection is closed
└── StunError        a datagram is no STUN Binding request that deserves an answer
"""

POLICY, UNSUPPORTED, PROTOCOL, RESTART = 1008, 1003, 1002, 1012


class TrackerError(Exception):
    """Base of every error of the tracker."""


class Refusal(TrackerError):
    """A request is refused.

    `reason` is the word that the peer gets, `label` the one that is counted (one of a fixed few), and `retry` the ms
    after which the peer may try again (0: it need not).
    """

    def __init__(self, reason: str, message: str, retry: int = 0, label: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.retry = retry
        self.label = label or reason


class Expulsion(Refusal):
    """A request is refused and its connection closed with WebSocket status `code` (RFC 6455 section 7.4)."""

    def __init__(self, reason: str, message: str, retry: int = 0, label: str = "", code: int = POLICY) -> None:
        super().__init__(reason, message, retry, label)
        self.code = code


class StunError(TrackerError):
    """A datagram is no STUN Binding request that deserves an answer; `reason` is a short word for counters."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
