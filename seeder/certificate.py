"""One DTLS certificate per process, so that one ticket covers all connections.

aiortc makes a certificate for each RTCPeerConnection and has no public option for another one.
"""

from functools import cache

from aiortc import RTCCertificate, RTCPeerConnection

from seeder.errors import GuardError

_ATTRIBUTE = "_RTCPeerConnection__certificates"


@cache
def process_certificate() -> RTCCertificate:
    """The certificate of this process; made once, never stored."""
    return RTCCertificate.generateCertificate()


def fingerprint() -> bytes:
    """SHA-256 of the certificate of this process, 32 bytes, as a ticket names it."""
    values = {print_.algorithm: print_.value for print_ in process_certificate().getFingerprints()}
    return bytes.fromhex(values["sha-256"].replace(":", ""))


def certify(connection: RTCPeerConnection) -> None:
    """Give a fresh connection the certificate of this process. Raises GuardError when aiortc keeps it elsewhere."""
    if not isinstance(getattr(connection, _ATTRIBUTE, None), list):
        raise GuardError("aiortc keeps its certificates where this version does not know")
    setattr(connection, _ATTRIBUTE, [process_certificate()])
