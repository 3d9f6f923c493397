"""Which function makes which vector file."""

from collections.abc import Callable
from typing import Any

from tests.vectors.acquaintance import acquaintance_vectors
from tests.vectors.exchange import exchange_vectors
from tests.vectors.identity import identity_vectors
from tests.vectors.messages import block_vectors, message_vectors
from tests.vectors.playlist import playlist_vectors
from tests.vectors.policy import policy_vectors
from tests.vectors.sdp import sdp_vectors

SOURCES: dict[str, Callable[[], Any]] = {
    "acquaintance": acquaintance_vectors,
    "blocks": block_vectors,
    "exchange": exchange_vectors,
    "identity": identity_vectors,
    "messages": message_vectors,
    "playlist": playlist_vectors,
    "policy": policy_vectors,
    "sdp": sdp_vectors,
}
