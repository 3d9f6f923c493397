"""Everything that the origin may raise besides `swarm.errors.PlainError`.

OriginError
├── RequestError         a request that cannot be answered; carries its HTTP status and a short word
│   ├── BadRequest           400: the request breaks the contract
│   ├── Unauthorized         401: only the holder of the admin token may do this
│   ├── Missing              404: no such course, item, track or object
│   ├── Conflict             409: the item is in the wrong state for this
│   └── NotYet               503: not there yet, or the source stands still; try again
├── UnsatisfiableRange   a Range that lies outside the object (RFC 9110 section 15.5.17)
├── StoreError           the store cannot read or write an object
└── SourceError          a media source broke its word: unknown track, missing segment, no end
"""


class OriginError(Exception):
    """Base of every error of the origin."""


class RequestError(OriginError):
    """A request that cannot be answered; `word` is the machine's word for it."""

    status = 400

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


class BadRequest(RequestError):
    """The request breaks the contract."""


class Unauthorized(RequestError):
    """Only the holder of the admin token may do this."""

    status = 401


class Missing(RequestError):
    """No such course, item, track or object."""

    status = 404


class Conflict(RequestError):
    """The item is in the wrong state for this."""

    status = 409


class NotYet(RequestError):
    """Not there yet, or the source stands still; the client may try again."""

    status = 503


class UnsatisfiableRange(OriginError):
    """A Range that lies outside the object (RFC 9110 section 15.5.17)."""


class StoreError(OriginError):
    """The store cannot read or write an object."""


class SourceError(OriginError):
    """A media source broke its word: unknown track, missing segment, no end."""
