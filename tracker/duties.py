"""Tells peers their part in an item: when it changes, with each announce, and when the swarm has grown or shrunk."""

from collections.abc import Iterable
from itertools import chain

from swarm.tracker_messages import Duty
from tracker.feeders import note_strain, settle
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
        self._untold: dict[Watch, None] = {}

    def strain(self, watch: Watch, strain: int, now: int) -> None:
        """A peer has told for how much of its time (permille) others wait for its uplink; settle after."""
        note_strain(self._members.item_of(watch), watch, strain, self._settings, now)

    def settle(self, key: tuple[str, str], now: int) -> None:
        """Name the feeders of an item anew and tell those whose duty changed.

        A smaller number of stripes changes all of them, and those who leave often leave together: it is told with the
        next refresh. Newcomers are held back by `settle` itself.
        """
        item = self._members.items.get(key)
        if item is None:
            return
        stripes = len(item.feeders)
        changed = settle(item, self._settings, now)
        if len(item.feeders) < stripes:
            self._untold.update(dict.fromkeys(changed))
            return
        for watch in changed:
            self.tell(watch)

    def settle_all(self, peer: Peer, now: int) -> None:
        """The same for all items of a peer that fell silent, or spoke again, or changed its mode."""
        for item in tuple(peer.watches):
            self.settle((peer.course, item), now)

    def tell(self, watch: Watch) -> None:
        """Send a peer its duty."""
        self._untold.pop(watch, None)
        item = self._members.item_of(watch)
        watch.told = item.members
        self._outbox.add(watch.peer.connection, Duty(watch.item, *watch.part, item.members))

    def refresh(self) -> None:
        """Tell those whose stripes have changed, and the members of every item whose size has changed by more than a
        quarter since they were told."""
        untold, self._untold = self._untold, {}
        for watch in untold:
            if watch.peer.watches.get(watch.item) is watch:
                self.tell(watch)
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
