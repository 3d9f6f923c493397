"""Vectors of swarm/sdp.py: connections and the SDP they are written as, descriptions of browsers, and attacks."""

from typing import Any

from swarm.errors import ProtocolError
from swarm.schema import unbuild
from swarm.sdp import read_candidate, read_sdp, write_sdp
from swarm.tracker_messages import ACTIVE, ACTPASS, HOST, PASSIVE, PRFLX, RELAY, SRFLX, Candidate, Connection

_PRINT = bytes(range(100, 132))
_V4 = Candidate(HOST, "1", 2122260223, "192.168.1.7", 50000)
_MDNS = Candidate(HOST, "2+/", 2122194687, "4f1e2a3b-0000-4000-8000-1234567890ab.local", 1)
_V6 = Candidate(SRFLX, "842163049", 2**32 - 1, "2001:db8::7", 65535)
_RELAY = Candidate(RELAY, "9", 0, "198.51.100.9", 9)
_UFRAG, _PASSWORD = "aB3+", "x" * 22
_CONNECTIONS = [
    Connection(_UFRAG, _PASSWORD, ACTPASS, (_V4, _MDNS, _V6, _RELAY)),
    Connection("u" * 256, "p" * 256, PASSIVE, ()),
    Connection(_UFRAG, _PASSWORD, ACTIVE, (Candidate(PRFLX, "1", 1, "::ffff:10.0.0.1", 1024),)),
]
_BROWSER = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=application 54321 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 203.0.113.4
a=candidate:1 1 udp 2113937151 b2f4.local 54321 typ host generation 0 network-cost 999
a=candidate:2 1 UDP 1677729535 203.0.113.4 54321 typ srflx raddr 0.0.0.0 rport 0 generation 0
a=candidate:3 1 tcp 1518280447 10.0.0.4 9 typ host tcptype active generation 0
a=candidate:4 2 udp 2113937150 10.0.0.4 54322 typ host
a=ice-ufrag:EsAw
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
a=ice-options:trickle
a=fingerprint:sha-256 {print}
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
""".replace("{print}", _PRINT.hex(":").upper())
_LINE = "candidate:1 1 udp 2113937151 10.0.0.4 54321 typ host"


def sdp_vectors() -> dict[str, Any]:
    return {
        "fingerprint": _PRINT.hex(),
        "written": [{"connection": _plain(one), "sdp": write_sdp(one, _PRINT)} for one in _CONNECTIONS],
        "read": [{"sdp": sdp, "connection": _plain(_read(sdp))} for sdp in (_BROWSER, _BROWSER.replace("\n", "\r\n"))],
        "refused": [_refused(why, _BROWSER.replace(old, new)) for why, old, new in _ATTACKS],
        "refused_connections": [_refused_connection(one) for one in _smugglers()],
        "candidates": [{"line": line, "candidate": _candidate(line)} for line in _LINES],
        "refused_candidates": [_refused_candidate(line) for line in _BAD_LINES],
    }


_ATTACKS = [
    ("no ufrag", "a=ice-ufrag:EsAw\n", ""),
    ("two ufrags", "a=ice-ufrag:EsAw\n", "a=ice-ufrag:EsAw\na=ice-ufrag:EsAx\n"),
    ("a ufrag of 3", ":EsAw", ":EsA"),
    ("a ufrag with a space", ":EsAw", ":Es w"),
    ("a password of 21", "P2uYro0UCOQ4zxjKXaWCBui1", "P2uYro0UCOQ4zxjKXaWCB"),
    ("no fingerprint", "a=fingerprint:sha-256", "a=fingerprint:sha-1"),
    ("a short fingerprint", "64:65:", "64:"),
    ("two fingerprints", "a=setup:", "a=fingerprint:sha-256 " + "AA:" * 31 + "AA\na=setup:"),
    ("an unknown setup", "a=setup:actpass", "a=setup:holdconn"),
    ("another SCTP port", "a=sctp-port:5000", "a=sctp-port:5001"),
    ("a second section", "a=mid:0\n", "a=mid:0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n"),
    ("no section", "m=application 54321 UDP/DTLS/SCTP webrtc-datachannel\n", ""),
    ("a section of RTP", "m=application 54321 UDP/DTLS/SCTP webrtc-datachannel", "m=audio 9 UDP/TLS/RTP/SAVPF 0"),
    ("no version", "v=0\n", ""),
    ("a line that is none", "a=mid:0\n", "mid\n"),
    ("letters beyond ASCII", "a=mid:0\n", "a=mid:零\n"),
    ("a control character", "a=mid:0\n", "a=mid:\x07\n"),
    ("a bare carriage return", "a=mid:0\n", "a=mid:0\ra=x\n"),
    ("a broken candidate", "a=candidate:4 2 udp", "a=candidate:4 udp"),
    ("too many lines", "a=mid:0\n", "a=mid:0\n" + "a=x\n" * 200),
    ("too long", "a=mid:0\n", "a=mid:0\na=" + "x" * 17_000 + "\n"),
]
_LINES = [
    _LINE,
    _LINE.replace("udp", "UDP"),
    _LINE.replace("10.0.0.4", "fe80::1"),
    _LINE.replace("10.0.0.4", "::"),
    _LINE.replace("10.0.0.4", "1:2:3:4:5:6:7:8"),
    _LINE.replace("10.0.0.4", "1:2:3:4:5:6:10.0.0.4"),
    _LINE.replace("10.0.0.4", "a-1.local"),
    _LINE.replace("udp", "tcp"),
    _LINE.replace(" 1 udp", " 2 udp"),
    _LINE + " raddr 10.0.0.4 rport 9 generation 0 ufrag EsAw network-id 1",
]
_BAD_LINES = [
    "",
    _LINE.removeprefix("candidate:"),
    _LINE.replace("typ host", "typ other"),
    _LINE.replace("typ host", ""),
    _LINE + " odd",
    _LINE + "\n",
    _LINE.replace("2113937151", "4294967296"),
    _LINE.replace("54321", "0"),
    _LINE.replace("54321", "65536"),
    *(
        _LINE.replace("10.0.0.4", address)
        for address in (
            "10.0.0",
            "10.0.0.256",
            "10.0.0.04",
            "10.0.0.4.5",
            "example.org",
            ".local",
            "a.b.local",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            ":::",
            ":1",
            "12345::",
            "::10.0.0.256",
            "fe80::1%eth0",
            "g::1",
            "1:2:3:4:5:6:7:10.0.0.4",
        )
    ),
]


def _read(sdp: str) -> Connection:
    connection, fingerprint = read_sdp(sdp)
    assert fingerprint == _PRINT
    return connection


def _plain(connection: Connection) -> list[Any]:
    return unbuild(connection)


def _candidate(line: str) -> list[Any] | None:
    candidate = read_candidate(line)
    return None if candidate is None else unbuild(candidate)


def _smugglers() -> list[Connection]:
    evil = "x\r\na=fingerprint:sha-256 00"
    bad = [
        ("foundation", "1 1"),
        ("foundation", ""),
        ("address", "10.0.0.4 9"),
        ("address", evil),
        ("address", "x.org"),
    ]
    candidates = [
        Candidate(HOST, value if name == "foundation" else "1", 1, "::1" if name == "foundation" else value, 9)
        for name, value in bad
    ]
    return [
        Connection(_UFRAG + evil, _PASSWORD, ACTPASS, ()),
        Connection(_UFRAG, _PASSWORD + evil, ACTPASS, ()),
        Connection(_UFRAG, _PASSWORD, 3, ()),
        Connection("abc", _PASSWORD, ACTPASS, ()),
        Connection(_UFRAG, "x" * 21, ACTPASS, ()),
        Connection(_UFRAG + "\n", _PASSWORD, ACTPASS, ()),
        Connection(_UFRAG, _PASSWORD, ACTPASS, (_V4,) * 13),
        Connection(_UFRAG, _PASSWORD, ACTPASS, (Candidate(HOST, "1", 1, "10.0.0.4", 0),)),
        *(Connection(_UFRAG, _PASSWORD, ACTPASS, (one,)) for one in candidates),
    ]  # fmt: skip


def _refused(why: str, sdp: str) -> dict[str, str]:
    try:
        read_sdp(sdp)
    except ProtocolError:
        return {"why": why, "sdp": sdp}
    raise AssertionError(f"taken: {why}")


def _refused_connection(connection: Connection) -> list[Any]:
    try:
        write_sdp(connection, _PRINT)
    except ProtocolError:
        return [
            connection.ufrag,
            connection.password,
            connection.setup,
            [unbuild_loose(c) for c in connection.candidates],
        ]
    raise AssertionError(f"taken: {connection}")


def unbuild_loose(candidate: Candidate) -> list[Any]:
    """The fields of a candidate, over their limits or not."""
    return [candidate.kind, candidate.foundation, candidate.priority, candidate.address, candidate.port]


def _refused_candidate(line: str) -> str:
    try:
        read_candidate(line)
    except ProtocolError:
        return line
    raise AssertionError(f"taken: {line}")
