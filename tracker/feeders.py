"""Who feeds an item: those who fetch each new segment over HTTP at once, so that everyone else gets it from peers.

Named for every item; those of lectures make no use of it, which costs a few bytes an announce and needs no catalogue.
Seeders come first, else the viewers who have been there longest. A feeder stays one while it is there, except that
viewers are relieved when a seeder comes.
"""

from itertools import islice

from tracker.membership import Item
from tracker.peer import Watch

SEARCH = 64


def settle(item: Item, seeders: int, viewers: int) -> list[Watch]:
    """Name the item's feeders: at most `seeders` seeders, else `viewers` viewers. Returns those whose duty changed."""
    by_seeders = any(not watch.peer.silent for watch in islice(item.seeders, SEARCH))
    count = seeders if by_seeders else viewers
    held = [watch for watch in item.feeders if not watch.peer.silent and watch.peer.seeder == by_seeders][:count]
    if len(held) < count:
        able = _able_seeders(item) if by_seeders else _able_viewers(item)
        held += [watch for watch in able if watch not in held][: count - len(held)]
    return _appoint(item, held)


def _appoint(item: Item, chosen: list[Watch]) -> list[Watch]:
    before, item.feeders = item.feeders, chosen
    changed = [watch for watch in before if watch not in chosen] + [watch for watch in chosen if watch not in before]
    for watch in changed:
        watch.feeder = watch in chosen
    return changed


def _able_seeders(item: Item) -> list[Watch]:
    return [watch for watch in islice(item.seeders, SEARCH) if not watch.peer.silent]


def _able_viewers(item: Item) -> list[Watch]:
    """Long-lived viewers with a free slot who can hand on to other viewers, those without walls around them first.

    A viewer in mode `seeders` hands on to nobody, one in mode `site` to few.
    """
    able = [watch for watch in islice(item.viewers, SEARCH) if _can_feed(watch)]
    return sorted(able, key=lambda watch: watch.peer.ticket.mode != "mesh")


def _can_feed(watch: Watch) -> bool:
    return not watch.peer.silent and watch.slots > 0 and watch.peer.ticket.mode != "seeders"
