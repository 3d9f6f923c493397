"""Vectors of swarm/codec.py and swarm/blocks.py: messages as they look on the wire, and bytes that are refused."""

from typing import Any

import msgpack

from swarm.blocks import MAX_BLOCK_MESSAGE_BYTES, decode_blocks, encode_blocks
from swarm.codec import FROM_TRACKER, PEER, TO_TRACKER, Codec
from swarm.errors import ProtocolError
from swarm.identity import BLOCK_BYTES
from swarm.peer_messages import (
    Bye,
    Cancel,
    Credit,
    Have,
    Held,
    Hello,
    Loading,
    PeerMessage,
    Refuse,
    SegmentProof,
    Track,
    Waiting,
    Want,
)
from swarm.schema import unbuild
from swarm.tracker_messages import (
    ACTPASS,
    HOST,
    PASSIVE,
    SRFLX,
    Announce,
    Answer,
    Answered,
    Candidate,
    Candidates,
    Connection,
    Duty,
    FromTracker,
    Gone,
    Introduced,
    Join,
    Leave,
    Offer,
    Offered,
    Refused,
    Renew,
    Report,
    ToTracker,
    Trickle,
    Trickled,
    Welcome,
)
from tests.vectors import zipped
from tests.vectors.identity import segment

_ID = bytes(range(32))
_PEER = bytes(range(16))
_MOST = 2**53 - 1
_HOST = Candidate(HOST, "1", 2122260223, "192.168.1.7", 50000)
_MDNS = Candidate(HOST, "2", 2122194687, "4f1e2a3b-0000-4000-8000-1234567890ab.local", 50001)
_SIX = Candidate(SRFLX, "842163049", 1686052607, "2001:db8::7", 65535)
_OFFER = Connection("aB3+", "x" * 22, ACTPASS, (_HOST, _MDNS, _SIX))
_BARE = Connection("u" * 256, "p" * 256, PASSIVE, ())

_PEER_MESSAGES: list[PeerMessage] = [
    Hello(1, 0, "banyan-web/0.1", 524288),
    Hello(65535, 1, "", _MOST),
    Track(0, "lecture-7", "v720"),
    Track(255, "课程七", "a-中文"),
    Have(0, 0, b""),
    Have(3, 2**40, b"\xff\x00\x81"),
    Have(3, 1, bytes(4096)),
    Held(1, 4711, True),
    Held(1, _MOST, False),
    Loading(0, 12, b""),
    Loading(0, 12, b"\x0f" * 256),
    Want(0, _ID, 0, 0, 0, True),
    Want(2**32 - 1, _ID, 2047, 2048, 600_000, False),
    SegmentProof(_ID, bytes(40)),
    SegmentProof(_ID, bytes(8 + 32 * 60)),
    Refuse(7, 3),
    Cancel(128),
    Credit(_MOST),
    Waiting(0),
    Waiting(2**32 - 1),
    Bye("leave"),
    Bye("é" * 32),
]
_TO_TRACKER: list[ToTracker] = [
    Join(1, "a.b.c", "banyan-web/0.1"),
    Join(1, "t" * 4096, ""),
    Renew("a.b.d"),
    Announce("class-1", -1, -1, -1, 8, 4, (), (), 0),
    Announce("class-1", 900, 885, 900, 0, 0, tuple(bytes([n]) * 16 for n in range(128)), (_PEER,) * 64, 1000),
    Offer(_PEER, 1, _OFFER),
    Answer(_PEER, 2**32 - 1, _BARE),
    Trickle(_PEER, 1, (_HOST,)),
    Trickle(_PEER, 1, ()),
    Leave("class-1"),
    Report("class-1", 10_000, 2**40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
]
_FROM_TRACKER: list[FromTracker] = [
    Welcome(_PEER, 15_000, 10_000, 1_795_000_000_000),
    Candidates("class-1", ()),
    Candidates("class-1", (Introduced(_PEER, 1, -1, 0, 899), Introduced(_PEER, 0, 12, 3, 13))),
    Offered(_PEER, 0, _ID, 1, _OFFER),
    Answered(_PEER, 1, _ID, 1, _BARE),
    Trickled(_PEER, 1, (_SIX, _HOST)),
    Gone(_PEER, 0),
    Duty("class-1", 15, 16, 40),
    Duty("class-1", -1, 1, 65_536),
    Refused("full", "课程已满", 30_000),
]


def message_vectors() -> dict[str, Any]:
    return {
        "peer": _good(PEER, _PEER_MESSAGES),
        "to_tracker": _good(TO_TRACKER, _TO_TRACKER),
        "from_tracker": _good(FROM_TRACKER, _FROM_TRACKER),
        "refused": [
            {"why": why, "codec": name, **zipped(data), "reason": _reason(codec, data)}
            for why, name, codec, data in _bad()
        ],
    }


def _good(codec: Codec[Any], messages: list[Any]) -> list[dict[str, Any]]:
    rows = []
    for message in messages:
        data = codec.encode(message)
        assert codec.decode(data) == message
        rows.append({"type": type(message).__name__, "fields": _plain(unbuild(message)), "data": data.hex()})
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _packed(*values: Any) -> bytes:
    packed: bytes = msgpack.packb(list(values))
    return packed


def _bad() -> list[tuple[str, str, Codec[Any], bytes]]:
    return [(why, "peer", PEER, data) for why, data in _bad_to_peers()] + [
        (why, "to_tracker", TO_TRACKER, data) for why, data in _bad_to_tracker()
    ]


def _bad_to_peers() -> list[tuple[str, bytes]]:
    return [
        ("nothing", b""),
        ("not an array", _packed(1)[1:]),
        ("an empty array", _packed()),
        ("a type that is no number", _packed("1", 2)),
        ("a type that is true", _packed(True, 7)),
        ("a negative type", _packed(-1)),
        ("an unknown type", _packed(13, 1)),
        ("a type of the tracker's", _packed(33, _PEER, 1, 1, 1)),
        ("a field too few", _packed(9)),
        ("a field too many", _packed(9, 1, 2)),
        ("a text for a number", _packed(9, "1")),
        ("nothing for a number", _packed(9, None)),
        ("true for a number", _packed(9, True)),
        ("half a number", _packed(9, 1.5)),
        ("not a number", _packed(9, float("nan"))),
        ("a negative number", _packed(9, -1)),
        ("a number over its limit", _packed(9, 2**32)),
        ("2^53", _packed(10, 2**53)),
        ("2^64 - 1", _packed(10, 2**64 - 1)),
        ("a number for a flag", _packed(4, 0, 1, 1)),
        ("an empty name", _packed(2, 0, "", "v720")),
        ("a name of 65 bytes", _packed(2, 0, "x" * 65, "v720")),
        ("a name of 33 characters and 66 bytes", _packed(2, 0, "é" * 33, "v720")),
        ("bytes for a text", _packed(11, b"leave")),
        ("a text for bytes", _packed(3, 0, 0, "abc")),
        ("a bitmap of 4,097 bytes", _packed(3, 0, 0, bytes(4097))),
        ("an id of 31 bytes", _packed(6, 1, bytes(31), 0, 1, 0, False)),
        ("a first block of 2,048", _packed(6, 1, _ID, 2048, 1, 0, False)),
        ("a refusal without a name", _packed(8, 1, 4)),
        ("an array for a number", _packed(9, [1])),
        ("a map for a number", _packed(9, {})),
        ("a map with an entry", _packed(9, {"a": 1})),
        ("an extension", _packed(9, msgpack.ExtType(5, b"x"))),
        ("a timestamp", _packed(9, msgpack.Timestamp(1))),
        ("bytes after the end", _packed(9, 1) + b"\0"),
        ("an end before its time", _packed(10, 70000)[:-1]),
        ("an array longer than 256", b"\xdc\x01\x01" + b"\x01" * 257),
        ("an array that says it has 4 G elements", b"\xdd\xff\xff\xff\xff"),
        ("bytes that say they are 4 GiB", b"\x93\x07\xc6\xff\xff\xff\xff"),
        ("arrays in arrays without end", b"\x91" * 1000),
        ("a byte that msgpack never uses", b"\x92\x09\xc1"),
        ("longer than any message", _packed(7, _ID, bytes(70_000))),
    ]


def _bad_to_tracker() -> list[tuple[str, bytes]]:
    return [
        ("129 neighbours", _packed(3, "i", 0, 0, 0, 1, 1, [_PEER] * 129, [])),
        ("a neighbour of 15 bytes", _packed(3, "i", 0, 0, 0, 1, 1, [bytes(15)], [])),
        ("a number for a list", _packed(3, "i", 0, 0, 0, 1, 1, 5, [])),
        ("a position below -(2^53 - 1)", _packed(3, "i", -(2**53), 0, 0, 1, 1, [], [])),
        ("a record with a field too few", _packed(4, _PEER, 1, ["ufra", "p" * 22, 0])),
        ("a record that is text", _packed(4, _PEER, 1, "connection")),
        ("13 candidates", _packed(6, _PEER, 1, [[0, "1", 1, "10.0.0.1", 9]] * 13)),
        ("a candidate of kind 4", _packed(6, _PEER, 1, [[4, "1", 1, "10.0.0.1", 9]])),
        ("a ticket of 4,097 bytes", _packed(2, "t" * 4097)),
        ("longer than 64 KiB", _packed(2, "\0" * 66_000)),
    ]


def _reason(codec: Codec[Any], data: bytes) -> str:
    try:
        codec.decode(data)
    except ProtocolError as error:
        return error.reason
    raise AssertionError(f"taken: {data.hex()}")


def block_vectors() -> dict[str, Any]:
    sizes = (1, 5, BLOCK_BYTES, BLOCK_BYTES + 1, 4 * BLOCK_BYTES)
    good = [(n * 2**28 + n, n * 511, size) for n, size in enumerate(sizes)]
    bad = [b"", b"\0" * 6, bytes(MAX_BLOCK_MESSAGE_BYTES + 1)]
    for data in bad:
        try:
            decode_blocks(data)
        except ProtocolError:
            continue
        raise AssertionError("taken")
    return {
        "messages": [
            {
                "request": request,
                "first": first,
                "size": size,
                "header": encode_blocks(request, first, segment(size, 1))[:6].hex(),
                "count": decode_blocks(encode_blocks(request, first, segment(size, 1))).count,
            }
            for request, first, size in good
        ],
        "refused_lengths": [len(data) for data in bad],
    }
