"""STUN Binding against the vectors of RFC 5769, and against whatever else comes."""

import struct
from ipaddress import ip_address

import pytest
from aioice import stun as aioice_stun
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import StunError
from tracker.stun import COOKIE, decode_request, encode_response

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
RFC_5769_REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff"
    "80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249"
    "c1b571a280280004e57a3bcf"
)


def request(attributes: bytes = b"", kind: int = 1, cookie: int = COOKIE, length: int | None = None) -> bytes:
    size = len(attributes) if length is None else length
    return struct.pack(">HHI12s", kind, size, cookie, TRANSACTION) + attributes


def test_the_request_of_rfc_5769_is_understood() -> None:
    found = decode_request(RFC_5769_REQUEST)
    assert found.transaction == TRANSACTION
    assert found.fingerprint
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("host", "attribute"),
    [
        ("192.0.2.1", "002000080001a147e112a643"),
        ("2001:db8:1234:5678:11:2233:4455:6677", "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"),
        ("::ffff:192.0.2.1", "002000080001a147e112a643"),
    ],
)
def test_addresses_are_written_as_in_rfc_5769(host: str, attribute: str) -> None:
    response = encode_response(decode_request(request()), host, 32853)
    assert response[20:].hex() == attribute
    assert response[:8] == struct.pack(">HHI", 0x0101, len(response) - 20, COOKIE)


@given(st.ip_addresses(), st.integers(1, 65535), st.booleans())
def test_another_implementation_reads_the_answer(address: object, port: int, fingerprint: bool) -> None:
    asked = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST, TRANSACTION)
    if fingerprint:
        asked.add_fingerprint()
    response = encode_response(decode_request(bytes(asked)), str(address), port)
    heard = aioice_stun.parse_message(response)
    host, found = heard.attributes["XOR-MAPPED-ADDRESS"]
    mapped = getattr(address, "ipv4_mapped", None)
    assert (ip_address(host), found) == (mapped or address, port)
    assert ("FINGERPRINT" in heard.attributes) == fingerprint


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "size"),
        (request()[:19], "size"),
        (request(b"\x80\x22\0\0" * 200), "size"),
        (request(kind=0x0101), "kind"),
        (request(kind=0x0003), "kind"),
        (request(kind=0x8001), "kind"),
        (request(cookie=0), "kind"),
        (request(length=4), "length"),
        (request(b"\0" * 4, length=0), "length"),
        (request(b"\0\0", length=2), "length"),
        (request(b"\x80\x22\0\x05abcd"), "attribute"),
        (request(b"\x80\x22\xff\xff"), "attribute"),
        (request(b"\x80\x28\0\x04\0\0\0\0"), "fingerprint"),
        (RFC_5769_REQUEST[:-1] + b"\0", "fingerprint"),
    ],
)
def test_what_gets_no_answer(data: bytes, reason: str) -> None:
    with pytest.raises(StunError) as error:
        decode_request(data)
    assert error.value.reason == reason


def test_unknown_required_attributes_are_named() -> None:
    response = encode_response(decode_request(request(b"\0\x03\0\0" + b"\x7f\xff\0\0" + b"\xff\xff\0\0")), "8.8.8.8", 1)
    assert response[20:].hex() == "0009000400000414" + "000a0004" + "00037fff"
    many = encode_response(decode_request(request(b"\x7f\xff\0\0" * 100)), "8.8.8.8", 1)
    assert len(many) <= 44


@given(st.binary(max_size=600))
def test_nothing_but_stun_errors(data: bytes) -> None:
    try:
        found = decode_request(data)
    except StunError:
        return
    assert len(encode_response(found, "8.8.8.8", 1)) <= len(data) + 24


@given(st.binary(max_size=60))
def test_nothing_but_stun_errors_behind_a_good_header(attributes: bytes) -> None:
    try:
        found = decode_request(request(attributes))
    except StunError:
        return
    assert len(encode_response(found, "2001:db8::1", 1)) <= len(attributes) + 20 + 24
