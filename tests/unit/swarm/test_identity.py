"""Names, proofs and blocks: what is taken, and above all what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import IdentityError
from swarm.identity import (
    BLOCK_BYTES,
    MAX_SEGMENT_BYTES,
    block_count,
    check_block,
    check_segment,
    decode_proof,
    id_bytes,
    id_text,
    prove,
)
from tests.vectors import load, unzipped
from tests.vectors.identity import segment

VECTORS = load("identity")
DATA = segment(2 * BLOCK_BYTES + 100, 9)
PROOF = prove(DATA)


@pytest.mark.parametrize("vector", VECTORS["segments"], ids=lambda v: str(v["size"]))
def test_a_segment_is_named_by_its_content(vector: dict[str, Any]) -> None:
    data = segment(vector["size"], vector["seed"])
    name = id_bytes(vector["id"])
    assert check_segment(data, name) == decode_proof(bytes.fromhex(vector["proof"]), name)


@pytest.mark.parametrize("vector", VECTORS["refused_proofs"], ids=lambda v: v["why"])
def test_bad_proofs_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(IdentityError):
        decode_proof(unzipped(vector), bytes.fromhex(vector["id"]))


@pytest.mark.parametrize("name", VECTORS["refused_names"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(IdentityError):
        id_bytes(name)


@pytest.mark.parametrize(
    ("index", "data"),
    [
        (0, DATA[BLOCK_BYTES : 2 * BLOCK_BYTES]),
        (3, DATA[2 * BLOCK_BYTES :]),
        (-1, DATA[2 * BLOCK_BYTES :]),
        (0, DATA[: BLOCK_BYTES - 1]),
        (2, DATA[2 * BLOCK_BYTES - 1 :]),
        (0, b""),
    ],
)
def test_a_block_elsewhere_or_of_another_length_is_refused(index: int, data: bytes) -> None:
    with pytest.raises(IdentityError):
        check_block(PROOF, index, data)


def test_blocks_are_taken_in_their_places() -> None:
    for index in range(PROOF.blocks):
        check_block(PROOF, index, DATA[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES])


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_no_changed_byte_is_taken(at: int, flip: int) -> None:
    bad = bytearray(DATA)
    bad[at] ^= flip
    index = at // BLOCK_BYTES
    with pytest.raises(IdentityError):
        check_block(PROOF, index, bytes(bad)[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES])
    with pytest.raises(IdentityError):
        check_segment(bytes(bad), PROOF.id)


@pytest.mark.parametrize("size", [0, -1, MAX_SEGMENT_BYTES + 1])
def test_a_segment_has_1_byte_to_32_mib(size: int) -> None:
    with pytest.raises(IdentityError):
        block_count(size)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_proof_raise_identity_errors_alone(data: bytes) -> None:
    with pytest.raises(IdentityError):
        decode_proof(data, PROOF.id)


@given(st.one_of(st.text(), st.text("ABab01-_=", min_size=42, max_size=44)))
def test_any_text_as_a_name_is_exact_or_refused(text: str) -> None:
    try:
        assert id_text(id_bytes(text)) == text
    except IdentityError:
        assert text != id_text(PROOF.id)
