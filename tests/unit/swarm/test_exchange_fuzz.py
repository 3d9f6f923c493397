"""Any messages in any order: no error, nothing untrue kept or sent, bounded state, and the others are served."""

import sys
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.blocks import encode_blocks
from swarm.codec import PEER
from swarm.identity import BLOCK_BYTES
from swarm.peer_messages import (
    Bye,
    Cancel,
    Credit,
    Have,
    Held,
    Hello,
    Loading,
    PeerMessage,
    Refuse,
    SegmentProof,
    Track,
    Want,
)
from tests.unit.swarm.attacker import ATTACKER, CREDIT, Stage
from tests.unit.swarm.memory_network import KEY

Step = Callable[[Stage], None]
small = st.integers(0, 3)
sequences = st.sampled_from([0, 1, 1, 2, 3, 70, 2**53 - 1])
bitmaps = st.sampled_from([b"", b"\1", b"\2", b"\xff", b"\xff" * 4, b"\xff" * 256])
requests = st.sampled_from([0, 1, 2, 3, 2**32 - 1])
firsts = st.sampled_from([0, 1, 5, 14, 15, 16, 2047])
counts = st.sampled_from([0, 1, 2, 16, 2048])


def say(message: PeerMessage) -> Step:
    return lambda stage: stage.say(message)


@st.composite
def about_segments(draw: st.DrawFn) -> Step:
    """A want or a proof of a segment that is held, wanted or unknown; proofs are true, of another, or junk."""
    which = draw(st.sampled_from(["held", "wanted", "unknown"]))
    kind, request = draw(st.sampled_from(["want", "true proof", "other proof", "junk"])), draw(requests)
    first, count, proof = draw(firsts), draw(counts), draw(st.booleans())

    def step(stage: Stage) -> None:
        listing = stage.wanted if which == "wanted" else stage.held
        other = stage.held if which == "wanted" else stage.wanted
        segment = b"\7" * 32 if which == "unknown" else listing.id
        if kind == "want":
            stage.say(Want(request, segment, first, count, 5000, proof))
        else:
            encoded = {"true proof": stage.proof(listing), "other proof": stage.proof(other), "junk": bytes(72)}[kind]
            stage.say(SegmentProof(segment, encoded))

    return step


@st.composite
def blocks_sent(draw: st.DrawFn) -> Step:
    """Blocks of an open request: true, with a wrong bit, too short, of the wrong place, or too many."""
    which, spoil, count = (
        draw(small),
        draw(st.sampled_from(["", "", "flip", "short", "shift"])),
        draw(st.integers(1, 4)),
    )

    def step(stage: Stage) -> None:
        neighbour = stage.victim.neighbours.get(ATTACKER)
        asked = list(neighbour.asked.items()) if neighbour else []
        if not asked:
            return stage.blocks(encode_blocks(which, 0, b"x"))
        request, want = asked[which % len(asked)]
        first = max((want.owed & -want.owed).bit_length() - 1, 0) + (spoil == "shift")
        data = stage.net.objects[want.segment][first * BLOCK_BYTES : (first + count) * BLOCK_BYTES]
        if spoil == "flip" and data:
            data = data[:-1] + bytes([data[-1] ^ 1])
        return stage.blocks(encode_blocks(request, first, data[:-1] if spoil == "short" else data))

    return step


messages = st.one_of(
    st.builds(Hello, st.just(1), st.just(0), st.just("x"), st.just(CREDIT)),
    st.builds(Track, small, st.sampled_from([KEY.item, "other"]), st.just(KEY.track)),
    st.builds(Have, small, sequences, bitmaps),
    st.builds(Held, small, sequences, st.booleans()),
    st.builds(Loading, small, sequences, bitmaps),
    st.builds(Refuse, requests, small),
    st.builds(Cancel, requests),
    st.builds(Credit, st.sampled_from([0, CREDIT, 2**31, 2**53 - 1])),
    st.just(Bye("x")),
)
NOISE = st.one_of(messages.map(say), st.binary(max_size=60).map(lambda data: lambda stage: stage.control(data)))
JUNK = st.binary(max_size=60).map(lambda data: lambda stage: stage.blocks(data))
LISTEN = st.sampled_from([20, 200, 1600, 4000]).map(lambda ms: lambda stage: stage.net.run(ms))
WANT = st.just(lambda stage: stage.victim.want(stage.wanted, stage.net.now + 9000, stage.net.now))
UNWANT = st.just(lambda stage: stage.victim.unwant(stage.wanted.id, stage.net.now))
USEFUL = st.one_of(about_segments(), blocks_sent(), blocks_sent(), LISTEN, WANT, UNWANT)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.lists(st.one_of(USEFUL, USEFUL, NOISE, JUNK), max_size=30))
def test_any_messages_in_any_order_harm_nobody(greeted: bool, steps: list[Step]) -> None:
    stage = Stage(greeted)
    for step in steps:
        step(stage)
        stage.net.settle()
        stage.assert_sound()
    assert len(stage.reasons) <= 1
    assert {close.peer for close in stage.closed} <= {ATTACKER}
    stage.assert_playback()


def told(message: PeerMessage) -> Callable[[int], PeerMessage]:
    return lambda k: message


FLOODS: dict[str, Callable[[int], PeerMessage]] = {
    "track": lambda k: Track(k % 1024, KEY.item if k % 1024 == 0 else f"i{k % 1024}", KEY.track),
    "have": lambda k: Have(0, k, b"\xff" * 4096),
    "held": lambda k: Held(0, k * 1000, k % 3 > 0),
    "loading": lambda k: Loading(0, k, b"\xff" * 256),
    "want": lambda k: Want(k, b"\7" * 32, 0, 16, 5000, True),
    "cancel": lambda k: Cancel(k),
    "refuse": lambda k: Refuse(k, 0),
    "credit": lambda k: Credit(CREDIT + k),
    "proof": told(SegmentProof(b"\7" * 32, bytes(40))),
}
PER_MS = 10
# What one message may bring about, in calls of Python functions, with a load under way and a poll after each.
MOST_CALLS = 600


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_cut_off_and_costs_little(kind: str) -> None:
    """10,000 messages a second: the sender is gone within 1.3 s, and no message costs much."""
    stage = Stage()
    stage.want()
    datas = [PEER.encode(FLOODS[kind](k)) for k in range(13_000)]
    costs = []
    for k, data in enumerate(datas):
        if ATTACKER not in stage.victim.neighbours:
            break
        if k % PER_MS == 0:
            stage.net.run(1)
        if k % 500 == 0:
            stage.assert_sound()
        if k % 500 < 10:
            costs.append(calls_of(partial(hear, stage, data)))
        else:
            stage.victim.control_received(ATTACKER, data, stage.net.now)
    assert stage.victim.counters["closed:flood"] == 1
    assert len(stage.said) < len(datas) + 100, "at most one answer a message"
    print(f"{kind}: cut off after {k} messages, {max(costs)} calls at most, {sum(costs) // len(costs)} on average")
    assert max(costs) < MOST_CALLS
    stage.assert_sound()
    stage.assert_playback()


def hear(stage: Stage, data: bytes) -> None:
    stage.victim.control_received(ATTACKER, data, stage.net.now)
    stage.victim.poll(stage.net.now)


def calls_of(action: Callable[[], None]) -> int:
    """How many Python functions are called: work, whatever else the machine does."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls
