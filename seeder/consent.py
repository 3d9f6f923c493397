"""Whether the other side of a connection is still there: one check of consent (RFC 7675) when somebody wants to know.

aioice checks by itself too, but gives a silent peer half a minute, and tells nobody before that.
"""

from aioice import stun
from aiortc import RTCPeerConnection

_RETRANSMISSIONS = 1
"""With those of aioice, 0.5 s and then 1 s, it takes 1.5 s to find that nobody answers."""


async def answers(connection: RTCPeerConnection) -> bool:
    """Whether the peer answers a binding request on the pair of addresses in use, within 1.5 s."""
    if connection.sctp is None:
        return False
    ice = connection.sctp.transport.transport._connection
    password = ice.remote_password or ""
    for pair in list(ice._nominated.values()):
        request = ice.build_request(pair, nominate=False)
        key = password.encode()
        try:
            await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=_RETRANSMISSIONS)
        except (stun.TransactionError, OSError):
            continue
        return True
    return False
