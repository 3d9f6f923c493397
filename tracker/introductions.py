"""Whom to introduce to a peer that announces: few at a time, and nobody twice at once.

The pool is drawn from small buckets, so the work does not grow with the swarm. Most places go by score
(`swarm.matching`), every fourth by lot, which keeps the mesh connected.
"""

from random import Random

from swarm.matching import Standing, score
from swarm.tracker_messages import MAX_INTRODUCTIONS
from tracker.limits import Buckets
from tracker.membership import PLACE_SEGMENTS, Membership
from tracker.pairs import Pairs
from tracker.peer import Peer, Watch, may_meet

SAMPLE = 8
LOT = 0.25

Subjects = Buckets[tuple[str, str]]


class Introductions:
    """Chooses candidates. `acquaintances` bounds how many other viewers one subject gets to know."""

    def __init__(self, members: Membership, pairs: Pairs, acquaintances: Subjects, rng: Random) -> None:
        self._members = members
        self._pairs = pairs
        self._acquaintances = acquaintances
        self._rng = rng

    def introduce(self, watch: Watch, want: int, now: int) -> list[Watch]:
        """Up to `want` peers for `watch`, best first; each becomes a pair that may exchange an offer."""
        free = min(want, MAX_INTRODUCTIONS - self._pairs.asked(watch.peer))
        if free <= 0 or not watch.peer.meets:
            return []
        pool = [other for other in self._pool(watch) if self._fits(watch, other, now)]
        chosen = self._ranked(watch, pool, free)
        return [other for other in chosen if self._pair(watch, other, now)]

    def _pool(self, watch: Watch) -> list[Watch]:
        """A bounded sample, at most one watch for each peer, the item's own before those of the course."""
        item = self._members.item_of(watch)
        course = self._members.courses[watch.peer.course]
        place = watch.standing.position // PLACE_SEGMENTS
        rosters = [item.seeders, course.seeders]
        if watch.peer.seeder or watch.peer.ticket.mode != "seeders":
            near = (item.networks.get(watch.peer.network), item.places.get(place), item.places.get(place + 1))
            rosters[:0] = [roster for roster in near if roster is not None]
            rosters += [item.viewers, course.viewers]
        found: dict[bytes, Watch] = {}
        for roster in rosters:
            for other in roster.sample(self._rng, SAMPLE):
                known = found.get(other.peer.id)
                if known is None or known.item != watch.item:
                    found[other.peer.id] = other
        return list(found.values())

    def _fits(self, watch: Watch, other: Watch, now: int) -> bool:
        me, them = watch.peer, other.peer
        if other.slots == 0 or them.silent or not may_meet(me, them):
            return False
        if self._pairs.between(me.id, them.id) is not None:
            return False
        if me.avoids(them.id, now) or them.avoids(me.id, now):
            return False
        return me.seeder or them.seeder or self._may_get_acquainted(me, them, now)

    def _ranked(self, watch: Watch, pool: list[Watch], count: int) -> list[Watch]:
        self._rng.shuffle(pool)
        pool.sort(key=lambda other: self._score(watch, other), reverse=True)
        chosen = self._seeder_first(watch, pool)
        while pool and len(chosen) < count:
            place = self._rng.randrange(len(pool)) if self._rng.random() < LOT else 0
            chosen.append(pool.pop(place))
        return chosen

    def _seeder_first(self, watch: Watch, pool: list[Watch]) -> list[Watch]:
        """Take the best seeder out of the pool for a viewer that has none and is on its way to none."""
        if watch.peer.seeder or self._has_seeder(watch.peer):
            return []
        for place, other in enumerate(pool):
            if other.peer.seeder:
                return [pool.pop(place)]
        return []

    def _has_seeder(self, peer: Peer) -> bool:
        peers = self._members.peers
        if any(pair.partner(peer).seeder for pair in self._pairs.of(peer)):
            return True
        return any(peers[other].seeder for other in peer.neighbours if other in peers)

    def _score(self, watch: Watch, other: Watch) -> int:
        same_network = watch.peer.network == other.peer.network
        free = Standing(other.standing.position, other.standing.first, other.standing.last, other.slots)
        return score(watch.standing, free, watch.item == other.item, same_network)

    def _pair(self, watch: Watch, other: Watch, now: int) -> bool:
        """Begin the pair, unless either of two viewers has met its share of others."""
        me, them = watch.peer, other.peer
        if not (me.seeder or them.seeder):
            if not self._may_get_acquainted(me, them, now):
                return False
            self._acquaintances.take(me.subject, now)
            self._acquaintances.take(them.subject, now)
        other.claimed += 1
        self._pairs.introduce(me, them, now)
        return True

    def _may_get_acquainted(self, one: Peer, other: Peer, now: int) -> bool:
        levels = (self._acquaintances.level(peer.subject, now) for peer in (one, other))
        return all(level >= 1 for level in levels)
