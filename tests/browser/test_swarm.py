"""Several real browsers and a seeder hand each other the segments of a lecture and of a class."""

import asyncio

from chromium import browsers
from conftest import COURSE
from processes import House
from watching import Watcher, shares


async def test_three_pages_and_a_seeder_share_a_lecture(house: House) -> None:
    seeder = house.seed(COURSE)
    async with browsers() as open_page:
        watchers = []
        for _ in range(3):
            watchers.append(await Watcher.open(open_page, house, house.lecture))
            await watchers[-1].meet(1)
        await asyncio.gather(*(watcher.played_past(26, 60) for watcher in watchers))
        for watcher in watchers:
            await watcher.assert_fluent()
            await watcher.assert_true_bytes(least=12)
        http, others = await shares(watchers)
        print(f"lecture: {http} bytes over HTTP, {others} from others")
        assert others >= http
    seeder.stop()


async def test_three_pages_and_a_seeder_share_a_class(house: House) -> None:
    item = house.start_class(COURSE, "Live class")
    seeder = house.seed(COURSE)
    await asyncio.to_thread(house.class_under_way, item)
    async with browsers() as open_page:
        watchers = [await Watcher.open(open_page, house, item) for _ in range(3)]
        start = await watchers[0].position()
        await asyncio.gather(*(watcher.played_past(start + 30, 60) for watcher in watchers))
        for watcher in watchers:
            await watcher.assert_fluent()
            await watcher.assert_true_bytes(least=12)
        http, others = await shares(watchers)
        print(f"class: {http} bytes over HTTP, {others} from others")
        assert others >= http
    seeder.stop()
