"""Tells peers their part in an item: when it changes, with each announce, and when the swarm has grown or shrunk."""

from collections.abc import Iterable
from itertools import chain

from swarm.tracker_messages import Duty
from tracker.feeders import settle
from tracker.membership import Item, Membership
from tracker.outbox import Outbox
from tracker.peer import Peer, Watch
from tracker.settings import TrackerSettings


class Duties:
    """Names feeders and keeps everybody's idea of the swarm's size within a quarter of the truth."""

    def __init__(self, members: Membership, outbox: Outbox, settings: TrackerSettings) -> None:
        self._members = members
        self._outbox = outbox
        self._settings = settings

    def settle(self, key: tuple[str, str]) -> None:
        """Name the feeders of an item anew and tell those whose duty changed."""
        item = self._members.items.get(key)
        if item is None:
            return
        for watch in settle(item, self._settings.seeder_feeders, self._settings.viewer_feeders):
            self.tell(watch)

    def settle_all(self, peer: Peer) -> None:
        """The same for all items of a peer that fell silent, or spoke again, or changed its mode."""
        for item in tuple(peer.watches):
            self.settle((peer.course, item))

    def tell(self, watch: Watch) -> None:
        """Send a peer its duty."""
        item = self._members.item_of(watch)
        watch.told = item.members
        duty = Duty(watch.item, watch.feeder, len(item.feeders), item.members)
        self._outbox.add(watch.peer.connection, duty)

    def refresh(self) -> None:
        """Tell the members of every item whose size has changed by more than a quarter since they were told."""
        for item in self._members.items.values():
            if _changed(item.told, item.members):
                self._announce(item)

    def _announce(self, item: Item) -> None:
        item.told = item.members
        members: Iterable[Watch] = chain(item.viewers, item.seeders)
        for watch in members:
            if _changed(watch.told, item.members):
                self.tell(watch)


def _changed(told: int, members: int) -> bool:
    return told >= 0 and abs(members - told) * 4 > told
