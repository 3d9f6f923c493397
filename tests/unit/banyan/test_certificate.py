"""The self-signed certificate: what it names, when it is made anew, and who may read its key."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from banyan.certificate import machine_names, own_certificate

_NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "school.example"})


def _certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_names_and_mode(tmp_path: Path) -> None:
    file = tmp_path / "tls" / "own.pem"
    own_certificate(file, _NAMES, _NOW)
    names = _certificate(file).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", "school.example"}
    assert {str(ip) for ip in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("days", "same"), [(0, True), (365, True), (367, False), (500, False)])
def test_reused_until_near_its_end(tmp_path: Path, days: int, same: bool) -> None:
    file = tmp_path / "own.pem"
    own_certificate(file, _NAMES, _NOW)
    first = _certificate(file).serial_number
    own_certificate(file, _NAMES, _NOW + dt.timedelta(days=days))
    assert (_certificate(file).serial_number == first) is same


@pytest.mark.parametrize(("names", "same"), [({"localhost"}, True), ({"localhost", "10.1.2.3"}, False)])
def test_made_anew_for_a_new_address(tmp_path: Path, names: set[str], same: bool) -> None:
    file = tmp_path / "own.pem"
    own_certificate(file, _NAMES, _NOW)
    first = _certificate(file).serial_number
    own_certificate(file, frozenset(names), _NOW)
    assert (_certificate(file).serial_number == first) is same


def test_a_torn_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    own_certificate(file, _NAMES, _NOW)
    file.write_bytes(file.read_bytes()[:300])
    assert isinstance(own_certificate(file, _NAMES, _NOW), ssl.SSLContext)
    assert _certificate(file)


def test_browsers_limit_of_398_days(tmp_path: Path) -> None:
    own_certificate(tmp_path / "own.pem", _NAMES, _NOW)
    certificate = _certificate(tmp_path / "own.pem")
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= dt.timedelta(days=398)


def test_machine_names_cover_this_machine() -> None:
    names = machine_names()
    assert {"localhost", "127.0.0.1"} <= names
    assert not any(name.startswith("fe80") for name in names)
