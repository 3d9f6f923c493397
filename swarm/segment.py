"""One segment on its way in: its verified blocks, the bytes that wait for a proof, and who sent what."""

from collections import Counter
from dataclasses import dataclass, field

from swarm import bitmap
from swarm.errors import IdentityError
from swarm.identity import BLOCK_BYTES, Proof, block_count, check_block, decode_proof, prove

HTTP_SOURCE = b"http"


class BadBytes(IdentityError):
    """Bytes of one source do not hash to what the segment's name demands."""

    def __init__(self, source: bytes, message: str) -> None:
        super().__init__(message)
        self.source = source


@dataclass
class Segment:
    """Bytes of one segment, block by block. Only blocks that match the proof count as held.

    `size` comes from the signed playlist. `came` says how many bytes each source gave: a peer id, or HTTP_SOURCE;
    `sent` how often each block was handed on.
    """

    id: bytes
    size: int
    proof: Proof | None = None
    held: int = 0
    came: dict[bytes, int] = field(default_factory=dict)
    sent: Counter[int] = field(default_factory=Counter)
    _data: bytearray = field(default_factory=bytearray)
    _waiting: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.blocks = block_count(self.size)
        self._data = bytearray(self.size)

    @property
    def complete(self) -> bool:
        return self.held == bitmap.full(self.blocks)

    @property
    def present(self) -> int:
        """Bitmap of the blocks that are here, verified or waiting for the proof."""
        return self.held | bitmap.of(self._waiting)

    def block_bytes(self, index: int) -> int:
        """Length of a block in bytes."""
        return min(BLOCK_BYTES, self.size - index * BLOCK_BYTES)

    def data(self) -> bytes:
        """All bytes; only for a complete segment."""
        if not self.complete:
            raise IdentityError("the segment is not complete")
        return bytes(self._data)

    def block(self, index: int) -> bytes:
        """The bytes of one verified block."""
        if not self.held >> index & 1:
            raise IdentityError(f"block {index} is not held")
        start = index * BLOCK_BYTES
        return bytes(self._data[start : start + BLOCK_BYTES])

    def put(self, source: bytes, index: int, data: bytes) -> bool:
        """Take one block from a source; False when it was here already.

        Without a proof the block waits for it. Raises BadBytes when it has the wrong place, length or hash.
        """
        if not 0 <= index < self.blocks or len(data) != self.block_bytes(index):
            raise BadBytes(source, f"block {index} of {self.blocks} with {len(data)} bytes")
        if self.present >> index & 1:
            return False
        if self.proof is None:
            self._waiting[index] = (source, data)
            self._prove_from_http()
        else:
            self._keep(self.proof, source, index, data)
        return True

    def put_proof(self, source: bytes, encoded: bytes) -> list[bytes]:
        """Take the proof; return the sources of waiting blocks that turn out wrong. Raises BadBytes."""
        if self.proof is not None:
            return []
        try:
            proof = decode_proof(encoded, self.id)
        except IdentityError as error:
            raise BadBytes(source, str(error)) from error
        if proof.size != self.size:
            raise BadBytes(source, f"a proof of {proof.size} bytes for a segment listed with {self.size}")
        self.proof = proof
        return self._settle(proof)

    @property
    def mixed(self) -> bool:
        """Bytes of peers wait for the proof."""
        return any(source != HTTP_SOURCE for source, _ in self._waiting.values())

    def forget_peers(self) -> None:
        """Drop what waits unverified from peers."""
        self._waiting = {i: w for i, w in self._waiting.items() if w[0] == HTTP_SOURCE}

    def forget(self, source: bytes) -> None:
        """Drop what waits unverified from a source that turned out bad."""
        self._waiting = {i: w for i, w in self._waiting.items() if w[0] != source}

    def _settle(self, proof: Proof) -> list[bytes]:
        waiting, self._waiting = self._waiting, {}
        bad = []
        for index, (source, data) in sorted(waiting.items()):
            try:
                self._keep(proof, source, index, data)
            except BadBytes as error:
                bad.append(error.source)
        return bad

    def _keep(self, proof: Proof, source: bytes, index: int, data: bytes) -> None:
        try:
            check_block(proof, index, data)
        except IdentityError as error:
            raise BadBytes(source, str(error)) from error
        start = index * BLOCK_BYTES
        self._data[start : start + len(data)] = data
        self.held |= 1 << index
        self.came[source] = self.came.get(source, 0) + len(data)

    def _prove_from_http(self) -> None:
        """A segment that came whole over HTTP proves itself: its blocks hash to its name, or it is refused."""
        if len(self._waiting) < self.blocks or any(s != HTTP_SOURCE for s, _ in self._waiting.values()):
            return
        proof = prove(b"".join(self._waiting[i][1] for i in range(self.blocks)))
        if proof.id != self.id:
            self._waiting.clear()
            raise BadBytes(HTTP_SOURCE, "the bytes do not hash to the segment's name")
        self.proof = proof
        self._settle(proof)
