"""A self-signed certificate (X.509, RFC 5280) for a server on a LAN, so that browsers give its pages WebCrypto."""

import datetime as dt
import ipaddress
import os
import socket
import ssl
from pathlib import Path

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from banyan.errors import ConfigError

CERTIFICATE_FILE = "tls.pem"
_DAYS = 397  # the most that browsers accept is 398
_RENEW_DAYS = 30
_Names = frozenset[str]


def machine_names() -> _Names:
    """Host names and addresses of this machine, without link-local ones."""
    names = {"localhost", socket.gethostname(), socket.getfqdn()}
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            address = ipaddress.ip_address(entry.ip if isinstance(entry.ip, str) else entry.ip[0])
            if not address.is_link_local:
                names.add(str(address))
    return frozenset(names)


def own_certificate(file: Path, names: _Names, now: dt.datetime) -> ssl.SSLContext:
    """A TLS context with the certificate in `file` (PEM, key and certificate, mode 0600).

    It is made anew when it is missing, ends within 30 days, or lacks one of `names`.
    """
    if not _serves(file, names, now):
        _write(file, _issue(names, now))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


def trust(data: Path, ca: Path | None = None) -> ssl.SSLContext:
    """What a client of ours checks servers with: the system's authorities, the certificates in `ca` (PEM), and the
    server's own certificate where `data` is its data folder. Raises ConfigError when one of them cannot be read.
    """
    context = ssl.create_default_context()
    own = data / CERTIFICATE_FILE
    for file in (own if own.is_file() else None, ca):
        if file is not None:
            _trust_file(context, file)
    return context


def _trust_file(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"The certificates in {file} cannot be read ({error.strerror or error}). Name a file in PEM form.",
            f"无法读取证书文件 {file}（{error.strerror or error}）。请指定 PEM 格式的文件。",
        ) from error


def _serves(file: Path, names: _Names, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    known = set(held.get_values_for_type(x509.DNSName))
    known |= {str(address) for address in held.get_values_for_type(x509.IPAddress)}
    return names <= known and certificate.not_valid_after_utc - now > dt.timedelta(days=_RENEW_DAYS)


def _issue(names: _Names, now: dt.datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Banyan on {socket.gethostname()}"[:64])])
    builder = (
        x509.CertificateBuilder(title, title, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_DAYS - 1))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in sorted(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(file: Path, pem: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(pem)
    new.replace(file)
