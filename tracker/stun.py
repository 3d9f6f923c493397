"""STUN Binding (RFC 8489): a peer asks from which address its datagrams come. Bytes in, bytes out.

Only what our own peers need: Binding requests without authentication over UDP. An answer is at most 24 bytes longer
than its request, so this reflects no more than any STUN server.
"""

import struct
import zlib
from dataclasses import dataclass
from ipaddress import ip_address

from tracker.errors import StunError

HEADER_BYTES = 20
MAX_REQUEST_BYTES = 548
BINDING_REQUEST, BINDING_RESPONSE, BINDING_ERROR = 0x0001, 0x0101, 0x0111
XOR_MAPPED_ADDRESS, ERROR_CODE, UNKNOWN_ATTRIBUTES, FINGERPRINT = 0x0020, 0x0009, 0x000A, 0x8028
COOKIE = 0x2112A442
_FINGERPRINT_XOR = 0x5354554E
_KNOWN = frozenset({0x0006, 0x0008, 0x001C, 0x0024, 0x0025})
"""USERNAME, MESSAGE-INTEGRITY (both kinds), PRIORITY, USE-CANDIDATE: understood as of no matter here."""
_MAX_UNKNOWN = 4
_HEADER = struct.Struct(">HHI12s")


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A well-formed request: its transaction id (12 bytes), whether it carried a fingerprint, and which required
    attributes are not known here."""

    transaction: bytes
    fingerprint: bool
    unknown: tuple[int, ...]


def decode_request(data: bytes) -> BindingRequest:
    """Read a Binding request. Raises StunError on anything else; such a datagram gets no answer."""
    if not HEADER_BYTES <= len(data) <= MAX_REQUEST_BYTES:
        raise StunError("size", f"a request has {HEADER_BYTES} to {MAX_REQUEST_BYTES} bytes, not {len(data)}")
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != COOKIE:
        raise StunError("kind", "not a Binding request of RFC 8489")
    if length % 4 or length != len(data) - HEADER_BYTES:
        raise StunError("length", f"{length} bytes of attributes announced, {len(data) - HEADER_BYTES} there")
    attributes = _attributes(data)
    unknown = tuple(k for k, _ in attributes if k < 0x8000 and k not in _KNOWN)
    return BindingRequest(transaction, _has_fingerprint(data, attributes), unknown[:_MAX_UNKNOWN])


def encode_response(request: BindingRequest, host: str, port: int) -> bytes:
    """The answer to a request that came from `host` and `port`: XOR-MAPPED-ADDRESS, or error 420."""
    if request.unknown:
        return _message(BINDING_ERROR, request, _unknown_attributes(request.unknown))
    return _message(BINDING_RESPONSE, request, _mapped_address(request.transaction, host, port))


def _attributes(data: bytes) -> list[tuple[int, int]]:
    """Kind and offset of each attribute (section 14). Raises StunError when one reaches past the end."""
    found, at = [], HEADER_BYTES
    while at < len(data):
        kind, length = struct.unpack_from(">HH", data, at)
        found.append((kind, at))
        at += 4 + length + -length % 4
    if at != len(data):
        raise StunError("attribute", "an attribute reaches past the end")
    return found


def _has_fingerprint(data: bytes, attributes: list[tuple[int, int]]) -> bool:
    """Whether there is a FINGERPRINT (section 14.7). Raises StunError when it is wrong or not the last."""
    places = [at for kind, at in attributes if kind == FINGERPRINT]
    if not places:
        return False
    at = places[0]
    if at != len(data) - 8 or data[at + 2 : at + 4] != b"\0\4" or data[at + 4 :] != _fingerprint(data[:at]):
        raise StunError("fingerprint", "the fingerprint does not match")
    return True


def _mapped_address(transaction: bytes, host: str, port: int) -> bytes:
    """XOR-MAPPED-ADDRESS (section 14.2)."""
    packed = ip_address(host.partition("%")[0]).packed
    if len(packed) == 16 and packed[:12] == bytes(10) + b"\xff\xff":
        packed = packed[12:]
    mask = COOKIE.to_bytes(4, "big") + transaction
    family = 1 if len(packed) == 4 else 2
    mapped = bytes(a ^ b for a, b in zip(packed, mask, strict=False))
    return struct.pack(">HHBBH", XOR_MAPPED_ADDRESS, 4 + len(mapped), 0, family, port ^ (COOKIE >> 16)) + mapped


def _unknown_attributes(unknown: tuple[int, ...]) -> bytes:
    """ERROR-CODE 420 and UNKNOWN-ATTRIBUTES (sections 14.8 and 14.13)."""
    kinds = struct.pack(f">{len(unknown)}H", *unknown)
    error = struct.pack(">HHBBBB", ERROR_CODE, 4, 0, 0, 4, 20)
    return error + struct.pack(">HH", UNKNOWN_ATTRIBUTES, len(kinds)) + kinds + bytes(-len(kinds) % 4)


def _message(kind: int, request: BindingRequest, attributes: bytes) -> bytes:
    length = len(attributes) + (8 if request.fingerprint else 0)
    message = _HEADER.pack(kind, length, COOKIE, request.transaction) + attributes
    if request.fingerprint:
        message += struct.pack(">HH", FINGERPRINT, 4) + _fingerprint(message)
    return message


def _fingerprint(message: bytes) -> bytes:
    return (zlib.crc32(message) ^ _FINGERPRINT_XOR).to_bytes(4, "big")
