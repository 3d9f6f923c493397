"""Who was at fault lately and is not met again for ten minutes; the newest thousand."""

_BANNED_S = 600.0
_MOST_BANNED = 1024


class Bans:
    """Peers by id, and by the fingerprint of their certificate, since a new id is had for the asking. Times in s."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}

    def add(self, name: bytes, now: float) -> None:
        """Ban a peer id or a fingerprint."""
        while len(self._until) >= _MOST_BANNED:
            del self._until[next(iter(self._until))]
        self._until[name] = now + _BANNED_S

    def holds(self, name: bytes, now: float) -> bool:
        """Whether one is banned now."""
        return self._until.get(name, 0.0) > now
