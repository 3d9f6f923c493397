"""An exchange with a store behind its memory: what memory drops is still offered, and comes back on demand."""

from swarm.exchange_events import Demanded, Event
from tests.unit.swarm.memory_network import Network

A, B = b"a" * 16, b"b" * 16


def test_what_memory_dropped_is_served_from_the_store_and_what_the_store_lost_is_taken_back() -> None:
    net = Network(live=False)
    backed: set[bytes] = set()
    server = net.add(A, cache=300_000, backed=backed)
    net.add(B)
    net.connect(A, B)
    kept, lost, unbacked = (net.listing(sequence) for sequence in range(3))
    backed |= {kept.id, lost.id}
    for listing in (kept, lost, unbacked):
        net.store(A, listing)
    net.store(A, net.listing(3))
    net.run(100)
    neighbour = net.peers[B].neighbours[A]
    offered = [neighbour.holds(listing.key, listing.sequence) for listing in (kept, lost, unbacked)]
    assert offered == [True, True, False]

    def look(_: bytes, event: Event) -> Event:
        if isinstance(event, Demanded) and event.segment == kept.id:
            server.store(kept, net.objects[kept.id])
        elif isinstance(event, Demanded):
            backed.discard(event.segment)
            server.given_up(event.segment)
        return event

    net.hook = look
    for listing in (kept, lost):
        net.peers[B].want(listing, net.now + 20_000, net.now)
        net.run(3000)
    assert net.sources[B, kept.id] == {A: kept.size}
    assert net.sources[B, lost.id] == {b"http": lost.size}
    assert not neighbour.holds(lost.key, lost.sequence)
    assert (B, A, "slow") not in net.closed
