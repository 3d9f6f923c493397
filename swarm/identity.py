"""Segments are named by their content.

A segment is cut into blocks of 16 KiB. Its *proof* is its size and the SHA-256 of each block; its *id* is the
SHA-256 of a domain prefix and the proof, written in base64url without padding (43 characters). Whoever holds
an id can check a proof, and whoever holds a proof can check each block alone.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from swarm.errors import IdentityError

BLOCK_BYTES = 16 * 1024
MAX_BLOCKS = 2048
MAX_SEGMENT_BYTES = BLOCK_BYTES * MAX_BLOCKS
DIGEST_BYTES = 32
ID_CHARS = 43
_SIZE_BYTES = 8
MAX_PROOF_BYTES = _SIZE_BYTES + DIGEST_BYTES * MAX_BLOCKS
_DOMAIN = b"banyan/segment/1\0"


@dataclass(frozen=True, slots=True)
class Proof:
    """Size in bytes and block hashes (SHA-256, 32 bytes each) of one segment."""

    size: int
    hashes: tuple[bytes, ...]

    @property
    def blocks(self) -> int:
        return len(self.hashes)

    @property
    def id(self) -> bytes:
        """The 32-byte segment id that this proof hashes to."""
        return hashlib.sha256(_DOMAIN + self.encode()).digest()

    def encode(self) -> bytes:
        """Size as 8 bytes big-endian, then the hashes in order."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    def block_bytes(self, index: int) -> int:
        """Length of block `index` in bytes; only the last may be short."""
        return min(BLOCK_BYTES, self.size - index * BLOCK_BYTES)


def block_count(size: int) -> int:
    """Number of blocks of a segment of `size` bytes. Raises IdentityError outside 1 byte to 32 MiB."""
    if not 1 <= size <= MAX_SEGMENT_BYTES:
        raise IdentityError(f"a segment has 1 to {MAX_SEGMENT_BYTES} bytes, not {size}")
    return -(-size // BLOCK_BYTES)


def prove(data: bytes | memoryview) -> Proof:
    """Compute the proof of a whole segment. Raises IdentityError when it is empty or over 32 MiB."""
    view = memoryview(data)
    count = block_count(len(view))
    starts = range(0, count * BLOCK_BYTES, BLOCK_BYTES)
    return Proof(len(view), tuple(hashlib.sha256(view[s : s + BLOCK_BYTES]).digest() for s in starts))


def decode_proof(data: bytes, segment_id: bytes) -> Proof:
    """Read a proof and check that it hashes to `segment_id` (32 bytes). Raises IdentityError otherwise."""
    if not _SIZE_BYTES + DIGEST_BYTES <= len(data) <= MAX_PROOF_BYTES:
        raise IdentityError(f"a proof has 40 to {MAX_PROOF_BYTES} bytes, not {len(data)}")
    size = int.from_bytes(data[:_SIZE_BYTES], "big")
    if len(data) != _SIZE_BYTES + DIGEST_BYTES * block_count(size):
        raise IdentityError(f"a proof of {len(data)} bytes does not fit a segment of {size} bytes")
    hashes = (data[i : i + DIGEST_BYTES] for i in range(_SIZE_BYTES, len(data), DIGEST_BYTES))
    proof = Proof(size, tuple(hashes))
    if proof.id != segment_id:
        raise IdentityError("the proof does not hash to the segment id")
    return proof


def check_block(proof: Proof, index: int, data: bytes | memoryview) -> None:
    """Check one block against its proof. Raises IdentityError when its place, length or hash is wrong."""
    if not 0 <= index < proof.blocks:
        raise IdentityError(f"block {index} of {proof.blocks}")
    if len(data) != proof.block_bytes(index):
        raise IdentityError(f"block {index} has {len(data)} bytes, not {proof.block_bytes(index)}")
    if hashlib.sha256(data).digest() != proof.hashes[index]:
        raise IdentityError(f"block {index} does not match its hash")


def check_segment(data: bytes, segment_id: bytes) -> Proof:
    """Check a whole segment against its id and return its proof. Raises IdentityError on a mismatch."""
    proof = prove(data)
    if proof.id != segment_id:
        raise IdentityError(f"{len(data)} bytes do not hash to the segment id")
    return proof


def id_text(segment_id: bytes) -> str:
    """Write a 32-byte id as 43 characters of base64url."""
    return base64.urlsafe_b64encode(segment_id).rstrip(b"=").decode("ascii")


def id_bytes(text: str) -> bytes:
    """Read 43 characters of base64url back. Raises IdentityError on anything else."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise IdentityError(f"not a segment id: {text[:60]!r}") from error
    if len(raw) != DIGEST_BYTES or id_text(raw) != text:
        raise IdentityError(f"not a segment id: {text[:60]!r}")
    return raw
