"""Vectors of swarm/identity.py. Segments are given as (size, seed): byte i is (i * 31 + seed) % 251."""

from typing import Any

from swarm.errors import IdentityError
from swarm.identity import BLOCK_BYTES, Proof, decode_proof, id_bytes, id_text, prove
from tests.vectors import zipped

SIZES = (1, 40, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 100_000)


def segment(size: int, seed: int) -> bytes:
    """The segment that a vector names."""
    return bytes((i * 31 + seed) % 251 for i in range(size))


def identity_vectors() -> dict[str, Any]:
    proofs = [(size, seed, prove(segment(size, seed))) for seed, size in enumerate(SIZES)]
    return {
        "segments": [
            {"size": size, "seed": seed, "proof": proof.encode().hex(), "id": id_text(proof.id)}
            for size, seed, proof in proofs
        ],
        "refused_proofs": [
            {"why": why, "id": proof_id.hex(), **zipped(data)}
            for why, data, proof_id in _bad_proofs(proofs[-1][2])
            if _refused(data, proof_id)
        ],
        "refused_names": [name for name in _bad_names(id_text(proofs[0][2].id)) if _refused_name(name)],
    }


def _bad_proofs(good: Proof) -> list[tuple[str, bytes, bytes]]:
    data, name = good.encode(), good.id
    return [
        ("empty", b"", name),
        ("no hash at all", data[:8], name),
        ("one byte short", data[:-1], name),
        ("one byte more", data + b"\0", name),
        ("one hash more", data + bytes(32), name),
        ("another size of as many blocks", (good.size - 1).to_bytes(8, "big") + data[8:], name),
        ("size 0", bytes(8) + data[8:40], name),
        ("size 2^64 - 1", b"\xff" * 8 + data[8:], name),
        ("a bit of a hash flipped", data[:20] + bytes([data[20] ^ 1]) + data[21:], name),
        ("hashes in another order", data[:8] + data[40:72] + data[8:40] + data[72:], name),
        ("another id", data, bytes(32)),
        ("an empty id", data, b""),
        ("longer than any proof", data + bytes(32 * 2048), name),
    ]


def _refused(data: bytes, name: bytes) -> bool:
    try:
        decode_proof(data, name)
    except IdentityError:
        return True
    raise AssertionError("a bad proof was taken")


def _bad_names(good: str) -> list[str]:
    return [
        "",
        good[:-1],
        good + "A",
        good + "=",
        good[:-1] + "=",
        good[:-1] + "+",
        "/" + good[1:],
        "é" + good[1:],
        good[:-1] + ("B" if good[-1] != "B" else "C"),
        " " + good[1:],
        good[:-1] + "\n",
        "A" * 42 + "B",
    ]


def _refused_name(name: str) -> bool:
    try:
        id_bytes(name)
    except IdentityError:
        return True
    return False
