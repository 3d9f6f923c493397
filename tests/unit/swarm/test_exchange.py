"""The exchange core: exchanges talk over a network in memory, under a clock that only the test moves."""

import pytest

from swarm.blocks import decode_blocks, encode_blocks
from swarm.codec import PEER
from swarm.exchange_events import Event, SendBlocks, SendControl
from swarm.identity import BLOCK_BYTES
from swarm.load import Duty
from swarm.peer_messages import SEEDER, Credit, Have, Hello, SegmentProof, Track, Want
from tests.unit.swarm.memory_network import KEY, Network

A, B, C, D = b"a" * 16, b"b" * 16, b"c" * 16, b"d" * 16


def test_alone_takes_http_at_once() -> None:
    net = Network()
    net.add(A)
    one = net.listing(0)
    net.peers[A].want(one, net.now + 8000, net.now)
    net.run(500)
    assert one.id in net.finished[A]
    assert net.sources[A, one.id] == {b"http": one.size}
    assert net.peers[A].data(one.id) == net.objects[one.id]


def test_takes_from_a_peer_that_holds() -> None:
    net = Network()
    net.add(A)
    net.add(B)
    one = net.listing(0)
    net.store(A, one)
    net.connect(A, B)
    net.run(100)
    net.peers[B].want(one, net.now + 8000, net.now)
    net.run(1500)
    assert net.sources[B, one.id] == {A: one.size}
    assert net.http_bytes == 0
    assert net.peers[B].counters["peer"] == one.size


def test_one_segment_from_three_peers() -> None:
    net = Network(rate=400_000)
    for name in (A, B, C, D):
        net.add(name)
    one = net.listing(0, 800_000)
    for name in (A, B, C):
        net.store(name, one)
        net.connect(name, D)
    net.run(100)
    net.peers[D].want(one, net.now + 8000, net.now)
    net.run(4000)
    assert set(net.sources[D, one.id]) == {A, B, C}
    assert net.http_bytes == 0


def test_relays_while_it_receives() -> None:
    net = Network(rate=200_000, http_rate=200_000)
    for name in (A, B, C):
        net.add(name)
    net.connect(A, B)
    net.connect(B, C)
    net.peers[A].duties[KEY.item] = Duty(0, 1, 3)
    net.run(100)
    one = net.listing(0, 400_000)
    began: dict[tuple[bytes, bytes], int] = {}

    def watch(name: bytes, event: Event) -> Event:
        if isinstance(event, SendBlocks):
            began.setdefault((name, event.peer), net.now)
        return event

    net.hook = watch
    for name in (A, B, C):
        net.peers[name].listed(one)
        net.peers[name].want(one, net.now + 8000, net.now)
    net.run(7000)
    assert net.http_bytes <= one.size * 5 // 4
    assert net.sources[C, one.id][B] >= one.size * 3 // 4
    assert began[B, C] < net.finished[B][one.id]


@pytest.mark.parametrize("viewers", [6])
def test_live_with_one_feeder_costs_one_copy(viewers: int) -> None:
    net = Network()
    names = [bytes([65 + i]) * 16 for i in range(viewers)]
    for name in names:
        net.add(name)
        net.peers[name].duties[KEY.item] = Duty(0 if name == names[0] else -1, 1, viewers)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            net.connect(one, other)
    net.run(100)
    for sequence in range(5):
        listing = net.listing(sequence)
        for name in names:
            net.peers[name].want(listing, net.now + 8000, net.now)
        net.run(3840)
        assert all(listing.id in net.finished[name] for name in names)
    assert net.http_bytes == 5 * 250_000
    assert sum(net.peers[name].counters["wasted"] for name in names) == 0


def test_dead_feeder_is_replaced_before_the_deadline() -> None:
    net = Network()
    for name in (A, B, C):
        net.add(name)
        net.peers[name].duties[KEY.item] = Duty(-1, 1, 3)
    net.connect(A, B)
    net.connect(B, C)
    net.connect(A, C)
    net.run(100)
    one = net.listing(0)
    start = net.now
    for name in (A, B, C):
        net.peers[name].want(one, start + 8000, start)
    net.run(8000)
    assert all(net.finished[name][one.id] < start + 7000 for name in (A, B, C))
    assert net.http_bytes <= 2 * one.size


def test_lecture_viewers_in_step_fetch_one_copy() -> None:
    net = Network(live=False)
    for name in (A, B, C):
        net.add(name)
    net.connect(A, B)
    net.connect(B, C)
    net.connect(A, C)
    first = net.listing(0)
    for name in (A, B, C):
        net.store(name, first)
    net.run(100)
    for sequence in range(1, 4):
        one = net.listing(sequence)
        for name in (A, B, C):
            net.peers[name].want(one, net.now + 20_000, net.now)
        net.run(3000)
        assert all(one.id in net.finished[name] for name in (A, B, C))
    assert net.http_bytes <= 3 * first.size * 4 // 3


def test_silent_source_is_left_and_http_finishes() -> None:
    net = Network()
    net.add(A)
    net.add(B)
    one = net.listing(0)
    net.store(A, one)
    net.connect(A, B)
    net.run(100)
    net.hook = lambda name, event: None if name == A and isinstance(event, SendBlocks) else event
    start = net.now
    net.peers[B].want(one, start + 6000, start)
    net.run(6000)
    assert net.finished[B][one.id] <= start + 5000
    assert net.peers[B].data(one.id) == net.objects[one.id]


def test_silent_source_is_given_trials_and_then_dropped() -> None:
    net = Network(live=False)
    net.add(A)
    net.add(B)
    net.connect(A, B)
    net.hook = lambda name, event: None if name == A and isinstance(event, SendBlocks) else event
    for sequence in range(6):
        one = net.listing(sequence)
        net.store(A, one)
        net.run(100)
        net.peers[B].want(one, net.now + 20_000, net.now)
        net.run(4740)
        assert net.peers[B].data(one.id) == net.objects[one.id]
    assert (B, A, "slow") in net.closed


def test_slow_source_never_makes_it_late() -> None:
    net = Network(rate=1000)
    net.add(A)
    net.add(B)
    net.connect(A, B)
    for sequence in range(4):
        one = net.listing(sequence)
        net.store(A, one)
        net.run(100)
        start = net.now
        net.peers[B].want(one, start + 6000, start)
        net.run(6000)
        assert net.finished[B][one.id] <= start + 5100
    assert net.peers[B].counters["wasted"] <= 4 * BLOCK_BYTES


def flip(message: bytes) -> bytes:
    blocks = decode_blocks(message)
    data = bytearray(blocks.data)
    data[100] ^= 1
    return encode_blocks(blocks.request, blocks.first, bytes(data))


def cut(message: bytes) -> bytes:
    return message[:-7]


@pytest.mark.parametrize(("spoil", "reason"), [(flip, "hash"), (cut, "hash")])
def test_wrong_blocks_end_the_connection_and_change_nothing(spoil: object, reason: str) -> None:
    assert callable(spoil)
    net = Network()
    for name in (A, B, C):
        net.add(name)
    one = net.listing(0)
    net.store(A, one)
    net.store(C, one)
    net.connect(A, B)
    net.connect(C, B)
    net.run(100)

    def attack(name: bytes, event: Event) -> Event:
        if name == A and isinstance(event, SendBlocks):
            return SendBlocks(event.peer, spoil(event.data))
        return event

    net.hook = attack
    net.peers[B].want(one, net.now + 6000, net.now)
    net.run(5000)
    assert net.peers[B].data(one.id) == net.objects[one.id]
    assert (B, A, reason) in net.closed
    assert A not in net.sources[B, one.id]
    assert net.peers[B].counters["rejected"] >= 1


def test_wrong_proof_ends_the_connection() -> None:
    net = Network()
    net.add(A)
    net.add(B)
    one = net.listing(0)
    net.store(A, one)
    net.connect(A, B)
    net.run(100)

    def attack(name: bytes, event: Event) -> Event:
        if name == A and isinstance(event, SendControl):
            message = PEER.decode(event.data)
            if isinstance(message, SegmentProof):
                wrong = bytearray(message.proof)
                wrong[20] ^= 1
                return SendControl(event.peer, PEER.encode(SegmentProof(message.segment, bytes(wrong))))
        return event

    net.hook = attack
    net.peers[B].want(one, net.now + 6000, net.now)
    net.run(5000)
    assert net.peers[B].data(one.id) == net.objects[one.id]
    assert (B, A, "proof") in net.closed


def test_http_that_lies_is_refused() -> None:
    net = Network()
    net.add(A)
    one = net.listing(0)
    net.objects[one.id] = bytes(one.size)
    net.peers[A].want(one, net.now + 6000, net.now)
    net.run(20_000)
    assert (A, one.id) in net.failed
    assert one.id not in net.finished[A]


def test_http_comes_back_after_a_failure() -> None:
    net = Network(http_up=False)
    net.add(A)
    one = net.listing(0)
    net.peers[A].want(one, net.now + 6000, net.now)
    net.run(300)
    net.http_up = True
    net.run(3000)
    assert one.id in net.finished[A]


@pytest.mark.parametrize("live", [True, False])
def test_peers_help_out_of_time_while_the_origin_is_down(live: bool) -> None:
    net = Network(http_up=False, live=live)
    net.add(A)
    net.add(B)
    one = net.listing(0)
    net.store(A, one)
    net.connect(A, B)
    net.run(100)
    net.peers[B].want(one, net.now, net.now, urgent=True)
    net.run(3000)
    assert net.sources[B, one.id] == {A: one.size}
    assert net.failed == []


def test_seeder_offers_what_it_can_fetch() -> None:
    net = Network(live=False)
    net.add(A, role=SEEDER)
    net.add(B)
    one = net.listing(0)
    net.peers[A].offer(one)
    net.connect(A, B)
    net.run(100)

    def on_demand(name: bytes, event: Event) -> Event:
        if type(event).__name__ == "Demanded":
            net.peers[A].want(one, net.now + 1000, net.now, urgent=True)
        return event

    net.hook = on_demand
    net.peers[B].want(one, net.now + 9000, net.now)
    net.run(4000)
    assert net.sources[B, one.id] == {A: one.size}
    assert net.peers[B].counters["seeder"] == one.size


@pytest.mark.parametrize(
    "message",
    [
        Credit(2**40),
        Have(3, 0, b"\xff"),
        Hello(1, 0, "again", 0),
        Want(0, b"\0" * 32, 9, 9, 0, False),
    ],
)
def test_rule_breakers_are_closed_or_refused(message: object) -> None:
    net = Network()
    net.add(A)
    net.peers[A].peer_opened(B, 0, net.now)
    net.peers[A].control_received(B, PEER.encode(Hello(1, 0, "x", 1000)), net.now)
    net.peers[A].control_received(B, PEER.encode(message), net.now)  # type: ignore[arg-type]
    refused = not isinstance(message, Want)
    assert (B not in net.peers[A].neighbours) == refused


def test_garbage_and_unasked_blocks_end_the_connection() -> None:
    for attack in (b"\xc1", b"", b"\x91\x63", PEER.encode(Track(1, "i", "t"))):
        net = Network()
        net.add(A)
        net.peers[A].peer_opened(B, 0, net.now)
        net.peers[A].control_received(B, attack, net.now)
        assert B not in net.peers[A].neighbours
    net = Network()
    net.add(A)
    net.peers[A].peer_opened(B, 0, net.now)
    net.peers[A].blocks_received(B, encode_blocks(5, 0, b"x"), net.now)
    assert B not in net.peers[A].neighbours


def test_upload_cap_holds() -> None:
    net = Network(rate=10_000_000)
    net.add(A, upload=100_000)
    net.add(B)
    one = net.listing(0, 1_000_000)
    net.store(A, one)
    net.connect(A, B)
    net.run(100)
    net.peers[B].want(one, net.now + 60_000, net.now)
    net.run(2000)
    assert net.peers[A].counters["sent"] <= 100_000 * 3 + 65536
