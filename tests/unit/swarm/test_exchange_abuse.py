"""What a peer may try against the exchange: withheld proofs, junk, floods, and wants that lead nowhere."""

from swarm.blocks import encode_blocks
from swarm.codec import PEER
from swarm.exchange_events import Demanded, Event, FetchProof, SendBlocks, SendControl
from swarm.peer_messages import (
    MOST_TRACKS,
    SEEDER,
    Cancel,
    Credit,
    Have,
    Held,
    Hello,
    PeerMessage,
    SegmentProof,
    Track,
    Want,
)
from tests.unit.swarm.memory_network import Network

A, B = b"a" * 16, b"b" * 16


def withhold_proofs(name: bytes, event: Event) -> Event | None:
    if name == A and isinstance(event, SendControl) and isinstance(PEER.decode(event.data), SegmentProof):
        return None
    return event


def pair(live: bool = True) -> Network:
    net = Network(live=live)
    net.add(A)
    net.add(B)
    return net


def met(net: Network) -> None:
    net.connect(A, B)
    net.run(100)


def hear(net: Network, *messages: PeerMessage) -> None:
    """A hears messages of B, which has said hello."""
    net.peers[A].peer_opened(B, 0, net.now)
    for message in (Hello(1, 0, "x", 10**6), *messages):
        net.peers[A].control_received(B, PEER.encode(message), net.now)


def test_a_withheld_proof_comes_over_http() -> None:
    net = pair()
    one = net.listing(0)
    net.store(A, one)
    met(net)
    net.hook = withhold_proofs
    net.peers[B].want(one, net.now + 8000, net.now)
    net.run(2500)
    assert net.peers[B].data(one.id) == net.objects[one.id]
    assert net.http_bytes == 0


def test_without_any_proof_all_comes_over_http() -> None:
    net = pair()
    one = net.listing(0)
    net.store(A, one)
    met(net)

    def no_proofs(name: bytes, event: Event) -> Event | None:
        if isinstance(event, FetchProof):
            net.later(20, lambda: net.peers[name].downloads.proof_failed(event.segment, net.now))
            return None
        return withhold_proofs(name, event)

    net.hook = no_proofs
    start = net.now
    net.peers[B].want(one, start + 8000, start)
    net.run(4000)
    assert net.peers[B].data(one.id) == net.objects[one.id]
    assert net.sources[B, one.id] == {b"http": one.size}
    assert net.finished[B][one.id] < start + 3000


def test_junk_proofs_do_not_pass_for_work() -> None:
    net = pair()
    net.http_rate = 150_000
    first, one = net.listing(0), net.listing(1, 512 * 1024)
    net.peers[B].want(first, net.now, net.now, urgent=True)
    net.run(3000)
    net.store(A, one)
    met(net)
    net.hook = lambda name, event: None if name == A and isinstance(event, SendBlocks) else event
    start = net.now
    net.peers[B].want(one, start + 10_000, start)
    junk = PEER.encode(SegmentProof(b"\1" * 32, bytes(40)))
    for k in range(50):
        net.later(200 * k, lambda: net.peers[B].control_received(A, junk, net.now))
    net.run(9000)
    assert net.finished[B][one.id] <= start + 9000


def test_one_demand_a_segment_and_not_too_many() -> None:
    net = Network(live=False)
    net.add(A, role=SEEDER)
    listings = [net.listing(k, 1000) for k in range(100)]
    for listing in listings:
        net.peers[A].offer(listing)
    wants: list[PeerMessage] = []
    for k, listing in enumerate(listings):
        wants += [Want(2 * k, listing.id, 0, 1, 1000, False), Want(2 * k + 1, listing.id, 0, 1, 1000, False)]
        wants += [Cancel(2 * k), Cancel(2 * k + 1)]
    hear(net, *wants)
    demanded = [event.segment for event in net.peers[A].take_events() if isinstance(event, Demanded)]
    assert len(demanded) == len(set(demanded)) == 64


def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    net = pair()
    one = net.listing(0, 16_384)
    net.store(A, one)
    met(net)
    net.peers[B].want(one, net.now + 8000, net.now)
    net.run(1000)
    for _ in range(100):
        net.peers[B].blocks_received(A, encode_blocks(0, 0, bytes(65_536)), net.now)
    assert A not in net.peers[B].neighbours
    assert net.peers[B].counters["wasted"] < 2 * 1024 * 1024


def test_an_evicted_segment_is_refused_or_had_again() -> None:
    for role in (0, SEEDER):
        net = Network(live=False)
        net.add(A, role=role, cache=300_000)
        one, two = net.listing(0), net.listing(1)
        net.store(A, one)
        hear(net, Want(0, one.id, 0, 4, 9000, False))
        net.peers[A].take_events()
        net.peers[A].store(two, net.objects[two.id])
        events = net.peers[A].take_events()
        if role == SEEDER:
            assert Demanded(one.id) in events
        else:
            said = [PEER.decode(event.data) for event in events if isinstance(event, SendControl)]
            assert any(type(message).__name__ == "Refuse" for message in said)


def test_what_will_not_come_is_taken_back() -> None:
    net = pair(live=False)
    met(net)
    one = net.listing(0)
    net.peers[A].want(one, net.now + 8000, net.now)
    net.run(60)
    assert any(place[1] == 0 for place in net.peers[B].neighbours[A].loading)
    net.peers[A].unwant(one.id, net.now)
    net.run(60)
    assert not net.peers[B].neighbours[A].loading


def test_more_tracks_than_numbers_do_no_harm() -> None:
    net = pair(live=False)
    met(net)
    one = net.listing(0, 1000)
    for k in range(MOST_TRACKS + 50):
        key = one.key._replace(track=f"t{k}")
        net.peers[A].offer(type(one)(key, 0, one.id, one.size, False))
    net.run(100)
    assert len(net.peers[B].neighbours[A].tracks) == MOST_TRACKS


def test_a_flood_of_messages_ends_the_connection() -> None:
    net = Network()
    net.add(A)
    hear(net, *[Credit(10**6)] * 10_001)
    assert net.peers[A].counters["closed:flood"] == 1


def test_holdings_far_apart_stay_small() -> None:
    net = Network()
    net.add(A)
    hear(net, Track(0, "i", "t"), Have(0, 2**52, b"\xff" * 4096), Held(0, 0, True), Held(0, 2**53 - 1, True))
    (held,) = net.peers[A].neighbours[B].have.values()
    assert 2**53 - 1 in held
    assert held.bits.bit_length() <= 32_768
