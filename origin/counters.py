"""Bytes that really left the origin, by kind and item: with headers, and aborted answers as far as they got."""

from collections import OrderedDict
from dataclasses import dataclass

MEDIA, PROOFS, PLAYLISTS, REST = "media", "proofs", "playlists", "rest"
KINDS = (MEDIA, PROOFS, PLAYLISTS, REST)
SEEDER_AGENT = "banyan-seeder"
MAX_ITEMS = 4096


@dataclass(slots=True)
class Traffic:
    """Bytes sent, by kind. `to_seeders` is the part of all kinds together that went to seeders."""

    media: int = 0
    proofs: int = 0
    playlists: int = 0
    rest: int = 0
    to_seeders: int = 0

    @property
    def total(self) -> int:
        """All bytes, whoever got them."""
        return self.media + self.proofs + self.playlists + self.rest

    def add(self, kind: str, size: int, seeder: bool) -> None:
        """Note `size` bytes of a kind."""
        setattr(self, kind, getattr(self, kind) + size)
        if seeder:
            self.to_seeders += size


class Counters:
    """What has left since the server started: in all, and for up to 4096 items, the longest quiet dropped first."""

    def __init__(self) -> None:
        self.total = Traffic()
        self._items: OrderedDict[str, Traffic] = OrderedDict()

    def add(self, kind: str, item: str | None, size: int, seeder: bool) -> None:
        """Note that `size` bytes have left for an item (None: for none in particular)."""
        self.total.add(kind, size, seeder)
        if item is None:
            return
        self._items.setdefault(item, Traffic()).add(kind, size, seeder)
        self._items.move_to_end(item)
        if len(self._items) > MAX_ITEMS:
            self._items.popitem(last=False)

    def of(self, item: str) -> Traffic:
        """What has left for one item."""
        return self._items.get(item, Traffic())

    def items(self) -> list[str]:
        """The items that anything has left for."""
        return list(self._items)


def is_seeder(user_agent: str | None) -> bool:
    """Whether a request says that it comes from a seeder."""
    return user_agent is not None and user_agent.startswith(SEEDER_AGENT)
