"""Attack by attack: what a peer may send, the reason with which it is dropped, and that nobody else is harmed."""

from collections.abc import Callable

import msgpack
import pytest

from swarm.blocks import encode_blocks
from swarm.codec import PEER
from swarm.identity import BLOCK_BYTES, MAX_PROOF_BYTES
from swarm.peer_messages import (
    MAX_MESSAGE_BYTES,
    PEER_TYPES,
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
    Waiting,
    Want,
)
from swarm.schema import Blob, Field, Int, Text, UInt, fields_of
from tests.unit.swarm.attacker import ATTACKER, Stage

Attack = Callable[[Stage], None]
NOBODYS = b"\1" * 32
# One valid message of each type, as it may come first in a conversation or at any time.
SAMPLES: dict[type, PeerMessage] = {
    Hello: Hello(1, 0, "x", 0),
    Track: Track(1, "i", "t"),
    Have: Have(0, 0, b"\1"),
    Held: Held(0, 1, True),
    Loading: Loading(0, 1, b"\1"),
    Want: Want(0, NOBODYS, 0, 1, 1000, False),
    SegmentProof: SegmentProof(NOBODYS, bytes(40)),
    Refuse: Refuse(0, 0),
    Cancel: Cancel(0),
    Credit: Credit(1),
    Bye: Bye("leave"),
    Waiting: Waiting(0),
}


def test_every_type_has_a_sample() -> None:
    assert list(SAMPLES) == list(PEER_TYPES.values())


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind not in (Hello, Bye)])
def test_nothing_comes_before_hello(kind: type) -> None:
    stage = Stage(greeted=False)
    stage.say(SAMPLES[kind])
    stage.assert_told_once("hello")
    stage.assert_playback()


def wrong_values(field: Field) -> list[object]:
    """Values of the wrong type, length or size for one field."""
    wrong: list[object] = [None, [], {}, 1.5, float("nan"), -1, "\ud7ff" * 30_000]
    match field.kind:
        case UInt(most) | Int(most):
            wrong += [most + 1, -most - 1, 2**64 - 1, True, "1", b"1"]
        case Text(most, least):
            wrong += ["x" * (most + 1), b"x", 1] + (["" * least] if least else [])
        case Blob(most, least):
            wrong += [bytes(most + 1), "x", 1] + ([bytes(least - 1)] if least else [])
        case _:
            wrong += [0, 1, "true", b""]
    return wrong


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_wrong_field_is_refused(kind: type) -> None:
    number = next(number for number, message in PEER_TYPES.items() if message is kind)
    values = msgpack.unpackb(PEER.encode(SAMPLES[kind]))[1:]
    fields = fields_of(kind)
    bodies = [values[:-1], [*values, 0], []]
    for at, field in enumerate(fields):
        bodies += [[*values[:at], wrong, *values[at + 1 :]] for wrong in wrong_values(field)]
    for body in bodies:
        stage = Stage()
        stage.control(msgpack.packb([number, *body]))
        assert stage.reasons in (["field"], ["fields"], ["msgpack"], ["size"]), body
        stage.assert_told_once(stage.reasons[0])


def raw(*datas: bytes) -> Attack:
    return lambda stage: stage.control(*datas)


def said(*messages: PeerMessage) -> Attack:
    return lambda stage: stage.say(*messages)


def answer(change: Callable[[Stage, Want, bytes], list[bytes]], proof: bool = True) -> Attack:
    """Answers the victim's want: the true proof, then block messages made of the true bytes."""

    def attack(stage: Stage) -> None:
        want = stage.want()
        if proof:
            stage.say(SegmentProof(want.segment, stage.proof(stage.wanted)))
        stage.blocks(*change(stage, want, stage.net.objects[want.segment]))

    return attack


def late_proof(stage: Stage) -> None:
    """Wrong blocks first, then the proof that convicts them."""
    want = stage.want()
    stage.blocks(encode_blocks(want.request, want.first, bytes(BLOCK_BYTES)))
    stage.say(SegmentProof(want.segment, stage.proof(stage.wanted)))


def wrong_proof(encoded: Callable[[Stage], bytes]) -> Attack:
    def attack(stage: Stage) -> None:
        want = stage.want()
        stage.say(SegmentProof(want.segment, encoded(stage)))

    return attack


def beyond(stage: Stage) -> None:
    last = stage.held.size // BLOCK_BYTES
    stage.say(Want(0, stage.held.id, last, 2, 1000, False))


def want_twice(stage: Stage) -> None:
    ask = Want(5, stage.held.id, 0, 16, 9000, False)
    stage.victim.neighbours[ATTACKER].credit = 0
    stage.say(ask, ask)


def hoard(stage: Stage) -> None:
    stage.victim.neighbours[ATTACKER].credit = 0
    stage.say(*(Want(k, stage.held.id, 0, 16, 9000, False) for k in range(257)))


def pour(stage: Stage) -> None:
    """Sends on after a whole answer was taken back, more than was ever asked."""
    want = stage.want()
    stage.victim.unwant(want.segment, stage.net.now)
    stage.blocks(*[encode_blocks(want.request, 0, bytes(4 * BLOCK_BYTES))] * 64)


def overdraw(stage: Stage) -> None:
    """More block bytes than the victim granted: the credit is used up before any want is looked at."""
    stage.victim.neighbours[ATTACKER].granted = 1000
    want = stage.want()
    stage.blocks(encode_blocks(want.request, want.first, bytes(BLOCK_BYTES)))


TABLE: list[tuple[str, str, Attack]] = [
    ("nothing at all", "msgpack", raw(b"")),
    ("no msgpack", "msgpack", raw(b"\xc1")),
    ("a message cut short", "msgpack", raw(PEER.encode(SAMPLES[Want])[:-1])),
    ("two messages in one", "msgpack", raw(PEER.encode(Cancel(1)) * 2)),
    ("a map", "msgpack", raw(b"\x81\x01\x02")),
    ("an extension", "msgpack", raw(b"\xd4\x01\x00")),
    ("deep nesting", "msgpack", raw(b"\x91" * 5000)),
    ("a huge array that is not there", "msgpack", raw(b"\xdd\xff\xff\xff\xff")),
    ("a number", "shape", raw(b"\x05")),
    ("an empty array", "shape", raw(b"\x90")),
    ("a type that is no number", "shape", raw(b"\x91\xa1x")),
    ("an unknown type", "type", raw(msgpack.packb([0]), b"")),
    ("a type of tomorrow", "type", raw(msgpack.packb([13, 1, 2]))),
    ("a message too long", "size", raw(bytes(MAX_MESSAGE_BYTES + 1))),
    ("hello twice", "hello", said(SAMPLES[Hello])),
    ("a track number for two tracks", "track", said(Track(0, "other", "t"))),
    ("have of no track", "track", said(Have(9, 0, b"\1"))),
    ("held of no track", "track", said(Held(9, 0, True))),
    ("loading of no track", "track", said(Loading(9, 0, b"\1"))),
    ("a want beyond the end", "range", beyond),
    ("a want far beyond the end", "range", lambda s: s.say(Want(0, s.held.id, 2047, 2048, 0, False))),
    ("a request number in use", "request", want_twice),
    ("more wants than may wait", "flood", hoard),
    ("credit without measure", "credit", said(Credit(2**31))),
    ("all the credit there is", "credit", said(Credit(2**53 - 1))),
    ("a proof of something else", "proof", wrong_proof(lambda s: s.proof(s.held))),
    ("a proof of zeros", "proof", wrong_proof(lambda s: bytes(40))),
    ("a proof cut short", "proof", wrong_proof(lambda s: s.proof(s.wanted)[:-1])),
    ("the longest proof", "proof", wrong_proof(lambda s: bytes(MAX_PROOF_BYTES))),
    ("blocks of no request", "request", lambda s: s.blocks(encode_blocks(7, 0, b"x"))),
    ("no block", "blocks", answer(lambda s, w, d: [encode_blocks(w.request, w.first, b"")])),
    ("five blocks", "blocks", answer(lambda s, w, d: [encode_blocks(w.request, w.first, bytes(4 * BLOCK_BYTES + 1))])),
    ("blocks not asked for", "range", answer(lambda s, w, d: [encode_blocks(w.request, 2000, d[:BLOCK_BYTES])])),
    ("the last block number", "range", answer(lambda s, w, d: [encode_blocks(w.request, 65_535, d[:1])])),
    ("a block twice", "range", answer(lambda s, w, d: [encode_blocks(w.request, w.first, _block(w, d))] * 2)),
    ("a flipped bit", "hash", answer(lambda s, w, d: [encode_blocks(w.request, w.first, _flipped(_block(w, d)))])),
    ("a short block", "hash", answer(lambda s, w, d: [encode_blocks(w.request, w.first, _block(w, d)[:-1])])),
    ("another block", "hash", answer(lambda s, w, d: [encode_blocks(w.request, w.first, _flipped(d[:BLOCK_BYTES]))])),
    ("bytes before the proof", "hash", late_proof),
    ("more bytes than granted", "credit", overdraw),
    ("bytes taken back", "unasked", pour),
]

# These need a victim whose state is set by hand.
INWARD = (want_twice, hoard, overdraw)


def _block(want: Want, data: bytes) -> bytes:
    return data[want.first * BLOCK_BYTES : (want.first + 1) * BLOCK_BYTES]


def _flipped(data: bytes) -> bytes:
    return data[:100] + bytes([data[100] ^ 1]) + data[101:]


@pytest.mark.parametrize(("reason", "attack"), [pytest.param(r, a, id=name) for name, r, a in TABLE])
def test_an_attack_ends_the_connection_and_harms_nobody(reason: str, attack: Attack) -> None:
    stage = Stage()
    attack(stage)
    stage.assert_told_once(reason)
    stage.assert_playback()


def test_a_version_of_tomorrow_is_told_apart() -> None:
    stage = Stage(greeted=False)
    stage.say(Hello(2, 0, "x", 0))
    stage.assert_told_once("version")


HARMLESS: list[tuple[str, PeerMessage]] = [
    ("a refusal of nothing", Refuse(2**32 - 1, 3)),
    ("a cancel of nothing", Cancel(2**32 - 1)),
    ("less credit", Credit(0)),
    ("a proof nobody asked for", SegmentProof(NOBODYS, bytes(MAX_PROOF_BYTES))),
    ("a want for what is not here", Want(1, NOBODYS, 2047, 2048, 600_000, True)),
    ("a want for nothing", Want(1, NOBODYS, 0, 0, 0, False)),
    ("far more blocks than there are", Loading(0, 1, b"\xff" * 256)),
    ("a segment at the end of time", Held(0, 2**53 - 1, True)),
    ("all segments at the end of time", Have(0, 2**53 - 1, b"\xff" * 4096)),
    ("a segment dropped that was not there", Held(0, 77, False)),
]


@pytest.mark.parametrize("message", [pytest.param(message, id=name) for name, message in HARMLESS])
def test_nonsense_that_breaks_no_rule_is_without_effect(message: PeerMessage) -> None:
    stage = Stage()
    stage.want()
    stage.say(message)
    assert stage.reasons == []
    stage.assert_sound()
    stage.assert_playback()
