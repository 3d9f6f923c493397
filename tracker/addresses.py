"""What an IP address says about where a peer is (RFC 6890 and the IANA special-purpose registries)."""

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Scope(Enum):
    """How far an address reaches."""

    NEVER = "unspecified, link-local, multicast, broadcast, reserved or an embedding of IPv4"
    LOOPBACK = "this machine"
    PRIVATE = "a network behind some router"
    PUBLIC = "the internet"


_LOOPBACK = tuple(map(ip_network, ("127.0.0.0/8", "::1/128")))
_PRIVATE = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",
            "172.16.0.0/12",
            "192.0.2.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "2001:db8::/32",
            "3fff::/20",
            "fc00::/7",
        ),
    )
)
_NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "169.254.0.0/16",
            "192.0.0.0/24",
            "224.0.0.0/3",
            "::/128",
            "::/96",
            "::ffff:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "fe80::/9",
            "ff00::/8",
        ),
    )
)


@lru_cache(maxsize=8192)
def scope(address: Address) -> Scope:
    """How far an address reaches. Documentation and benchmark ranges count as private: laboratories use them."""
    for networks, found in ((_LOOPBACK, Scope.LOOPBACK), (_PRIVATE, Scope.PRIVATE), (_NEVER, Scope.NEVER)):
        if any(address in network for network in networks):
            return found
    return Scope.PUBLIC


def is_near(address: Address) -> bool:
    """Whether a peer seen from this address is on the tracker's own side of the internet's edge."""
    return scope(address) is not Scope.PUBLIC


def socket_address(text: str | None) -> Address:
    """The address a peer is seen from: no zone, IPv4 in IPv6 unwrapped, a local socket as loopback.

    Raises ValueError when it is none.
    """
    if not text:
        return IPv4Address("127.0.0.1")
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def network_of(address: Address) -> str:
    """The name of the network a peer is seen from: its IPv4 address, or its /64 in IPv6.

    Peers of one name share a router, so they may be told each other's private addresses.
    """
    if isinstance(address, IPv4Address):
        return str(address)
    return address.packed[:8].hex()


def seen_from(remote: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> Address:
    """The address a peer is seen from: the socket's, or what the nearest trusted proxies say of it.

    `forwarded` are the values of X-Forwarded-For; each proxy appends, so they are read from the end, and only as long
    as the address before was a trusted proxy's.
    """
    address = socket_address(remote)
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    while hops and any(address in proxy for proxy in proxies):
        try:
            address = socket_address(hops.pop())
        except ValueError:
            break
    return address
