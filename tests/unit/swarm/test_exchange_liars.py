"""Peers that lie about what they hold: passed over, dropped in the end, and never at the cost of playback."""

from collections.abc import Callable
from functools import partial

import pytest

from swarm.codec import PEER
from swarm.exchange_events import Event, SendControl
from swarm.library import Listing
from swarm.peer_messages import REFUSALS, Have, Held, Loading, PeerMessage, Refuse, Waiting, Want
from tests.unit.swarm.attacker import ATTACKER, HONEST, VICTIM, Stage

NOT_HELD, BUSY, UNWILLING, LATE = range(4)
SEGMENTS = 40
EVERY_MS = 1000
SLACK_MS = 8000
Answer = Callable[[Want], list[PeerMessage]]


def silence(want: Want) -> list[PeerMessage]:
    return []


def refusal(reason: int) -> Answer:
    return lambda want: [Refuse(want.request, reason)]


def lie_again(reason: int) -> Answer:
    """Refuses, and says in the same breath that it has everything."""
    return lambda want: [
        Refuse(want.request, reason),
        Have(0, 0, b"\xff" * 8),
        Held(0, 1, True),
        Loading(0, 2, b"\xff"),
    ]


def watch(answer: Answer) -> tuple[Stage, list[Listing]]:
    """The victim plays on, a segment a second, while the attacker answers each want."""
    stage = Stage()
    listings = [stage.net.listing(k + 2, 100_000) for k in range(SEGMENTS)]
    stage.say(Have(0, 0, b"\xff" * 8))
    observed = stage.net.hook

    def hook(name: bytes, event: Event) -> Event | None:
        assert observed is not None
        if name == VICTIM and isinstance(event, SendControl) and event.peer == ATTACKER:
            message = PEER.decode(event.data)
            if isinstance(message, Want):
                stage.net.later(10, lambda: stage.say(*answer(message)))
        return observed(name, event)

    stage.net.hook = hook
    for listing in listings:
        stage.victim.want(listing, stage.net.now + SLACK_MS, stage.net.now)
        due = stage.net.now + SLACK_MS
        stage.net.later(SLACK_MS, partial(arrived, stage, listing, due))
        stage.net.run(EVERY_MS)
    stage.net.run(SLACK_MS)
    return stage, listings


def arrived(stage: Stage, listing: Listing, due: int) -> None:
    assert stage.victim.data(listing.id) == stage.net.objects[listing.id], "a lie held playback up"
    assert stage.net.finished[VICTIM][listing.id] <= due


@pytest.mark.parametrize("lie", [refusal(NOT_HELD), lie_again(NOT_HELD)], ids=["not held", "not held, and again"])
def test_who_offers_what_it_does_not_hold_is_dropped_as_a_liar(lie: Answer) -> None:
    stage, _ = watch(lie)
    stage.assert_told_once("liar")
    assert len([message for message in stage.said if isinstance(message, Want)]) < 50
    stage.assert_playback()


@pytest.mark.parametrize("reason", [BUSY, UNWILLING])
def test_who_refuses_every_time_is_parted_with_but_not_banned(reason: int) -> None:
    stage, _ = watch(lie_again(reason))
    stage.assert_told_once("liar", fault=False)
    stage.assert_playback()


def test_who_has_no_time_costs_nothing_and_stays() -> None:
    stage, _ = watch(refusal(LATE))
    assert stage.reasons == []
    stage.assert_playback()


def test_who_says_wait_for_ever_costs_nothing() -> None:
    stage, _ = watch(lambda want: [Waiting(want.request)])
    stage.assert_playback()


def test_who_never_answers_is_dropped_as_slow() -> None:
    stage, _ = watch(silence)
    stage.assert_told_once("slow")
    stage.assert_playback()


@pytest.mark.parametrize("reason", range(len(REFUSALS)))
def test_one_refusal_is_no_fault(reason: int) -> None:
    stage = Stage()
    want = stage.want()
    if reason == NOT_HELD:
        stage.say(Held(0, 1, False))
    stage.say(Refuse(want.request, reason))
    stage.net.run(3000)
    assert stage.reasons == []
    stage.assert_playback()


def test_an_honest_peer_takes_its_offer_back_before_it_refuses() -> None:
    """Over many evictions an honest peer with a small memory is never taken for a liar."""
    stage = Stage()
    small = stage.net.add(b"s" * 16, cache=250_000)
    stage.net.connect(VICTIM, b"s" * 16)
    stage.net.run(100)
    for k in range(10, 60):
        stage.net.store(b"s" * 16, stage.net.listing(k, 100_000))
        stage.victim.want(stage.net.listing(k - 2, 100_000), stage.net.now + 8000, stage.net.now)
        stage.net.run(60)
    stage.net.run(8000)
    assert VICTIM in small.neighbours
    assert stage.victim.counters["closed:liar"] == 0
    assert stage.victim.neighbours.keys() >= {HONEST, b"s" * 16}
