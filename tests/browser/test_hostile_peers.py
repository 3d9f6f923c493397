"""Hostile peers over real WebRTC: no wrong byte reaches the player, the peer is dropped, and nothing stalls."""

import pytest
from chromium import browsers, until
from hostile import KINDS, hostile_seeder
from processes import House
from watching import Watcher

REASONS = {
    "flip": ["hash"],
    "another": ["hash"],
    "short": ["hash"],
    "proof": ["proof"],
    "silent": ["slow"],
    "slow": ["slow"],
    "liar": ["liar"],
    "flood": ["flood"],
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hostile_peer_is_dropped_and_harms_nobody(house: House, kind: str) -> None:
    course = house.get(f"/api/items/{house.lecture}")["course"]
    token = (house.folder / ".data/admin-token").read_text().strip()
    async with hostile_seeder(house.url, course, token, kind), browsers() as open_page:
        watcher = await Watcher.open(open_page, house, house.lecture)
        await watcher.meet(1)
        closed = " || ".join(
            f"window.banyan.engine.node.exchange.counters.get('closed:{reason}') > 0" for reason in REASONS[kind]
        )
        await until(watcher.page, closed, 50)
        await watcher.played_past(await watcher.position() + 3)
        assert (await watcher.stats())["peers"] == 0
        await watcher.assert_fluent()
        await watcher.assert_true_bytes()
