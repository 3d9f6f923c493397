"""Tickets: who gets in, and every way not to."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import TicketError
from swarm.keys import SigningKey
from swarm.ticket import LEEWAY_S, LIFETIME_S, Ticket, check_ticket, issue_ticket
from tests.vectors.playlist import KEY, OTHER

NOW = 1_795_000_000
TICKET = Ticket("course-1", "viewer-9", "viewer", "mesh", bytes(range(32)), 4000, NOW, NOW + LIFETIME_S, "serial-1")
KEYS = {KEY.public.kid: KEY.public}


def claims_of(text: str) -> dict[str, Any]:
    body = text.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def signed(claims: dict[str, Any], key: SigningKey = KEY, **header: str) -> str:
    headers = {"kid": key.public.kid, "typ": "banyan-ticket+jwt", **header}
    return jwt.encode(claims, key.private, algorithm="ES256", headers=headers)


GOOD = issue_ticket(TICKET, KEY)
CLAIMS = claims_of(GOOD)


def refusal(text: str, now: float = NOW) -> str:
    with pytest.raises(TicketError) as refused:
        check_ticket(text, KEYS, now)
    return refused.value.reason


def test_a_good_ticket_says_who_may_do_what() -> None:
    assert check_ticket(GOOD, KEYS, NOW) == TICKET


@pytest.mark.parametrize("now", [NOW - LEEWAY_S, NOW + LIFETIME_S + LEEWAY_S])
def test_clocks_may_differ_a_little(now: float) -> None:
    assert check_ticket(GOOD, KEYS, now) == TICKET


def test_time_passes() -> None:
    assert refusal(GOOD, NOW + LIFETIME_S + LEEWAY_S + 1) == "expired"
    assert refusal(GOOD, NOW - LEEWAY_S - 1) == "early"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exp": NOW + 11 * LIFETIME_S}, "lifetime"),
        ({"exp": 2**53}, "claims"),
        ({"exp": "soon"}, "claims"),
        ({"aud": "another"}, "forged"),
        ({"role": "admin"}, "claims"),
        ({"mode": "all"}, "claims"),
        ({"course": ""}, "claims"),
        ({"course": "c" * 65}, "claims"),
        ({"course": None}, "claims"),
        ({"sub": "s" * 65}, "claims"),
        ({"cap": -1}, "claims"),
        ({"cap": True}, "claims"),
        ({"cap": 1.5}, "claims"),
        ({"cnf": None}, "claims"),
        ({"cnf": {"x5t#S256": "00" * 31}}, "claims"),
        ({"cnf": {"x5t#S256": "zz" * 32}}, "claims"),
    ],
)
def test_claims_of_another_kind_are_refused(change: dict[str, Any], reason: str) -> None:
    assert refusal(signed({**CLAIMS, **change})) == reason


@pytest.mark.parametrize("claim", ["aud", "exp", "iat", "jti", "sub", "course", "role", "mode", "cap", "cnf"])
def test_no_claim_may_be_missing(claim: str) -> None:
    refusal(signed({name: value for name, value in CLAIMS.items() if name != claim}))


def test_only_the_platform_signs() -> None:
    assert refusal(signed(CLAIMS, OTHER)) == "key"
    assert refusal(signed(CLAIMS, OTHER, kid=KEY.public.kid)) == "forged"
    assert refusal(signed(CLAIMS, typ="JWT")) == "key"
    assert refusal(jwt.encode(CLAIMS, "", "none", {"kid": KEY.public.kid, "typ": "banyan-ticket+jwt"})) == "forged"
    secret = "0" * 64
    assert refusal(jwt.encode(CLAIMS, secret, "HS256", {"kid": KEY.public.kid, "typ": "banyan-ticket+jwt"})) == "forged"


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_no_changed_letter_is_taken(at: int, letter: str) -> None:
    bad = GOOD[:at] + letter + GOOD[at + 1 :]
    try:
        assert check_ticket(bad, KEYS, NOW) == TICKET
    except TicketError:
        assert bad != GOOD


@given(st.text() | st.text("eyJhbGciOi.-_", max_size=80))
def test_any_text_raises_ticket_errors_alone(text: str) -> None:
    with pytest.raises(TicketError):
        check_ticket(text, KEYS, NOW)
