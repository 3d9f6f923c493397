"""The DTLS certificate of a peer: one for all its connections, since its ticket names just one.

aiortc makes a certificate for each RTCPeerConnection and has no public option for another one. A seeder is one peer
in all its courses and uses the certificate of the process; of several viewers in one process each has its own.
"""

from functools import cache

from aiortc import RTCCertificate, RTCPeerConnection

from seeder.errors import GuardError

_ATTRIBUTE = "_RTCPeerConnection__certificates"


class Certificate:
    """A fresh certificate; it is never stored. `fingerprint` is its SHA-256, 32 bytes, as a ticket names it."""

    def __init__(self) -> None:
        self.rtc = RTCCertificate.generateCertificate()
        values = {one.algorithm: one.value for one in self.rtc.getFingerprints()}
        self.fingerprint = bytes.fromhex(values["sha-256"].replace(":", ""))

    def give(self, connection: RTCPeerConnection) -> None:
        """Give a fresh connection this certificate. Raises GuardError when aiortc keeps it elsewhere."""
        if not isinstance(getattr(connection, _ATTRIBUTE, None), list):
            raise GuardError("aiortc keeps its certificates where this version does not know")
        setattr(connection, _ATTRIBUTE, [self.rtc])


@cache
def process_certificate() -> Certificate:
    """The certificate of this process, made at the first call."""
    return Certificate()
