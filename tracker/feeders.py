"""Who feeds an item: those who fetch each new segment over HTTP at once, so that everyone else gets it from peers.

Named for every item; those of lectures make no use of it, which costs a few bytes an announce and needs no catalogue.
Feeders share one copy of each segment: each has a seat, and feeds the stripe of that place. Seeders come first, else
the viewer that has been there longest feeds alone, until others wait for its uplink: then segments are striped over
many viewers, so that each carries a part. A feeder keeps its seat while it is there, and a new one takes the seat of
one that has gone, so that the others' stripes stay as they are; viewers are relieved when a seeder comes.
"""

from collections import Counter
from itertools import islice

from tracker.membership import Item
from tracker.peer import NO_PART, Part, Watch
from tracker.settings import TrackerSettings

SEARCH = 64
Seats = list[Watch | None]


def note_strain(item: Item, watch: Watch, strain: int, settings: TrackerSettings, now: int) -> None:
    """A member has told for how much of its time (permille) others wait for its uplink."""
    if not watch.feeds:
        return
    if strain >= settings.strain_begin and not item.striped:
        item.striped = watch.weak = True
        item.grows = now
    if strain >= settings.strain_end:
        item.strained = now


def settle(item: Item, settings: TrackerSettings, now: int) -> list[Watch]:
    """Name the item's feeders anew. Returns those whose duty changed."""
    by_seeders = any(not watch.peer.silent for watch in islice(item.seeders, SEARCH))
    if by_seeders or now - item.strained >= settings.calm_ms:
        item.striped = False
    most = _most(item, by_seeders, settings)
    seats: Seats = [watch if _stays(watch, by_seeders) else None for watch in item.feeders]
    if len(seats) > most:
        # The viewer that was strained when it fed alone is not the one to feed alone again.
        seats = [*sorted(filter(None, seats), key=lambda watch: watch.weak)[:most]]
    room = most if _may_grow(item, now) else len(seats)
    if None in seats or len(seats) < room:
        able = _able_seeders(item) if by_seeders else _able_viewers(item, settings, now)
        seats = _filled(seats, able, room)
        item.grows = now + settings.restripe_ms
    return _appoint(item, [watch for watch in seats if watch is not None])


def _most(item: Item, by_seeders: bool, settings: TrackerSettings) -> int:
    if by_seeders:
        return settings.seeder_feeders
    return settings.most_stripes if item.striped else settings.viewer_feeders


def _stays(watch: Watch, by_seeders: bool) -> bool:
    return watch.feeds and not watch.peer.silent and watch.peer.seeder == by_seeders


def _may_grow(item: Item, now: int) -> bool:
    """Each new stripe changes all others, so newcomers wait for each other."""
    return not item.striped or not item.feeders or now >= item.grows


def _filled(seats: Seats, able: list[Watch], room: int) -> Seats:
    fresh = iter([watch for watch in able if watch not in seats])
    taken = [watch or next(fresh, None) for watch in seats]
    return [*taken, *islice(fresh, max(room - len(taken), 0))]


def _appoint(item: Item, chosen: list[Watch]) -> list[Watch]:
    """Seat the chosen. Those who reach the same peers share a copy; one in mode `site` reaches only its network."""
    before = {watch: watch.part for watch in (*item.feeders, *chosen)}
    for watch in item.feeders:
        watch.part = NO_PART
    sizes = Counter(map(_reach, chosen))
    places: Counter[str] = Counter()
    for watch in chosen:
        reach = _reach(watch)
        watch.part = Part(places[reach], sizes[reach])
        places[reach] += 1
    item.feeders = chosen
    return [watch for watch, part in before.items() if watch.part != part]


def _reach(watch: Watch) -> str:
    return watch.peer.network if watch.peer.ticket.mode == "site" else ""


def _able_seeders(item: Item) -> list[Watch]:
    return [watch for watch in islice(item.seeders, SEARCH) if not watch.peer.silent]


def _able_viewers(item: Item, settings: TrackerSettings, now: int) -> list[Watch]:
    """Long-lived viewers who give, and can hand on to other viewers, those without walls around them first.

    Whoever offers no slot gives nothing. A viewer in mode `seeders` hands on to nobody, one in mode `site` to few. A
    stripe needs somebody who has met others by now, where there are such.
    """
    able = [watch for watch in islice(item.viewers, SEARCH) if _can_feed(watch)]
    if item.striped:
        able = [watch for watch in able if now - watch.since >= settings.feeder_age_ms] or able
    return sorted(able, key=lambda watch: (watch.peer.ticket.mode != "mesh", watch.weak))


def _can_feed(watch: Watch) -> bool:
    return not watch.peer.silent and watch.standing.slots > 0 and watch.peer.ticket.mode != "seeders"
