"""Messages of the control channel between two peers. `docs/peer-protocol.md` tells the conversation.

Segments are named by (track handle, media sequence number) where bitmaps need order, and by id where bytes move.
Times are milliseconds, sizes bytes.
"""

from dataclasses import dataclass
from typing import Annotated

from swarm.identity import DIGEST_BYTES, MAX_BLOCKS, MAX_PROOF_BYTES
from swarm.schema import Blob, Text, UInt

VERSION = 1
VIEWER, SEEDER = 0, 1
MAX_MESSAGE_BYTES = 68 * 1024

MOST_TRACKS = 1024
Handle = Annotated[int, UInt(MOST_TRACKS - 1)]
Sequence = Annotated[int, UInt()]
SegmentId = Annotated[bytes, Blob(DIGEST_BYTES, DIGEST_BYTES)]
Request = Annotated[int, UInt(2**32 - 1)]
Millis = Annotated[int, UInt(600_000)]


@dataclass(frozen=True, slots=True)
class Hello:
    """First message of both sides: version, what the sender is, and the block bytes it lets the other send."""

    version: Annotated[int, UInt(65535)]
    role: Annotated[int, UInt(1)]
    agent: Annotated[str, Text(64)]
    credit: Annotated[int, UInt()]


@dataclass(frozen=True, slots=True)
class Track:
    """The sender's number for a track; `have`, `held` and `loading` of the sender use it from then on."""

    handle: Handle
    item: Annotated[str, Text(64, 1)]
    track: Annotated[str, Text(64, 1)]


@dataclass(frozen=True, slots=True)
class Have:
    """All whole segments that the sender can serve of a track: bit k (lowest bit first) stands for base + k."""

    handle: Handle
    base: Sequence
    bitmap: Annotated[bytes, Blob(4096)]


@dataclass(frozen=True, slots=True)
class Held:
    """One segment gained (`held`) or dropped since the last Have."""

    handle: Handle
    sequence: Sequence
    held: bool


@dataclass(frozen=True, slots=True)
class Loading:
    """Which blocks of a segment in flight may be asked for, lowest bit first: those verified, and those on their way
    over HTTP, which are sent as they come. A mere wish is not loading, or two peers would wait for each other.
    """

    handle: Handle
    sequence: Sequence
    blocks: Annotated[bytes, Blob(MAX_BLOCKS // 8)]


@dataclass(frozen=True, slots=True)
class Want:
    """Ask for `count` blocks of a segment from block `first`, useful for `deadline` ms from now.

    With `proof` set the proof comes first; `count` 0 asks for the proof alone. A block that the sender is still
    loading is sent when it arrives.
    """

    request: Request
    segment: SegmentId
    first: Annotated[int, UInt(MAX_BLOCKS - 1)]
    count: Annotated[int, UInt(MAX_BLOCKS)]
    deadline: Millis
    proof: bool


@dataclass(frozen=True, slots=True)
class SegmentProof:
    """Size and block hashes of a segment, as `swarm.identity.Proof.encode` writes them."""

    segment: SegmentId
    proof: Annotated[bytes, Blob(MAX_PROOF_BYTES, 40)]


REFUSALS = ("not held", "busy", "unwilling", "late")
NOT_HELD, BUSY, UNWILLING, LATE = range(4)


@dataclass(frozen=True, slots=True)
class Refuse:
    """The rest of a want will not come; `reason` is an index into REFUSALS."""

    request: Request
    reason: Annotated[int, UInt(len(REFUSALS) - 1)]


@dataclass(frozen=True, slots=True)
class Cancel:
    """The sender no longer needs the rest of a want."""

    request: Request


@dataclass(frozen=True, slots=True)
class Credit:
    """The total of block bytes, since the connection opened, that the other side may send; it never falls."""

    limit: Annotated[int, UInt()]


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender closes the connection on purpose: leave, full, or a protocol error of the other side."""

    reason: Annotated[str, Text(64)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A want waits for the sender's uplink: told every 1.2 s while nothing goes out to the receiver."""

    request: Request


PeerMessage = Hello | Track | Have | Held | Loading | Want | SegmentProof | Refuse | Cancel | Credit | Bye | Waiting

PEER_TYPES: dict[int, type] = {
    1: Hello,
    2: Track,
    3: Have,
    4: Held,
    5: Loading,
    6: Want,
    7: SegmentProof,
    8: Refuse,
    9: Cancel,
    10: Credit,
    11: Bye,
    12: Waiting,
}
