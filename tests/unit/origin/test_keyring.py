from pathlib import Path

import pytest

from origin.keyring import admin_token, pseudonym, pseudonym_secret, signing_key
from origin.tickets import Admission, TicketOffice
from swarm.errors import PlainError
from swarm.keys import SigningKey
from swarm.ticket import check_ticket


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = (signing_key(data).public.kid, admin_token(data))
    assert first == (signing_key(data).public.kid, admin_token(data))
    for path in data.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe"])
def test_damaged_secrets_are_told_plainly(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "signing-key.pem").write_bytes(content)
    (tmp_path / "admin-token").write_bytes(content)
    for read in (signing_key, admin_token):
        with pytest.raises(PlainError, match="damaged"):
            read(tmp_path)


def test_pseudonyms_tell_nothing_across_courses() -> None:
    secret = pseudonym_secret(SigningKey.generate())
    names = {pseudonym(secret, c, b) for c in ("c1", "c2") for b in ("a", "b")}
    assert len(names) == 4
    assert pseudonym(secret, "c1", "a") in names
    assert pseudonym(pseudonym_secret(SigningKey.generate()), "c1", "a") not in names


def test_a_page_keeps_its_pseudonym_and_a_page_without_certificate_may_only_report() -> None:
    key = SigningKey.generate()
    office = TicketOffice(key, Admission("site", 1_500_000, ("stun:h:1",)))
    keys = {key.public.kid: key.public}
    first, again = (office.issue("c", "viewer", b"f" * 32, f"s{n}", 1_000_500 + n) for n in range(2))
    assert first.subject == again.subject
    assert first.ticket != again.ticket
    ticket = check_ticket(first.ticket, keys, 1000)
    assert (ticket.mode, ticket.role, ticket.fingerprint, ticket.upload_kbps) == ("site", "viewer", b"f" * 32, 1500)
    assert (first.upload, first.expires, first.stun) == (1_500_000, 1_120_000, ["stun:h:1"])
    bare = office.issue("c", "viewer", None, "s", 1_000_000)
    assert (bare.mode, check_ticket(bare.ticket, keys, 1000).mode) == ("off", "off")
    assert bare.subject != office.issue("c", "viewer", None, "t", 1_000_000).subject
    seeder = check_ticket(office.issue("c", "seeder", b"f" * 32, "s", 1_000_000).ticket, keys, 1000)
    assert (seeder.role, seeder.upload_kbps) == ("seeder", 0)
