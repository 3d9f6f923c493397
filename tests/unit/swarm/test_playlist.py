"""Signed playlists: forgeries, splices and going back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm import errors
from swarm.keys import SigningKey, VerifyingKey
from swarm.playlist import MAX_PLAYLIST_BYTES, Claims, PlaylistGuard, sign_playlist, verify_playlist
from tests.vectors import load
from tests.vectors.playlist import KEY

VECTORS = load("playlist")
PINNED = VerifyingKey.from_jwk(VECTORS["key"])
GOOD = bytes.fromhex(VECTORS["signed"][0]["data"])


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda v: v["why"])
def test_forgeries_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises(getattr(errors, vector["error"])):
        verify_playlist(bytes.fromhex(vector["data"]), PINNED)


@pytest.mark.parametrize("vector", VECTORS["signed"], ids=lambda v: v["claims"]["track"])
def test_signed_playlists_are_taken(vector: dict[str, Any]) -> None:
    claims = verify_playlist(bytes.fromhex(vector["data"]), PINNED)
    assert (claims.item, claims.head) == (vector["claims"]["item"], vector["claims"]["head"])


def test_the_guard_refuses_what_goes_back() -> None:
    wanted = VECTORS["guard"]
    guard = PlaylistGuard(wanted["item"], wanted["track"], wanted["window"], PINNED)
    for step in wanted["steps"]:
        if step["error"]:
            with pytest.raises(getattr(errors, step["error"])):
                guard.accept(bytes.fromhex(step["data"]))
        else:
            guard.accept(bytes.fromhex(step["data"]))


def test_the_same_playlist_has_the_same_signature() -> None:
    claims = Claims("i", "t", "all", 1, 2, 3)
    key = SigningKey.from_pem(KEY.pem())
    assert sign_playlist("#EXTM3U\n", claims, key) == sign_playlist("#EXTM3U\n", claims, KEY)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("#EXTM3U", Claims("i", "t", "all", 1, 2, 3)),
        ("#EXTM3U\n#BANYAN:\n", Claims("i", "t", "all", 1, 2, 3)),
        ("#EXTM3U\n", Claims("i,track=x", "t", "all", 1, 2, 3)),
        ("#EXTM3U\n", Claims("i", "t\n", "all", 1, 2, 3)),
        ("#EXTM3U\n", Claims("i", "t", "some", 1, 2, 3)),
        ("#EXTM3U\n", Claims("i", "t", "all", -1, 2, 3)),
    ],
)
def test_what_could_not_be_read_back_is_never_signed(text: str, claims: Claims) -> None:
    with pytest.raises(ValueError, match="playlist"):
        sign_playlist(text, claims, KEY)


def test_a_playlist_over_8_mib_is_refused_before_its_signature_is_looked_at() -> None:
    with pytest.raises(errors.UnsignedPlaylist):
        verify_playlist(b"#" * MAX_PLAYLIST_BYTES + GOOD, PINNED)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
@settings(max_examples=60)
def test_no_changed_byte_is_taken(at: int, flip: int) -> None:
    bad = bytearray(GOOD)
    bad[at] ^= flip
    with pytest.raises(errors.PlaylistError):
        verify_playlist(bytes(bad), PINNED)


@given(st.binary(max_size=400))
def test_any_bytes_are_unsigned(data: bytes) -> None:
    with pytest.raises(errors.UnsignedPlaylist):
        verify_playlist(data, PINNED)
