"""One connection of a mesh, from the moment it is wanted."""

import asyncio
from dataclasses import dataclass, field

from seeder.connection import PeerConnection
from swarm.tracker_messages import Candidate


@dataclass(eq=False)
class Link:
    """One connection, wanted or open.

    `offer` is the number of the offer that made it, `ours` whether we offered, `waits` whether that offer of ours has
    left and has no answer yet. `named` is what the tracker called the peer last, `fingerprint` that of its
    certificate, once it is known.
    """

    peer: bytes
    role: int
    offer: int
    ours: bool
    began: float
    fingerprint: bytes | None = None
    waits: bool = False
    named: bytes = b""
    connection: PeerConnection | None = None
    opened: bool = False
    early: list[Candidate] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.named = self.peer
