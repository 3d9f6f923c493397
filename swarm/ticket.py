"""Tickets: short-lived admission to the swarm of one course, signed by the platform (JWT, RFC 7519, ES256).

The tracker checks them with the platform's public key alone; no database is asked.
"""

from dataclasses import dataclass

import jwt

from swarm.errors import TicketError
from swarm.keys import SigningKey, VerifyingKey

LIFETIME_S = 120
LEEWAY_S = 30
MODES = ("mesh", "site", "seeders", "off")
ROLES = ("viewer", "seeder")
_AUDIENCE = "banyan-tracker"
_TYPE = "banyan-ticket+jwt"
_REQUIRED = ["aud", "exp", "iat", "jti", "sub"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may do what: `subject` is a pseudonym within the course, `fingerprint` the SHA-256 of the bearer's DTLS
    certificate (32 bytes), `upload_kbps` the most it may upload (0: as much as it likes), times in Unix seconds."""

    course: str
    subject: str
    role: str
    mode: str
    fingerprint: bytes
    upload_kbps: int
    issued: int
    expires: int
    serial: str


def issue_ticket(ticket: Ticket, key: SigningKey) -> str:
    """Sign a ticket."""
    claims = {
        "aud": _AUDIENCE,
        "iat": ticket.issued,
        "exp": ticket.expires,
        "jti": ticket.serial,
        "sub": ticket.subject,
        "course": ticket.course,
        "role": ticket.role,
        "mode": ticket.mode,
        "cap": ticket.upload_kbps,
        "cnf": {"x5t#S256": ticket.fingerprint.hex()},
    }
    headers = {"kid": key.public.kid, "typ": _TYPE}
    return jwt.encode(claims, key.private, algorithm="ES256", headers=headers)


def check_ticket(text: str, keys: dict[str, VerifyingKey], now_s: float) -> Ticket:
    """Check a ticket at Unix time `now_s` against the platform's keys by kid. Raises TicketError."""
    claims = _verified_claims(text, keys)
    ticket = _read(claims)
    if ticket.expires + LEEWAY_S < now_s:
        raise TicketError("expired", f"the ticket ended {int(now_s) - ticket.expires} s ago")
    if ticket.issued - LEEWAY_S > now_s:
        raise TicketError("early", "the ticket is not valid yet")
    if ticket.expires - ticket.issued > 10 * LIFETIME_S:
        raise TicketError("lifetime", "the ticket lives too long")
    return ticket


def _verified_claims(text: str, keys: dict[str, VerifyingKey]) -> dict[str, object]:
    try:
        header = jwt.get_unverified_header(text)
        key = keys.get(str(header.get("kid")))
        if key is None or header.get("typ") != _TYPE:
            raise TicketError("key", "the ticket is signed with an unknown key")
        options: jwt.types.Options = {"verify_exp": False, "verify_iat": False, "require": _REQUIRED}
        claims: dict[str, object] = jwt.decode(
            text, key.public, algorithms=["ES256"], audience=_AUDIENCE, options=options
        )
    except jwt.InvalidTokenError as error:
        raise TicketError("forged", f"the ticket does not verify: {error}") from error
    return claims


def _read(claims: dict[str, object]) -> Ticket:
    confirmation = claims.get("cnf")
    fingerprint = confirmation.get("x5t#S256") if isinstance(confirmation, dict) else None
    texts = [claims.get(name) for name in ("course", "sub", "role", "mode", "jti")]
    numbers = [claims.get(name) for name in ("cap", "iat", "exp")]
    try:
        certificate = bytes.fromhex(str(fingerprint))
    except ValueError as error:
        raise TicketError("claims", "the ticket names no certificate") from error
    if not all(isinstance(t, str) and 0 < len(t) <= 64 for t in texts) or len(certificate) != 32:
        raise TicketError("claims", "the ticket lacks a claim")
    if not all(type(n) is int and 0 <= n < 2**53 for n in numbers):
        raise TicketError("claims", "the ticket lacks a number")
    course, subject, role, mode, serial = (str(t) for t in texts)
    cap, issued, expires = (int(str(n)) for n in numbers)
    if role not in ROLES or mode not in MODES:
        raise TicketError("claims", f"role {role!r} or mode {mode!r} is unknown")
    return Ticket(course, subject, role, mode, certificate, cap, issued, expires, serial)
