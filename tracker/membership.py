"""Who watches what: courses, their items, and the buckets that matching draws from. Soft state, nothing is kept."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from swarm.matching import Standing
from tracker.errors import Refusal
from tracker.peer import NO_PART, Peer, Watch
from tracker.roster import Roster

PLACE_SEGMENTS = 16
"""Viewers are kept in buckets of so many segments by playhead, so that those near in time are found at once."""

ItemKey = tuple[str, str]
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True, eq=False)
class Item:
    """The watches of one item, in order of arrival. `plain` are those who only report and meet nobody.

    `feeders` stand in the order of their stripes; whoever has left the item keeps its place there until the next
    settlement. `striped` says that many viewers feed, since one was not enough; `strained` is when a feeder last
    said that others wait for its uplink, `grows` when there may be more stripes (ms).
    """

    key: ItemKey
    viewers: Roster[Watch] = field(default_factory=Roster)
    seeders: Roster[Watch] = field(default_factory=Roster)
    plain: Roster[Watch] = field(default_factory=Roster)
    networks: dict[str, Roster[Watch]] = field(default_factory=dict)
    places: dict[int, Roster[Watch]] = field(default_factory=dict)
    feeders: list[Watch] = field(default_factory=list)
    striped: bool = False
    strained: int = 0
    grows: int = 0
    told: int = 0

    @property
    def members(self) -> int:
        """How many can take part in the swarm, seeders among them."""
        return len(self.viewers) + len(self.seeders)

    @property
    def empty(self) -> bool:
        return not (self.viewers or self.seeders or self.plain)


@dataclass(slots=True, eq=False)
class Course:
    """All watches of a course, for when an item's own are too few."""

    viewers: Roster[Watch] = field(default_factory=Roster)
    seeders: Roster[Watch] = field(default_factory=Roster)


class Membership:
    """All peers of one tracker by id, and all items that are watched."""

    def __init__(self) -> None:
        self.peers: dict[bytes, Peer] = {}
        self.items: dict[ItemKey, Item] = {}
        self.courses: dict[str, Course] = {}

    def join(self, peer: Peer) -> None:
        self.peers[peer.id] = peer

    def leave(self, peer: Peer) -> None:
        """Forget a peer and all its watches."""
        for item in tuple(peer.watches):
            self.unwatch(peer, item)
        self.peers.pop(peer.id, None)

    def item_of(self, watch: Watch) -> Item:
        return self.items[watch.peer.course, watch.item]

    def watch(self, peer: Peer, item: str, most: int, now: int) -> Watch:
        """The peer's watch of an item, begun now if there is none. Raises Refusal when it watches `most` others."""
        watch = peer.watches.get(item)
        if watch is None:
            if len(peer.watches) >= most:
                raise Refusal("items", f"a peer may watch {most} items at once")
            watch = peer.watches[item] = Watch(peer, item, since=now, heard=now)
            self._enter(watch)
        watch.heard = now
        return watch

    def unwatch(self, peer: Peer, item: str) -> None:
        watch = peer.watches.pop(item, None)
        if watch is not None:
            self._exit(watch)

    def stand(self, watch: Watch, standing: Standing) -> None:
        """Note where a watch stands now; its slots are all free again."""
        watch.claimed = 0
        before, watch.standing = watch.standing, standing
        if _place(before) != _place(standing) and watch in self.item_of(watch).viewers:
            self._leave_place(watch, before)
            self._enter_place(watch)

    def readmit(self, peer: Peer) -> None:
        """Sort the peer's watches anew after its mode has changed."""
        for watch in peer.watches.values():
            self._exit(watch)
            self._enter(watch)

    def _enter(self, watch: Watch) -> None:
        peer = watch.peer
        item = self.items.setdefault((peer.course, watch.item), Item((peer.course, watch.item)))
        if not peer.meets:
            item.plain.add(watch)
            return
        course = self.courses.setdefault(peer.course, Course())
        (course.seeders if peer.seeder else course.viewers).add(watch)
        if peer.seeder:
            item.seeders.add(watch)
            return
        item.viewers.add(watch)
        item.networks.setdefault(peer.network, Roster()).add(watch)
        self._enter_place(watch)

    def _exit(self, watch: Watch) -> None:
        peer, item = watch.peer, self.item_of(watch)
        course = self.courses.get(peer.course, Course())
        for roster in (item.plain, item.viewers, item.seeders, course.viewers, course.seeders):
            roster.discard(watch)
        _discard(item.networks, peer.network, watch)
        self._leave_place(watch, watch.standing)
        watch.part = NO_PART
        if item.empty:
            del self.items[item.key]
        if not (course.viewers or course.seeders):
            self.courses.pop(peer.course, None)

    def _enter_place(self, watch: Watch) -> None:
        self.item_of(watch).places.setdefault(_place(watch.standing), Roster()).add(watch)

    def _leave_place(self, watch: Watch, standing: Standing) -> None:
        _discard(self.item_of(watch).places, _place(standing), watch)


def _place(standing: Standing) -> int:
    return standing.position // PLACE_SEGMENTS


def _discard(buckets: dict[Key, Roster[Watch]], key: Key, watch: Watch) -> None:
    roster = buckets.get(key)
    if roster is not None:
        roster.discard(watch)
        if not roster:
            del buckets[key]
