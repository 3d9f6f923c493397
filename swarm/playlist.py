"""Signed HLS playlists (RFC 8216): plain to every player, checkable by ours.

The last line of a playlist is a comment that binds all bytes before it:

    #BANYAN:v=1,kid=K,item=I,track=T,window=W,edition=E,head=M,time=MS,sig=S

`sig` is the ES256 signature over the domain prefix and every byte up to and including `,sig=`'s comma. `head` is
the media sequence number of the newest segment listed (-1 in a multivariant playlist), `time` its date-time in
Unix milliseconds. `window` is `live`, `all`, or `FIRST-LAST` in media sequence numbers.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from swarm.errors import ForgedPlaylist, RolledBackPlaylist, StalePlaylist, UnsignedPlaylist, WrongPlaylist
from swarm.keys import SigningKey, VerifyingKey

MAX_PLAYLIST_BYTES = 8 * 1024 * 1024
MULTIVARIANT = "index"
_DOMAIN = b"banyan/playlist/1\0"
_NAME = r"[A-Za-z0-9_-]{1,64}"
_LINE = re.compile(
    rf"#BANYAN:v=1,kid=({_NAME}),item=({_NAME}),track=({_NAME}),window=(live|all|\d{{1,15}}-\d{{1,15}}),"
    rf"edition=(\d{{1,15}}),head=(-1|\d{{1,15}}),time=(\d{{1,15}}),sig=([A-Za-z0-9_-]{{85}}[AQgw])\n"
)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signature binds. `head` is a media sequence number, `time_ms` Unix milliseconds."""

    item: str
    track: str
    window: str
    edition: int
    head: int
    time_ms: int

    def line(self, kid: str) -> str:
        """The signature line up to its signature."""
        return (
            f"#BANYAN:v=1,kid={kid},item={self.item},track={self.track},window={self.window},"
            f"edition={self.edition},head={self.head},time={self.time_ms},"
        )


def sign_playlist(text: str, claims: Claims, key: SigningKey) -> bytes:
    """Append the signature line to a playlist that ends with a newline."""
    if not text.endswith("\n") or "#BANYAN:" in text:
        raise ValueError("a playlist to be signed ends with a newline and carries no signature")
    body = (text + claims.line(key.public.kid)).encode()
    signature = base64.urlsafe_b64encode(key.sign(_DOMAIN + body)).rstrip(b"=")
    if not _LINE.fullmatch(claims.line(key.public.kid) + f"sig={signature.decode()}\n"):
        raise ValueError(f"claims that cannot be written in a playlist: {claims}")
    return body + b"sig=" + signature + b"\n"


def verify_playlist(data: bytes, key: VerifyingKey) -> Claims:
    """Check the signature and return what it binds. Raises UnsignedPlaylist or ForgedPlaylist."""
    start = data.rfind(b"#BANYAN:")
    if len(data) > MAX_PLAYLIST_BYTES or start <= 0 or data[start - 1 : start] != b"\n":
        raise UnsignedPlaylist("the playlist carries no signature line")
    match = _LINE.fullmatch(data[start:].decode("ascii", "replace"))
    if match is None or data.count(b"#BANYAN:") != 1:
        raise UnsignedPlaylist("the playlist's signature line is broken")
    kid, item, track, window, edition, head, time_ms, signature = match.groups()
    body = data[: len(data) - len(b"sig=\n") - len(signature)]
    try:
        raw = base64.b64decode(signature + "==", altchars=b"-_", validate=True)
        key.verifies(_DOMAIN + body, raw)
    except (InvalidSignature, binascii.Error) as error:
        raise ForgedPlaylist(f"the playlist's signature does not match key {key.kid} (it names {kid})") from error
    return Claims(item, track, window, int(edition), int(head), int(time_ms))


class PlaylistGuard:
    """Remembers what was seen of one playlist, and refuses what goes back.

    One guard per item, track and window (`live`, `all`, or `closed` for any FIRST-LAST). A lower edition is
    refused for good; a lower head of the same edition is refused for now (another origin or relay may be a
    segment behind).
    """

    def __init__(self, item: str, track: str, window: str, key: VerifyingKey) -> None:
        self._wanted = (item, track, window)
        self._key = key
        self.edition = -1
        self.head = -2

    def accept(self, data: bytes) -> Claims:
        """Check a fetched playlist against all that is known. Raises a PlaylistError."""
        claims = verify_playlist(data, self._key)
        window = "closed" if "-" in claims.window else claims.window
        if (claims.item, claims.track, window) != self._wanted:
            raise WrongPlaylist(f"asked for {self._wanted}, got {claims.item}, {claims.track}, {claims.window}")
        if claims.edition < self.edition:
            raise RolledBackPlaylist(f"edition {claims.edition} after {self.edition}")
        if claims.edition == self.edition and claims.head < self.head:
            raise StalePlaylist(f"head {claims.head} after {self.head}")
        self.edition, self.head = claims.edition, claims.head
        return claims
