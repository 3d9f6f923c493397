"""Vectors of swarm/playlist.py: signed playlists, forgeries of them, and what a guard says to playlists in turn."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from swarm.errors import PlaylistError
from swarm.keys import SigningKey
from swarm.playlist import Claims, PlaylistGuard, sign_playlist, verify_playlist

KEY = SigningKey(ec.derive_private_key(0x6261_6E79_616E, ec.SECP256R1()))
OTHER = SigningKey(ec.derive_private_key(0x6F74_6865_72, ec.SECP256R1()))
_TEXT = "#EXTM3U\n#EXT-X-VERSION:7\n#EXTINF:3.84,\n../../media/" + "A" * 43 + ".m4s\n"
_LIVE = Claims("class-1", "v720", "live", 3, 41, 1_795_000_000_000)


def playlist_vectors() -> dict[str, Any]:
    good = [
        (_TEXT, _LIVE),
        ("#EXTM3U\n", Claims("lecture-7", "index", "all", 0, -1, 0)),
        ("#EXTM3U\n# 中文注释\n", Claims("i", "a-zh", "10-19", 999_999_999_999_999, 19, 999_999_999_999_999)),
    ]
    return {
        "key": {**KEY.public.jwk, "kid": KEY.public.kid},
        "signed": [_signed(text, claims) for text, claims in good],
        "refused": [_refused(why, data) for why, data in _forgeries()],
        "guard": {"item": "class-1", "track": "v720", "window": "live", "steps": _steps()},
    }


def _signed(text: str, claims: Claims) -> dict[str, Any]:
    data = sign_playlist(text, claims, KEY)
    assert verify_playlist(data, KEY.public) == claims
    return {"data": data.hex(), "claims": _plain(claims)}


def _plain(claims: Claims) -> dict[str, Any]:
    return {
        "item": claims.item,
        "track": claims.track,
        "window": claims.window,
        "edition": claims.edition,
        "head": claims.head,
        "timeMs": claims.time_ms,
    }


def _forgeries() -> list[tuple[str, bytes]]:
    good = sign_playlist(_TEXT, _LIVE, KEY)
    line = good[good.index(b"#BANYAN:") :]
    return [
        ("nothing", b""),
        ("not signed", _TEXT.encode()),
        ("the signature line alone", line),
        ("no newline before the line", good.replace(b"\n#BANYAN", b" #BANYAN")),
        ("no newline at the end", good[:-1]),
        ("a line after it", good + b"#\n"),
        ("two newlines at the end", good + b"\n"),
        ("two lines", good + line),
        ("a line of another's before it", line + good),
        ("an unknown field", good.replace(b",sig=", b",x=1,sig=")),
        ("version 2", good.replace(b":v=1,", b":v=2,")),
        ("a head with a plus", good.replace(b"head=41", b"head=+41")),
        ("a head of 16 digits", good.replace(b"head=41", b"head=4141414141414141")),
        ("digits of another script", good.replace(b"head=41", "head=٤١".encode())),
        ("carriage returns", good.replace(b"\n", b"\r\n")),
        ("another head", good.replace(b"head=41", b"head=42")),
        ("another track", good.replace(b"track=v720", b"track=v360")),
        ("another window", good.replace(b"window=live", b"window=all")),
        ("another item", good.replace(b"item=class-1", b"item=class-2")),
        ("another time", good.replace(b"time=1795000000000", b"time=1795000000001")),
        ("another kid", good.replace(KEY.public.kid.encode(), OTHER.public.kid.encode())),
        ("a segment's name changed", good.replace(b"/AAAA", b"/AAAB")),
        ("a line less", good.replace(b"#EXT-X-VERSION:7\n", b"")),
        ("signed by another", sign_playlist(_TEXT, _LIVE, OTHER)),
        ("a signature of zeros", good[: -len(line)] + line[: line.index(b"sig=") + 4] + b"A" * 86 + b"\n"),
    ]


def _refused(why: str, data: bytes) -> dict[str, str]:
    try:
        verify_playlist(data, KEY.public)
    except PlaylistError as error:
        return {"why": why, "data": data.hex(), "error": type(error).__name__}
    raise AssertionError(f"taken: {why}")


def _steps() -> list[dict[str, Any]]:
    guard = PlaylistGuard("class-1", "v720", "live", KEY.public)
    claims = [
        Claims("class-1", "v720", "live", 3, 41, 1),
        Claims("class-1", "v720", "live", 3, 41, 1),
        Claims("class-1", "v720", "live", 3, 40, 1),
        Claims("class-1", "v720", "live", 3, 42, 1),
        Claims("class-1", "v360", "live", 3, 43, 1),
        Claims("class-2", "v720", "live", 3, 43, 1),
        Claims("class-1", "v720", "all", 3, 43, 1),
        Claims("class-1", "v720", "3-4", 3, 43, 1),
        Claims("class-1", "v720", "live", 2, 43, 1),
        Claims("class-1", "v720", "live", 4, 5, 1),
        Claims("class-1", "v720", "live", 3, 99, 1),
        Claims("class-1", "v720", "live", 4, 6, 1),
    ]
    return [_step(guard, sign_playlist(_TEXT, one, KEY)) for one in claims]


def _step(guard: PlaylistGuard, data: bytes) -> dict[str, str]:
    try:
        guard.accept(data)
    except PlaylistError as error:
        return {"data": data.hex(), "error": type(error).__name__}
    return {"data": data.hex(), "error": ""}
