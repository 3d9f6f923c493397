"""Typed connection fields to SDP and back, for a session of data channels alone (RFC 8829, RFC 8841, RFC 8839).

SDP lives only between a peer and its own WebRTC library; on the wire travel `Connection` and `Candidate` of
`swarm.tracker_messages`. Reading is strict about everything that matters and skips what does not (unknown
attributes, candidates over TCP or of other components); writing refuses fields that could smuggle a line.
"""

import ipaddress
import re

from swarm.errors import ProtocolError
from swarm.tracker_messages import ACTIVE, ACTPASS, HOST, MAX_CANDIDATES, PASSIVE, Candidate, Connection

MAX_SDP_BYTES = 16 * 1024
MAX_SDP_LINES = 200
MAX_MESSAGE_BYTES = 68 * 1024
"""What we tell the other side to send at most in one message."""
MID = "0"
_SCTP_PORT = 5000
_FINGERPRINT_BYTES = 32
_KINDS = ("host", "srflx", "prflx", "relay")
_SETUPS = ("actpass", "active", "passive")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FOUNDATION = re.compile(r"[A-Za-z0-9+/]{1,32}")
_MDNS = re.compile(r"[A-Za-z0-9-]{1,57}\.local")
_FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_CANDIDATE = re.compile(
    r"([A-Za-z0-9+/]{1,32}) ([0-9]{1,3}) ([A-Za-z]{3,8}) ([0-9]{1,10}) ([A-Za-z0-9.:-]{1,64}) ([0-9]{1,5})"
    r" typ ([a-z]{4,5})(?: [\x21-\x7e]+ [\x21-\x7e]+)*"
)


def write_sdp(connection: Connection, fingerprint: bytes) -> str:
    """Write an offer or answer that demands the certificate with this SHA-256 (32 bytes). Raises ProtocolError."""
    _require(_UFRAG.fullmatch(connection.ufrag), "ufrag", connection.ufrag)
    _require(_PASSWORD.fullmatch(connection.password), "password", connection.password)
    _require(connection.setup in (ACTPASS, ACTIVE, PASSIVE), "setup", connection.setup)
    _require(len(fingerprint) == _FINGERPRINT_BYTES, "fingerprint", fingerprint.hex())
    _require(len(connection.candidates) <= MAX_CANDIDATES, "candidates", len(connection.candidates))
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {MID}",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        *(f"a={write_candidate(candidate)}" for candidate in connection.candidates),
        f"a=ice-ufrag:{connection.ufrag}",
        f"a=ice-pwd:{connection.password}",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {fingerprint.hex(':').upper()}",
        f"a=setup:{_SETUPS[connection.setup]}",
        f"a=mid:{MID}",
        f"a=sctp-port:{_SCTP_PORT}",
        f"a=max-message-size:{MAX_MESSAGE_BYTES}",
    ]
    return "\r\n".join(lines) + "\r\n"


def read_sdp(text: str) -> tuple[Connection, bytes]:
    """Read an offer or answer: its fields and the SHA-256 of its certificate. Raises ProtocolError."""
    attributes = _attributes(_lines(text))
    _require(attributes.get("sctp-port", [str(_SCTP_PORT)]) == [str(_SCTP_PORT)], "sctp-port", "")
    setup = _only(attributes, "setup")
    _require(setup in _SETUPS, "setup", setup)
    ufrag, password = _only(attributes, "ice-ufrag"), _only(attributes, "ice-pwd")
    _require(_UFRAG.fullmatch(ufrag), "ufrag", ufrag)
    _require(_PASSWORD.fullmatch(password), "password", password)
    found = [read_candidate(f"candidate:{value}") for value in attributes.get("candidate", [])]
    candidates = tuple(candidate for candidate in found if candidate is not None)[:MAX_CANDIDATES]
    connection = Connection(ufrag, password, _SETUPS.index(setup), candidates)
    return connection, _fingerprint(attributes.get("fingerprint", []))


def write_candidate(candidate: Candidate) -> str:
    """Write a candidate-attribute (RFC 8839 section 5.1). Raises ProtocolError."""
    _require(_FOUNDATION.fullmatch(candidate.foundation), "foundation", candidate.foundation)
    _require(0 <= candidate.kind < len(_KINDS), "kind", candidate.kind)
    _require(0 <= candidate.priority < 2**32, "priority", candidate.priority)
    _require(0 < candidate.port <= 65535, "port", candidate.port)
    check_address(candidate.address)
    line = (
        f"candidate:{candidate.foundation} 1 udp {candidate.priority} {candidate.address} {candidate.port}"
        f" typ {_KINDS[candidate.kind]}"
    )
    if candidate.kind == HOST:
        return line
    return line + (" raddr :: rport 9" if ":" in candidate.address else " raddr 0.0.0.0 rport 9")


def read_candidate(line: str) -> Candidate | None:
    """Read a candidate-attribute; None when it is of no use to us (TCP, another component). Raises ProtocolError."""
    match = _CANDIDATE.fullmatch(line.removeprefix("candidate:"))
    if match is None or not line.startswith("candidate:"):
        raise ProtocolError("sdp", f"not a candidate: {line[:80]!r}")
    foundation, component, transport, priority, address, port, kind = match.groups()
    if transport.lower() != "udp" or component != "1":
        return None
    _require(kind in _KINDS, "kind", kind)
    _require(int(priority) < 2**32, "priority", priority)
    _require(0 < int(port) <= 65535, "port", port)
    check_address(address)
    return Candidate(_KINDS.index(kind), foundation, int(priority), address, int(port))


def is_mdns(address: str) -> bool:
    """Whether an address is a multicast DNS name that hides a host's own address from pages."""
    return _MDNS.fullmatch(address) is not None


def check_address(address: str) -> None:
    """Raise ProtocolError unless this is an IP address without a zone, or a multicast DNS name."""
    if is_mdns(address):
        return
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise ProtocolError("sdp", f"not an address: {address[:64]!r}") from error
    _require("%" not in address, "address", address)


def _lines(text: str) -> list[str]:
    """Non-empty lines of an SDP of one section for data channels. Raises ProtocolError."""
    if len(text) > MAX_SDP_BYTES or not text.isascii():
        raise ProtocolError("sdp", f"an SDP has at most {MAX_SDP_BYTES} bytes of ASCII")
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    _require(2 < len(lines) <= MAX_SDP_LINES and lines[0] == "v=0", "lines", len(lines))
    _require(all(re.fullmatch(r"[a-z]=[\x20-\x7e]*", line) for line in lines), "line", "")
    media = [line for line in lines if line.startswith("m=")]
    wanted = re.fullmatch(r"m=application [0-9]{1,5} UDP/DTLS/SCTP webrtc-datachannel", media[0]) if media else None
    _require(len(media) == 1 and wanted, "media", media[:2])
    return lines


def _attributes(lines: list[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            values.setdefault(name, []).append(value)
    return values


def _only(attributes: dict[str, list[str]], name: str) -> str:
    values = attributes.get(name, [])
    _require(len(values) == 1, name, values[:2])
    return values[0]


def _fingerprint(values: list[str]) -> bytes:
    """The one SHA-256 fingerprint; other algorithms beside it say nothing more about the same certificate."""
    pairs = [value.partition(" ") for value in values]
    sha256 = [digits for algorithm, _, digits in pairs if algorithm.lower() == "sha-256"]
    _require(len(sha256) == 1 and _FINGERPRINT.fullmatch(sha256[0]), "fingerprint", sha256[:2])
    return bytes.fromhex(sha256[0].replace(":", ""))


def _require(condition: object, what: str, value: object) -> None:
    if not condition:
        raise ProtocolError("sdp", f"{what} of an SDP must not be {str(value)[:80]!r}")
