"""What the tracker hears of a Python peer."""

import asyncio
from types import SimpleNamespace
from typing import cast

from seeder.presence import Announcing, Presence
from swarm.tracker_messages import Announce, ToTracker

ITEMS = ("lecture", "class")


class Owner:
    """A peer that meets nobody, with a clock in hand, and an uplink more strained with each measurement."""

    def __init__(self) -> None:
        self.clock = 10_000
        self.measured = 0
        self.sent: list[ToTracker] = []
        self.joined = True
        self.meets = False
        self.exchange = SimpleNamespace(uploads=self)
        self.mesh = SimpleNamespace(neighbours=(), take_failed=tuple, doubt_silent=lambda: None)

    def now(self) -> int:
        return self.clock

    def send(self, message: ToTracker) -> bool:
        self.sent.append(message)
        return True

    def strain(self, now: int) -> int:
        """As `Uploads.strain`."""
        assert now == self.clock
        self.measured += 100
        return self.measured


async def test_every_item_is_announced_with_the_strain_over_no_less_than_five_seconds() -> None:
    owner = Owner()
    presence = Presence(cast(Announcing, owner), owner.send, degree=0)
    for item in ITEMS:
        presence.watch(item)
    running = asyncio.create_task(presence.run())
    try:
        told = [await _announced(presence, owner, at) for at in (10_000, 14_999, 15_000, 19_999, 20_000)]
    finally:
        running.cancel()
    assert told == [{100}, {100}, {200}, {200}, {300}]


async def _announced(presence: Presence, owner: Owner, at: int) -> set[int]:
    owner.sent.clear()
    owner.clock = at
    presence.announce()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    announces = [message for message in owner.sent if isinstance(message, Announce)]
    assert {one.item for one in announces} == set(ITEMS)
    return {one.strain for one in announces}
