"""Everything that the core may raise.

SwarmError
├── IdentityError        bytes, a proof or a name do not belong together
├── PlaylistError        a playlist must not be used
│   ├── UnsignedPlaylist     it carries no signature line, or a broken one
│   ├── ForgedPlaylist       the signature does not match the pinned key
│   ├── WrongPlaylist        validly signed, but for another item, track or window
│   ├── RolledBackPlaylist   an older edition than one already seen
│   └── StalePlaylist        an older head than one already seen: ask again, or ask elsewhere
├── TicketError          a ticket does not admit its bearer
├── ProtocolError        a peer or tracker message breaks the protocol
└── PlainError           something a person did, told in plain words in two languages
"""


class SwarmError(Exception):
    """Base of every error of the core."""


class IdentityError(SwarmError):
    """Bytes, a proof or a segment name do not belong together."""


class PlaylistError(SwarmError):
    """A playlist must not be used."""


class UnsignedPlaylist(PlaylistError):
    """The playlist carries no signature line, or a broken one."""


class ForgedPlaylist(PlaylistError):
    """The signature does not match the pinned key."""


class WrongPlaylist(PlaylistError):
    """The playlist is validly signed, but for another item, track or window."""


class RolledBackPlaylist(PlaylistError):
    """The playlist is an older edition than one already seen."""


class StalePlaylist(PlaylistError):
    """The playlist has an older head than one already seen; another fetch may do better."""


class TicketError(SwarmError):
    """A ticket does not admit its bearer; `reason` is a short word for counters."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProtocolError(SwarmError):
    """A message breaks the protocol; `reason` is a short word for counters."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PlainError(SwarmError):
    """Something that a person can mend, in plain English and Chinese, with the next step."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh

    def text(self, language: str) -> str:
        """The sentence in the language of a locale such as `zh_CN.UTF-8`; English for all others."""
        return self.zh if language.lower().startswith("zh") else self.en
