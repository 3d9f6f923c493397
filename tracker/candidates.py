"""Which ICE candidates of one peer another peer is told.

Whoever relays candidates unread becomes a port scanner and a flood by proxy: a viewer that names a victim's address
makes others send to it. So every address must be one that the sender is likely to own, and one that can mean something
to the receiver.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from swarm.errors import ProtocolError
from swarm.tracker_messages import Candidate, Connection
from tracker.addresses import Address, Scope, is_near, network_of, scope

_ICE_TEXT = re.compile(r"[A-Za-z0-9+/]+", re.ASCII)
_MDNS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.local", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where a peer is seen from, and whether it holds a seeder's ticket."""

    address: Address
    seeder: bool = False


def told(candidates: tuple[Candidate, ...], sender: Vantage, receiver: Vantage) -> tuple[Candidate, ...]:
    """The candidates of `sender` that `receiver` may be told, addresses in their normal form, duplicates dropped."""
    kept: dict[tuple[str, int], Candidate] = {}
    for candidate in candidates:
        address = _told_address(candidate, sender, receiver)
        if address is not None:
            kept.setdefault((address, candidate.port), _renamed(candidate, address))
    return tuple(kept.values())


def told_connection(connection: Connection, sender: Vantage, receiver: Vantage) -> Connection:
    """The connection with only the candidates that `receiver` may be told. Raises ProtocolError."""
    check_ice_text(connection.ufrag)
    check_ice_text(connection.password)
    candidates = told(connection.candidates, sender, receiver)
    return Connection(connection.ufrag, connection.password, connection.setup, candidates)


def check_ice_text(text: str) -> None:
    """Letters, digits, + and / alone (ice-char, RFC 8839 section 5.4), so that no line of SDP can be smuggled in.

    Raises ProtocolError.
    """
    if not _ICE_TEXT.fullmatch(text):
        raise ProtocolError("ice", f"{text[:40]!r} has characters that ICE does not allow")


def _told_address(candidate: Candidate, sender: Vantage, receiver: Vantage) -> str | None:
    if candidate.port == 0 or not _ICE_TEXT.fullmatch(candidate.foundation):
        return None
    if _MDNS.fullmatch(candidate.address):
        return candidate.address.lower() if _share_lan(sender, receiver) else None
    try:
        address = ip_address(candidate.address)
    except ValueError:
        return None
    if "%" in candidate.address:
        return None
    return str(address) if _may_tell(address, sender, receiver) else None


def _may_tell(address: Address, sender: Vantage, receiver: Vantage) -> bool:
    found = scope(address)
    if found is Scope.LOOPBACK:
        return all(scope(peer.address) is Scope.LOOPBACK for peer in (sender, receiver))
    if found is Scope.PRIVATE:
        return _share_lan(sender, receiver)
    if found is Scope.PUBLIC:
        return address == sender.address or _beside_tracker(sender)
    return False


def _share_lan(sender: Vantage, receiver: Vantage) -> bool:
    """Seen from one public address, or both from private ones or the machine itself."""
    if is_near(sender.address) and is_near(receiver.address):
        return True
    return network_of(sender.address) == network_of(receiver.address)


def _beside_tracker(sender: Vantage) -> bool:
    """The institution's own seeder on the tracker's side: its public address cannot be seen from here."""
    return sender.seeder and is_near(sender.address)


def _renamed(candidate: Candidate, address: str) -> Candidate:
    return Candidate(candidate.kind, candidate.foundation, candidate.priority, address, candidate.port)
