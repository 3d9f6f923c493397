"""Messages between a peer and the tracker, binary WebSocket frames. `docs/tracker-protocol.md` tells the conversation.

Connection offers travel as typed fields; SDP is built at the ends, so there is nothing to smuggle. Fingerprints come
from tickets, never from the offer. Times are milliseconds, sizes bytes, peer ids 16 random bytes.
"""

from dataclasses import dataclass
from typing import Annotated

from swarm.identity import DIGEST_BYTES
from swarm.schema import Blob, Int, Many, Text, UInt

VERSION = 1
MAX_MESSAGE_BYTES = 64 * 1024
MAX_CANDIDATES = 12
MAX_INTRODUCTIONS = 4
VIEWER, SEEDER = 0, 1
ACTPASS, ACTIVE, PASSIVE = 0, 1, 2
HOST, SRFLX, PRFLX, RELAY = 0, 1, 2, 3
NO_SEQUENCE = -1

PeerId = Annotated[bytes, Blob(16, 16)]
ItemId = Annotated[str, Text(64, 1)]
Fingerprint = Annotated[bytes, Blob(DIGEST_BYTES, DIGEST_BYTES)]
OfferId = Annotated[int, UInt(2**32 - 1)]
Count = Annotated[int, UInt(65535)]
Bytes = Annotated[int, UInt(2**40)]
Millis = Annotated[int, UInt(3_600_000)]
Position = Annotated[int, Int()]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ICE candidate of component 1 over UDP (RFC 8839 section 5.1), as fields."""

    kind: Annotated[int, UInt(3)]
    foundation: Annotated[str, Text(32, 1)]
    priority: Annotated[int, UInt(2**32 - 1)]
    address: Annotated[str, Text(64, 1)]
    port: Annotated[int, UInt(65535)]


@dataclass(frozen=True, slots=True)
class Connection:
    """What one side needs to open a DTLS connection to the other, but for the fingerprint."""

    ufrag: Annotated[str, Text(256, 4)]
    password: Annotated[str, Text(256, 22)]
    setup: Annotated[int, UInt(2)]
    candidates: Annotated[tuple[Candidate, ...], Many(MAX_CANDIDATES)]


@dataclass(frozen=True, slots=True)
class Join:
    """First message of a peer: its ticket."""

    version: Annotated[int, UInt(65535)]
    ticket: Annotated[str, Text(4096, 1)]
    agent: Annotated[str, Text(64)]


@dataclass(frozen=True, slots=True)
class Renew:
    """A fresh ticket of the same subject, course and fingerprint, before the old one ends."""

    ticket: Annotated[str, Text(4096, 1)]


@dataclass(frozen=True, slots=True)
class Announce:
    """Where the peer stands in an item, and how many new neighbours it wants (0 to 4).

    `position` is the media sequence number at the playhead (-1: none), `first` to `last` the held range (-1: none).
    `neighbours` are the peers connected now, `failed` those that could not be reached. `strain` is the part of the time
    lately, in permille, in which somebody waited for this peer's uplink.
    """

    item: ItemId
    position: Position
    first: Position
    last: Position
    slots: Count
    want: Annotated[int, UInt(MAX_INTRODUCTIONS)]
    neighbours: Annotated[tuple[PeerId, ...], Many(128)]
    failed: Annotated[tuple[PeerId, ...], Many(64)]
    strain: Annotated[int, UInt(1000)]


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer to a candidate the tracker named."""

    to: PeerId
    offer: OfferId
    connection: Connection


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an offer that came in."""

    to: PeerId
    offer: OfferId
    connection: Connection


@dataclass(frozen=True, slots=True)
class Trickle:
    """Candidates found after an offer or answer was sent (RFC 8838)."""

    to: PeerId
    offer: OfferId
    candidates: Annotated[tuple[Candidate, ...], Many(MAX_CANDIDATES)]


@dataclass(frozen=True, slots=True)
class Leave:
    """The peer stops watching an item; closing the socket leaves all."""

    item: ItemId


@dataclass(frozen=True, slots=True)
class Report:
    """Telemetry of one peer and item since its last report; every counter is a difference.

    `http`, `peer` and `seeder` are verified media bytes received from there, `played` media bytes handed to the
    player, `sent` block bytes uploaded, `wasted` block bytes received for nothing. `startup` is 0 except in the report
    that first knows it. `rejected` counts blocks whose hash did not match.
    """

    item: ItemId
    interval: Millis
    http: Bytes
    peer: Bytes
    seeder: Bytes
    sent: Bytes
    wasted: Bytes
    played: Bytes
    played_ms: Millis
    stalled_ms: Millis
    startup: Millis
    rejected: Count
    neighbours: Count


@dataclass(frozen=True, slots=True)
class Welcome:
    """The peer is in: its id for this connection, how often to announce and to report, and the tracker's clock."""

    peer: PeerId
    announce_ms: Millis
    report_ms: Millis
    now: Annotated[int, UInt()]


@dataclass(frozen=True, slots=True)
class Introduced:
    """One peer worth meeting. `position`, `first` and `last` as in Announce."""

    peer: PeerId
    role: Annotated[int, UInt(1)]
    position: Position
    first: Position
    last: Position


@dataclass(frozen=True, slots=True)
class Candidates:
    """Answer to Announce: peers to send offers to, best first."""

    item: ItemId
    peers: Annotated[tuple[Introduced, ...], Many(MAX_INTRODUCTIONS)]


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer from `peer`; its fingerprint is the one in its ticket."""

    peer: PeerId
    role: Annotated[int, UInt(1)]
    fingerprint: Fingerprint
    offer: OfferId
    connection: Connection


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer of `peer` to one of our offers."""

    peer: PeerId
    role: Annotated[int, UInt(1)]
    fingerprint: Fingerprint
    offer: OfferId
    connection: Connection


@dataclass(frozen=True, slots=True)
class Trickled:
    """Late candidates of `peer`."""

    peer: PeerId
    offer: OfferId
    candidates: Annotated[tuple[Candidate, ...], Many(MAX_CANDIDATES)]


@dataclass(frozen=True, slots=True)
class Gone:
    """`peer` cannot be reached: an offer to it is void, or it has left."""

    peer: PeerId
    offer: OfferId


@dataclass(frozen=True, slots=True)
class Duty:
    """The peer's part in a live item: feeders fetch their stripe of each new segment over HTTP at once.

    `stripe` is which of the `stripes` it feeds (-1: none); `members` is how many peers watch the item.
    """

    item: ItemId
    stripe: Annotated[int, Int()]
    stripes: Count
    members: Annotated[int, UInt()]


@dataclass(frozen=True, slots=True)
class Refused:
    """A request was refused, with a short reason; with `retry` > 0 it may be tried again after so many ms."""

    reason: Annotated[str, Text(32, 1)]
    message: Annotated[str, Text(256)]
    retry: Millis


ToTracker = Join | Renew | Announce | Offer | Answer | Trickle | Leave | Report
FromTracker = Welcome | Candidates | Offered | Answered | Trickled | Gone | Duty | Refused

TO_TRACKER_TYPES: dict[int, type] = {
    1: Join,
    2: Renew,
    3: Announce,
    4: Offer,
    5: Answer,
    6: Trickle,
    7: Leave,
    8: Report,
}
FROM_TRACKER_TYPES: dict[int, type] = {
    33: Welcome,
    34: Candidates,
    35: Offered,
    36: Answered,
    37: Trickled,
    38: Gone,
    39: Duty,
    40: Refused,
}
