"""What the exchange asks of its shell, as plain data. Peers are opaque byte strings, sizes bytes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SendControl:
    """Send bytes on the control channel of a peer."""

    peer: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class SendBlocks:
    """Send a block message on the blocks channel of a peer."""

    peer: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection to a peer; it is forgotten here already. `fault` is set when the peer broke a rule."""

    peer: bytes
    reason: str
    fault: bool


@dataclass(frozen=True, slots=True)
class FetchHttp:
    """Fetch `count` blocks of a segment from block `first` over HTTP, `size` bytes from `offset`; `whole` is all of it.

    The shell answers with `http_data(segment, first, ...)` in order and ends with `http_done` or `http_failed`.
    """

    segment: bytes
    first: int
    count: int
    offset: int
    size: int
    whole: bool


@dataclass(frozen=True, slots=True)
class AbortHttp:
    """Stop the fetch of a segment that began at block `first`; nothing of it is awaited."""

    segment: bytes
    first: int


@dataclass(frozen=True, slots=True)
class FetchProof:
    """Fetch a segment's proof over HTTP and answer with `proof_data` or `proof_failed`."""

    segment: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """A wanted segment is complete and verified. `came` says how many bytes each source gave."""

    segment: bytes
    came: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A wanted segment cannot be had; the shell falls back to plain HTTP."""

    segment: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Demanded:
    """A neighbour asks for a segment that was offered but is not in memory; the shell should want or store it."""

    segment: bytes


Event = SendControl | SendBlocks | Close | FetchHttp | AbortHttp | FetchProof | Finished | Failed | Demanded
