"""What those try who should not come in, and those whose ticket ends: forged tickets, silence, garbage, too many."""

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracker_bench import KEY, UNIX, Bench, make_ticket

from swarm.codec import TO_TRACKER
from swarm.errors import ProtocolError
from swarm.keys import SigningKey
from swarm.ticket import issue_ticket
from swarm.tracker_messages import (
    VERSION,
    Announce,
    Join,
    Leave,
    Refused,
    Renew,
    Welcome,
)
from tracker.errors import Refusal
from tracker.outbox import Hangup
from tracker.settings import TrackerSettings


def claims(**changes: object) -> dict[str, object]:
    now = UNIX // 1000
    plain: dict[str, object] = {
        "aud": "banyan-tracker",
        "iat": now,
        "exp": now + 120,
        "jti": "1",
        "sub": "ada",
        "course": "course",
        "role": "viewer",
        "mode": "mesh",
        "cap": 0,
        "cnf": {"x5t#S256": "00" * 32},
    }
    return {**plain, **changes}


def signed(key: SigningKey = KEY, algorithm: str = "ES256", **changes: object) -> str:
    headers = {"kid": KEY.public.kid, "typ": "banyan-ticket+jwt"}
    secret = key.private if algorithm == "ES256" else "x" * 32 * (algorithm != "none")
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


FORGED = {
    "foreign key": (signed(SigningKey.generate()), "ticket_forged"),
    "alg none": (signed(algorithm="none"), "ticket_forged"),
    "alg HS256": (signed(algorithm="HS256"), "ticket_forged"),
    "expired": (signed(exp=UNIX // 1000 - 31, iat=UNIX // 1000 - 151), "ticket_expired"),
    "not yet": (signed(iat=UNIX // 1000 + 60, exp=UNIX // 1000 + 180), "ticket_early"),
    "for ever": (signed(exp=UNIX // 1000 + 10**6), "ticket_lifetime"),
    "other audience": (signed(aud="banyan-api"), "ticket_forged"),
    "unknown role": (signed(role="admin"), "ticket_claims"),
    "no certificate": (signed(cnf={}), "ticket_claims"),
    "no course": (signed(course=None), "ticket_claims"),
    "empty": ("x", "ticket_forged"),
    "deep": ("W1tbW1tb" * 400 + ".e30.e30", "ticket_forged"),
}


@pytest.mark.parametrize(("text", "label"), FORGED.values(), ids=FORGED)
def test_forged_tickets_admit_nobody(text: str, label: str) -> None:
    bench = Bench()
    client = bench.connect()
    client.send(Join(VERSION, text, "test"))
    first, second = client.take()
    assert isinstance(first, Refused)
    assert first.reason == "ticket"
    assert second == Hangup(1008)
    assert bench.label_counts() == {label: 1}
    assert bench.tracker.members.peers == {}
    assert bench.tracker.links == {}


def test_the_unforged_ticket_admits() -> None:
    client = Bench().connect()
    client.send(Join(VERSION, signed(), "test"))
    assert isinstance(client.take()[0], Welcome)


@given(st.text(min_size=1, max_size=200))
def test_no_text_is_a_ticket(text: str) -> None:
    bench = Bench()
    client = bench.connect()
    client.send(Join(VERSION, text, "test"))
    assert bench.tracker.links == {}


def test_nothing_works_before_the_ticket() -> None:
    for message in (Announce("item", 0, 0, 0, 4, 4, (), (), 0), Leave("item"), Renew(signed())):
        bench = Bench()
        client = bench.connect()
        client.send(message)
        assert client.expelled
        assert bench.tracker.members.items == {}


def test_a_connection_that_stays_silent_is_closed_in_five_seconds() -> None:
    bench = Bench()
    client = bench.connect()
    bench.pass_time(4750)
    assert not client.expelled
    bench.pass_time(500)
    assert client.expelled


def test_strangers_cannot_fill_the_tracker() -> None:
    bench = Bench(TrackerSettings(max_strangers=10))
    for _ in range(10):
        bench.connect()
    with pytest.raises(Refusal):
        bench.connect()


@given(st.binary(max_size=300))
def test_garbage_closes_and_leaves_nothing(data: bytes) -> None:
    bench = Bench()
    client = bench.join()
    try:
        TO_TRACKER.decode(data)
    except ProtocolError:
        client.send_bytes(data)
        assert bench.tracker.links == {}
        assert bench.tracker.members.peers == {}


def test_joining_twice_or_in_another_version_ends_the_connection() -> None:
    bench = Bench()
    client = bench.join()
    client.send(Join(VERSION, signed(jti="2"), "test"))
    assert client.expelled
    client = bench.connect()
    client.send(Join(VERSION + 1, signed(jti="3"), "test"))
    assert client.expelled
    assert bench.label_counts() == {"join_twice": 1, "version": 1}


def test_a_ticket_used_again_ends_the_first_connection() -> None:
    bench = Bench()
    first, second = bench.join(serial="one"), bench.join(serial="one")
    assert first.expelled
    assert not second.expelled
    assert list(bench.tracker.members.peers) == [second.id]


def test_one_subject_has_few_sessions() -> None:
    bench = Bench(TrackerSettings(sessions_per_viewer=3))
    clients = [bench.join() for _ in range(4)]
    assert [client.id == b"" for client in clients] == [False, False, False, True]
    assert bench.label_counts() == {"sessions": 1}
    clients[0].close()
    assert bench.join().id


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"subject": "bob"}, "ticket_bearer"),
        ({"course": "other"}, "ticket_bearer"),
        ({"role": "seeder"}, "ticket_bearer"),
        ({"fingerprint": b"x" * 32}, "ticket_bearer"),
        ({"serial": "bobs"}, "ticket_replayed"),
    ],
)
def test_a_renewal_changes_neither_bearer_nor_certificate(changes: dict[str, str], label: str) -> None:
    bench = Bench()
    bob = bench.join("ada", serial="bobs")
    ada = bench.join("ada")
    fresh = make_ticket(**{"serial": "fresh", **changes})  # type: ignore[arg-type]
    ada.send(Renew(issue_ticket(fresh, KEY)))
    assert ada.expelled
    assert not bob.expelled
    assert bench.label_counts() == {label: 1}


def test_without_renewal_the_ticket_ends() -> None:
    bench = Bench()
    ada, bob = bench.join("ada"), bench.join("bob")
    for step in range(20):
        bench.pass_time(10_000)
        if step == 8:
            ticket = make_ticket("bob", serial="fresh", issued=(UNIX + bench.now) // 1000)
            bob.send(Renew(issue_ticket(ticket, KEY)))
    assert ada.expelled
    assert not bob.expelled
    assert bench.label_counts() == {"ticket_ended": 1}


def test_idle_strangers_of_one_network_keep_nobody_else_out() -> None:
    bench = Bench()
    idle = [bench.connect(f"2a00:1450:4001:80f::{number:x}") for number in range(200)]
    with pytest.raises(Refusal, match="one network"):
        bench.connect("2a00:1450:4001:80f::ffff")
    assert bench.label_counts() == {"full_network": 1}
    assert bench.join("ada", address="8.8.8.8").id
    idle[0].close()
    assert bench.join("bob", address="2a00:1450:4001:80f::ffff").id
    for number in range(150):
        assert bench.join(f"pupil{number}", address="2a00:1450:4001:80f::ffff").id
    bench.pass_time(5_250)
    for _ in range(200):
        bench.connect("2a00:1450:4001:80f::1")


def test_junk_joins_of_one_network_leave_honest_joins_alone() -> None:
    bench = Bench(TrackerSettings(failed_joins_burst=20, failed_joins_per_s=10, joins_per_s=5))
    for _ in range(30):
        bench.connect("9.9.9.9").send(Join(VERSION, "junk", "test"))
    assert bench.label_counts() == {"ticket_forged": 20, "busy_network": 10}
    assert not bench.join("eve", address="9.9.9.9").id
    assert bench.join("ada", address="8.8.8.8").id
    bench.pass_time(1_000)
    assert bench.join("eve", address="9.9.9.9").id


def test_one_ticket_joined_over_and_over_leaves_honest_joins_alone() -> None:
    bench = Bench(TrackerSettings(failed_joins_burst=10, joins_per_s=5, reuses_burst=3))
    for _ in range(30):
        bench.join("eve", address="9.9.9.9", serial="one")
    assert bench.label_counts() == {"replaced": 3, "busy_ticket": 10, "busy_network": 16}
    assert bench.join("ada", address="8.8.8.8").id


def test_a_school_that_loses_its_line_comes_back_with_its_tickets() -> None:
    bench = Bench(TrackerSettings(failed_joins_burst=10))
    for _ in range(2):
        assert all(bench.join(f"pupil{number}", serial=f"{number}").id for number in range(100))


def test_good_joins_are_bounded_for_all() -> None:
    bench = Bench(TrackerSettings(joins_per_s=5))
    assert [bool(bench.join(f"pupil{number}").id) for number in range(7)] == [True] * 5 + [False] * 2
    assert bench.label_counts() == {"busy": 2}
