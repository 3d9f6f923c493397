"""Peers of one course over a real tracker and real connections: what tickets forbid, and items that share a link."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from seeder_origin import ADMIN, SIZES, Origin

from seeder import tracker_client
from seeder.certificate import Certificate
from seeder.http_source import HttpSource
from seeder.node import Node, NodeSettings
from swarm.exchange_events import Failed, Finished
from swarm.identity import id_bytes
from swarm.library import Listing, TrackKey
from swarm.peer_messages import SEEDER, VIEWER


class Party:
    """Nodes of the course, and what each has got."""

    def __init__(self, origin: Origin, base: str) -> None:
        self.origin = origin
        self.source = HttpSource(base, "banyan-viewer/test")
        self.nodes: list[Node] = []

    def enter(self, role: int = VIEWER, *items: str) -> Node:
        admin = ADMIN if role == SEEDER else None
        settings = NodeSettings(role, "test", 10**7, 4 if role == VIEWER else 0, 8, admin)
        node = Node("course", settings, self.source, Certificate(), Guest())
        self.nodes.append(node)
        for item in items or ("lecture",):
            node.watch(item)
        node.join()
        return node

    def segment(self, item: str, sequence: int) -> tuple[Listing, bytes]:
        name = self.origin.lists[item, "v360"][sequence]
        listing = Listing(TrackKey(item, "v360"), sequence, id_bytes(name), SIZES["v360"], False)
        return listing, self.origin.objects[name]

    async def hand_on(self, giver: Node, taker: Node, item: str, sequence: int) -> None:
        """The taker gets a segment that the giver has, from nowhere else."""
        before = taker.exchange.counters["peer"]
        listing, data = self.segment(item, sequence)
        giver.store(listing, data)
        await until(lambda: any(n.holds(listing.key, sequence) for n in taker.exchange.neighbours.values()))
        taker.want(listing, taker.now() + 20_000)
        await until(lambda: taker.exchange.counters["peer"] == before + listing.size)


class Guest:
    """An owner who wants to know of nothing."""

    def finished(self, event: Finished) -> None:
        pass

    def failed(self, event: Failed) -> None:
        pass

    def demanded(self, segment: bytes) -> None:
        pass

    def duty(self, item: str) -> None:
        pass


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


@pytest.fixture
async def party(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Party]:
    monkeypatch.setattr(tracker_client, "_RENEW_BEFORE_MS", 200_000)
    monkeypatch.setattr(tracker_client, "_LEAST_RENEW_S", 0.3)
    origin = Origin(segments=4)
    made = Party(origin, await origin.start())
    yield made
    await asyncio.gather(*(node.close() for node in made.nodes))
    await made.source.close()
    await origin.close()


async def test_two_items_share_one_connection_and_the_next_lecture_keeps_it(party: Party) -> None:
    a, b = party.enter(VIEWER, "lecture"), party.enter(VIEWER, "lecture")
    await until(lambda: len(a.mesh.neighbours) == len(b.mesh.neighbours) == 1)
    (link,) = b.mesh._by_connection
    for node in (a, b):
        node.watch("class")
    for item in ("lecture", "class"):
        await party.hand_on(a, b, item, 1)
    b.leave("lecture")
    await party.hand_on(a, b, "class", 2)
    assert list(b.mesh._by_connection) == [link]
    assert len(a.mesh.neighbours) == 1


async def test_a_ticket_that_turns_p2p_off_ends_the_mesh_until_another_allows_it(party: Party) -> None:
    a, b = party.enter(), party.enter()
    await until(lambda: len(a.mesh.neighbours) == len(b.mesh.neighbours) == 1)
    party.origin.modes["viewer"] = "off"
    await until(lambda: not a.mesh.neighbours and not b.mesh.neighbours)
    await until(lambda: not a.exchange.uploading and not b.exchange.uploading)
    assert a.tracker.joined, "it goes on reporting"
    party.origin.modes["viewer"] = "mesh"
    await until(lambda: len(a.mesh.neighbours) == len(b.mesh.neighbours) == 1)
    assert a.exchange.uploading


async def test_a_ticket_for_seeders_alone_parts_with_viewers(party: Party) -> None:
    seeder, a, b = party.enter(SEEDER), party.enter(), party.enter()
    await until(lambda: all(len(node.mesh.neighbours) == 2 for node in party.nodes))
    party.origin.modes["viewer"] = "seeders"
    await until(lambda: len(a.mesh.neighbours) == len(b.mesh.neighbours) == 1)
    await asyncio.sleep(2.5)
    assert [neighbour.role for node in (a, b) for neighbour in node.exchange.neighbours.values()] == [SEEDER, SEEDER]
    assert len(seeder.mesh.neighbours) == 2
