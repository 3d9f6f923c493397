"""Admission to a course's swarm: who gets which ticket."""

import secrets
from dataclasses import dataclass

from origin.keyring import pseudonym, pseudonym_secret
from origin.messages import TicketAnswer
from swarm.identity import DIGEST_BYTES
from swarm.keys import SigningKey
from swarm.ticket import LIFETIME_S, Ticket, issue_ticket

TRACKER_PATH = "/tracker"
OFF = "off"
VIEWER, SEEDER = "viewer", "seeder"


@dataclass(frozen=True, slots=True)
class Admission:
    """What this platform grants: the mode of viewers with a certificate, their upload cap in bit/s (0: none), the
    STUN servers to use, and the tracker's address, relative to the platform's."""

    mode: str
    upload_bps: int
    stun: tuple[str, ...]
    tracker: str = TRACKER_PATH


class TicketOffice:
    """Issues tickets.

    A bearer with a certificate is named after it, so that a page keeps its pseudonym as long as its certificate
    lives; one without is named after its session, and may only report.
    """

    def __init__(self, key: SigningKey, admission: Admission) -> None:
        self._key = key
        self._secret = pseudonym_secret(key)
        self._admission = admission

    def issue(self, course_id: str, role: str, fingerprint: bytes | None, session: str, now_ms: int) -> TicketAnswer:
        """A ticket of 120 s for a course."""
        mode = self._admission.mode if fingerprint is not None else OFF
        upload = 0 if role == SEEDER else self._admission.upload_bps
        bearer = f"session {session}" if fingerprint is None else f"certificate {fingerprint.hex()}"
        ticket = Ticket(
            course=course_id,
            subject=pseudonym(self._secret, course_id, bearer),
            role=role,
            mode=mode,
            fingerprint=bytes(DIGEST_BYTES) if fingerprint is None else fingerprint,
            upload_kbps=-(-upload // 1000),
            issued=now_ms // 1000,
            expires=now_ms // 1000 + LIFETIME_S,
            serial=secrets.token_hex(8),
        )
        return TicketAnswer(
            ticket=issue_ticket(ticket, self._key),
            expires=ticket.expires * 1000,
            subject=ticket.subject,
            mode=mode,  # type: ignore[arg-type]
            tracker=self._admission.tracker,
            stun=list(self._admission.stun),
            upload=upload,
        )
