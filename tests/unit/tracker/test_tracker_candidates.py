"""No candidate is relayed that would make others send to a stranger."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import ProtocolError
from swarm.tracker_messages import ACTPASS, HOST, SRFLX, Candidate, Connection
from tracker.addresses import Address, Scope, network_of, scope, seen_from, socket_address
from tracker.candidates import Vantage, check_ice_text, told, told_connection

MDNS = "3f6c2a51-9f3b-4f0e-8a1c-0d2e4b6a8c10.local"
PUBLIC = Vantage(ip_address("8.8.8.8"))
OTHER = Vantage(ip_address("9.9.9.9"))
SAME_NAT = Vantage(ip_address("8.8.8.8"))
LAN = Vantage(ip_address("192.168.1.10"))
LAN_2 = Vantage(ip_address("10.3.0.7"))
LOOP = Vantage(ip_address("127.0.0.1"))
LOOP_6 = Vantage(ip_address("::1"))
SIX = Vantage(ip_address("2a00:1450:4001:80f::200e"))
SIX_NEIGHBOUR = Vantage(ip_address("2a00:1450:4001:80f::77"))

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
vantages = st.builds(Vantage, addresses, st.just(False))


def candidate(address: str, port: int = 4000, foundation: str = "1") -> Candidate:
    return Candidate(HOST, foundation, 1, address, port)


def passes(address: str, sender: Vantage, receiver: Vantage) -> bool:
    return bool(told((candidate(address),), sender, receiver))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "::",
        "fe80::1",
        "fec0::1",
        "ff02::fb",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::808:808",
        "fe80::1%eth0",
        "2001:db8::1%x",
        "010.0.0.1",
        "0x7f.1",
        "127.1",
        "1",
        "localhost",
        "example.com",
        "school.local",
        f"x{MDNS}",
        f"{MDNS}.",
        f"{MDNS}\r\na=x",
        "10.0.0.1\n",
        "10.0.0.1 4000 typ host",
    ],
)
@pytest.mark.parametrize("pair", [(LAN, LAN_2), (LOOP, LOOP), (PUBLIC, SAME_NAT)])
def test_what_nobody_is_told(address: str, pair: tuple[Vantage, Vantage]) -> None:
    assert not passes(address, *pair)


def test_a_third_partys_address_is_never_told() -> None:
    for receiver in (OTHER, SAME_NAT, LAN, LOOP):
        assert not passes("1.1.1.1", PUBLIC, receiver)
        assert not passes("1.1.1.1", LAN, receiver)
        assert not passes("2606:4700::1111", SIX, receiver)


def test_a_peers_own_public_address_is_told() -> None:
    assert passes("8.8.8.8", PUBLIC, OTHER)
    assert passes("2a00:1450:4001:80f:0::200e", SIX, OTHER)
    assert told((candidate("2A00:1450:4001:80F:0::200E"),), SIX, OTHER)[0].address == "2a00:1450:4001:80f::200e"


def test_the_other_family_is_not_told() -> None:
    assert not passes("8.8.8.8", SIX, OTHER)
    assert not passes("2a00:1450:4001:80f::200e", PUBLIC, OTHER)


@pytest.mark.parametrize("address", ["192.168.1.10", "10.9.9.9", "100.64.3.4", "fd00::7", "203.0.113.9", MDNS])
def test_private_addresses_stay_within_a_lan(address: str) -> None:
    assert passes(address, PUBLIC, SAME_NAT)
    assert passes(address, LAN, LAN_2)
    assert passes(address, LOOP, LAN)
    assert passes(address, SIX, SIX_NEIGHBOUR)
    assert not passes(address, PUBLIC, OTHER)
    assert not passes(address, LAN, PUBLIC)
    assert not passes(address, PUBLIC, LAN)
    assert not passes(address, PUBLIC, LOOP)


def test_loopback_stays_on_the_machine() -> None:
    assert passes("127.0.0.1", LOOP, LOOP_6)
    assert passes("::1", LOOP, LOOP)
    for other in (LAN, PUBLIC):
        assert not passes("127.0.0.1", LOOP, other)
        assert not passes("127.0.0.1", other, LOOP)


def test_only_a_seeder_beside_the_tracker_may_name_a_public_address_unseen() -> None:
    beside, away = Vantage(LOOP.address, seeder=True), Vantage(PUBLIC.address, seeder=True)
    assert passes("1.1.1.1", beside, OTHER)
    assert not passes("169.254.169.254", beside, OTHER)
    assert not passes("1.1.1.1", away, OTHER)
    assert not passes("1.1.1.1", OTHER, beside)


def test_ports_and_foundations_are_checked() -> None:
    assert not told((candidate("10.0.0.1", port=0),), LAN, LAN)
    assert not told((candidate("10.0.0.1", foundation="1\r\na=x"),), LAN, LAN)
    assert not told((candidate("10.0.0.1", foundation="1 2"),), LAN, LAN)


def test_duplicates_are_told_once() -> None:
    twice = (candidate("fd00::1"), candidate("FD00:0::1"), candidate("fd00::1", port=4001))
    assert len(told(twice, LAN, LAN)) == 2


@pytest.mark.parametrize("text", ["a b", "a\n", "a\r\na=candidate", "é", "a=b", "\0", ""])
def test_no_line_of_sdp_fits_into_a_ufrag(text: str) -> None:
    with pytest.raises(ProtocolError):
        check_ice_text(text)
    with pytest.raises(ProtocolError):
        told_connection(Connection("ufrag", text, ACTPASS, ()), LAN, LAN)
    with pytest.raises(ProtocolError):
        told_connection(Connection(text, "p" * 22, ACTPASS, ()), LAN, LAN)


@given(address=addresses, sender=vantages, receiver=vantages)
def test_whatever_is_told_has_a_reason(address: Address, sender: Vantage, receiver: Vantage) -> None:
    shared = network_of(sender.address) == network_of(receiver.address)
    for one in told((Candidate(SRFLX, "1", 1, str(address), 1),), sender, receiver):
        assert ip_address(one.address) == address
        near = scope(sender.address) is not Scope.PUBLIC and scope(receiver.address) is not Scope.PUBLIC
        assert address == sender.address or shared or near
        assert not any((address.is_multicast, address.is_unspecified, address.is_link_local))


@given(st.ip_addresses(v=4))
def test_public_is_public_to_the_library_too(address: IPv4Address) -> None:
    if scope(address) is Scope.PUBLIC:
        assert address.is_global or address in ip_network("192.88.99.0/24") or address in ip_network("192.31.196.0/24")


def test_the_socket_says_where_a_peer_is() -> None:
    assert socket_address("::ffff:8.8.8.8") == IPv4Address("8.8.8.8")
    assert socket_address("fe80::1%eth0") == IPv6Address("fe80::1")
    assert socket_address(None) == socket_address("") == IPv4Address("127.0.0.1")


def test_only_trusted_proxies_are_believed() -> None:
    proxies = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))
    assert str(seen_from("8.8.8.8", ["1.1.1.1"], proxies)) == "8.8.8.8"
    assert str(seen_from("127.0.0.1", ["1.1.1.1"], ())) == "127.0.0.1"
    assert str(seen_from("127.0.0.1", ["6.6.6.6, 1.1.1.1"], proxies)) == "1.1.1.1"
    assert str(seen_from("127.0.0.1", ["6.6.6.6", "1.1.1.1, 10.0.0.2"], proxies)) == "1.1.1.1"
    assert str(seen_from("127.0.0.1", ["6.6.6.6, nonsense"], proxies)) == "127.0.0.1"
    assert str(seen_from("127.0.0.1", [], proxies)) == "127.0.0.1"
