"""A neighbour's figures as `swarm.acquaintance` compares them."""

import hashlib
from collections.abc import Iterable

from swarm.acquaintance import Tally
from swarm.neighbour import Neighbour
from swarm.peer_messages import SEEDER

REACH = 32
"""Whoever holds something so near our playhead can be of use soon, in segments."""


def tally_of(neighbour: Neighbour, me: bytes, places: Iterable[tuple[str, int]]) -> Tally:
    """The figures of a neighbour, for a peer that stands at these places: item and media sequence number (-1: none)."""
    return Tally(
        peer=neighbour.id,
        opened=neighbour.opened,
        useful=neighbour.useful,
        given=neighbour.sent,
        round_trip=neighbour.round_trip.value,
        strikes=neighbour.strikes,
        near=int(any(neighbour.near(item, position, REACH) for item, position in places)),
        seeder=int(neighbour.role == SEEDER),
        lot=_lot(me, neighbour.id),
    )


def _lot(me: bytes, peer: bytes) -> int:
    """A number that is chance for everybody else and the same for us each time."""
    return int.from_bytes(hashlib.sha256(me + peer).digest()[:4], "big")
