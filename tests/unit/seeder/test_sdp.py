"""SDP of a data-channel session: what is written reads back, and what could smuggle is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import ProtocolError
from swarm.sdp import MAX_SDP_BYTES, read_candidate, read_sdp, write_candidate, write_sdp
from swarm.tracker_messages import MAX_CANDIDATES, Candidate, Connection

ICE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
FINGERPRINT = bytes(range(32))
PASSWORD = "p" * 22

addresses = st.one_of(
    st.ip_addresses().map(str),
    st.uuids().map(lambda uuid: f"{uuid}.local"),
)
candidates = st.builds(
    Candidate,
    st.integers(0, 3),
    st.text(ICE, min_size=1, max_size=32),
    st.integers(0, 2**32 - 1),
    addresses,
    st.integers(1, 65535),
)
connections = st.builds(
    Connection,
    st.text(ICE, min_size=4, max_size=256),
    st.text(ICE, min_size=22, max_size=256),
    st.integers(0, 2),
    st.lists(candidates, max_size=MAX_CANDIDATES).map(tuple),
)

CHROMIUM = """v=0
o=- 3546004397921447048 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=application 46154 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 192.0.2.7
a=candidate:2999745851 1 udp 2113937151 5d3d8b0e-5d1f-4b7e-8f3c-0a4c2f0f7f10.local 46154 typ host network-cost 999
a=candidate:2090976395 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active generation 0
a=candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0
a=ice-ufrag:E2Jn
a=ice-pwd:HXz1+0Zq/6nHgk2lVKTQ1zTx
a=ice-options:trickle
a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
"""


@given(connections, st.binary(min_size=32, max_size=32))
def test_what_is_written_reads_back(connection: Connection, fingerprint: bytes) -> None:
    assert read_sdp(write_sdp(connection, fingerprint)) == (connection, fingerprint)


@given(candidates)
def test_candidates_read_back(candidate: Candidate) -> None:
    assert read_candidate(write_candidate(candidate)) == candidate


@given(st.text(max_size=400))
def test_any_text_is_refused_or_read(text: str) -> None:
    with pytest.raises(ProtocolError):
        read_sdp(text)


@given(st.integers(0, len(CHROMIUM) - 1), st.characters())
def test_a_changed_character_raises_nothing_else(place: int, character: str) -> None:
    try:
        connection, fingerprint = read_sdp(CHROMIUM[:place] + character + CHROMIUM[place + 1 :])
    except ProtocolError:
        return
    assert read_sdp(write_sdp(connection, fingerprint)) == (connection, fingerprint)


def test_chromium_is_understood() -> None:
    connection, fingerprint = read_sdp(CHROMIUM)
    assert connection.ufrag == "E2Jn"
    assert [(c.kind, c.address) for c in connection.candidates] == [
        (0, "5d3d8b0e-5d1f-4b7e-8f3c-0a4c2f0f7f10.local"),
        (1, "203.0.113.9"),
    ]
    assert fingerprint.hex().startswith("6b8bf065")


@pytest.mark.parametrize(
    ("ufrag", "password", "address"),
    [
        ("ab\r\na=x", PASSWORD, "192.0.2.1"),
        ("abcd", PASSWORD + "\r\na=fingerprint:sha-256 00", "192.0.2.1"),
        ("abcd", PASSWORD, "192.0.2.1 1 typ host\r\na=x"),
        ("abcd", PASSWORD, "example.com"),
        ("abcd", PASSWORD, "fe80::1%eth0"),
        ("abcd", PASSWORD, "evil.local.example.com"),
        ("abc", PASSWORD, "192.0.2.1"),
        ("abcd", "short", "192.0.2.1"),
    ],
)
def test_fields_cannot_smuggle(ufrag: str, password: str, address: str) -> None:
    candidate = Candidate(0, "1", 1, address, 1)
    with pytest.raises(ProtocolError):
        write_sdp(Connection(ufrag, password, 0, (candidate,)), FINGERPRINT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("m=application", "m=audio"),
        ("a=mid:0", "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:0"),
        ("UDP/DTLS/SCTP", "TCP/DTLS/SCTP"),
        ("a=setup:actpass", "a=setup:holdconn"),
        ("a=setup:actpass", "a=setup:actpass\na=setup:active"),
        ("a=ice-ufrag:E2Jn", "a=ice-ufrag:E2Jn\na=ice-ufrag:other"),
        ("a=ice-pwd:", "a=x-pwd:"),
        ("sha-256", "sha-1"),
        ("a=sctp-port:5000", "a=sctp-port:5001"),
        ("46154 typ srflx", "99999 typ srflx"),
        ("1677729535", "4294967296"),
        ("203.0.113.9", "203.0.113.999"),
        ("v=0", "v=1"),
    ],
)
def test_what_matters_is_strict(old: str, new: str) -> None:
    with pytest.raises(ProtocolError):
        read_sdp(CHROMIUM.replace(old, new, 1))


def test_sizes_are_bounded() -> None:
    with pytest.raises(ProtocolError):
        read_sdp(CHROMIUM + "a=x:" + "y" * MAX_SDP_BYTES)
    with pytest.raises(ProtocolError):
        read_sdp(CHROMIUM + "a=x\n" * 200)
    many = CHROMIUM + "".join(f"a=candidate:1 1 udp 1 192.0.2.7 {port} typ host\n" for port in range(1, 30))
    assert len(read_sdp(many)[0].candidates) == MAX_CANDIDATES
    with pytest.raises(ProtocolError):
        write_sdp(Connection("abcd", PASSWORD, 0, (Candidate(0, "1", 1, "192.0.2.1", 1),) * 13), FINGERPRINT)
