"""Connections that have not joined yet: bounded in all, and before that for each network."""

from collections import Counter

from tracker.addresses import network_of
from tracker.errors import Refusal
from tracker.link import Link
from tracker.settings import TrackerSettings


class Strangers:
    """Every stranger by the number of its connection."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self._networks: Counter[str] = Counter()
        self.links: dict[int, Link] = {}

    def add(self, link: Link, retry: int) -> None:
        """Count a connection that has opened. Raises Refusal, with `retry` (ms), when there are too many."""
        network = network_of(link.address)
        if self._networks[network] >= self._settings.strangers_per_network:
            raise Refusal("full", "too many connections from one network have not joined", retry, "full_network")
        if len(self.links) >= self._settings.max_strangers:
            raise Refusal("full", "too many connections have not joined", retry)
        self._networks[network] += 1
        self.links[link.connection] = link

    def remove(self, connection: int) -> None:
        """Count a connection no longer, if it was a stranger's: it has joined, or closed."""
        link = self.links.pop(connection, None)
        if link is None:
            return
        network = network_of(link.address)
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]
