"""Everything that the Python peer may raise.

SeederError
├── GuardError         the guard against hostile SCTP does not fit the installed WebRTC library
├── ConnectionFailed   a connection to a peer could not be opened
├── FetchError         the origin did not give what was asked for
│   ├── FetchRefused       it answered with an error status
│   └── FetchBroken        the body was cut short, too long, too slow, or not what it should be
└── TrackerLost        the tracker ended the conversation
"""

from swarm.errors import SwarmError


class SeederError(SwarmError):
    """Base of every error of the Python peer."""


class GuardError(SeederError):
    """The guard does not fit the installed WebRTC library; opening connections without it is not safe."""


class ConnectionFailed(SeederError):
    """A connection to a peer could not be opened; `reason` is a short word for counters."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FetchError(SeederError):
    """The origin did not give what was asked for."""


class FetchRefused(FetchError):
    """The origin answered with an error status."""

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"{url} answered {status}")
        self.status = status


class FetchBroken(FetchError):
    """The body was cut short, too long, too slow, or not what it should be."""


class TrackerLost(SeederError):
    """The tracker ended the conversation; with `retry_ms` > 0 it asked to be left alone for so long."""

    def __init__(self, message: str, retry_ms: int = 0) -> None:
        super().__init__(message)
        self.retry_ms = retry_ms
