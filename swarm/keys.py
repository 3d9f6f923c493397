"""ES256 keys: ECDSA on P-256 with SHA-256, deterministic (RFC 6979), signatures as raw r||s of 64 bytes.

Raw signatures are what WebCrypto verifies; package cryptography speaks DER, so both are converted here alone.
"""

import base64
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

SIGNATURE_BYTES = 64
_HALF = 32
_HASH = hashes.SHA256()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class VerifyingKey:
    """The public half of a signing key, as viewers pin it."""

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        numbers = key.public_numbers()
        self.public = key
        self.jwk: dict[str, str] = {
            "crv": "P-256",
            "kty": "EC",
            "x": _text(numbers.x.to_bytes(_HALF, "big")),
            "y": _text(numbers.y.to_bytes(_HALF, "big")),
        }
        thumbprint = json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()
        self.kid = _text(hashlib.sha256(thumbprint).digest()[:12])

    @classmethod
    def from_jwk(cls, jwk: dict[str, str]) -> "VerifyingKey":
        """Read a JSON Web Key (RFC 7517). Raises ValueError when it is not a P-256 public key."""
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "x" not in jwk or "y" not in jwk:
            raise ValueError("not a P-256 public key")
        x, y = (int.from_bytes(_raw(jwk[part]), "big") for part in ("x", "y"))
        return cls(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())

    def verifies(self, message: bytes, signature: bytes) -> None:
        """Check a raw signature of 64 bytes. Raises InvalidSignature."""
        if len(signature) != SIGNATURE_BYTES:
            raise InvalidSignature
        r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
        self.public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(_HASH))


class SigningKey:
    """A private P-256 key. The same message always gives the same signature."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self.private = key
        self.public = VerifyingKey(key.public_key())

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Read an unencrypted PKCS 8 key. Raises ValueError when it is not a P-256 private key."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("not a P-256 private key")
        return cls(key)

    def pem(self) -> bytes:
        """The key as unencrypted PKCS 8; the caller keeps it in a file of mode 0600."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, message: bytes) -> bytes:
        """Sign with deterministic ECDSA (RFC 6979); returns raw r||s, 64 bytes."""
        der = self.private.sign(message, ec.ECDSA(_HASH, deterministic_signing=True))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
