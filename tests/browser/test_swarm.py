"""Several real browsers and a seeder hand each other the segments of a lecture and of a class."""

import asyncio

from chromium import browsers, until
from conftest import COURSE
from processes import House
from watching import Watcher, shares

PHONE = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
UPLOADING = "window.banyan.engine.node.exchange.uploading"
SWITCH = "document.getElementById('p2p-metered')"


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


async def test_a_phone_that_does_not_know_its_network_gives_nothing_until_its_viewer_agrees(house: House) -> None:
    async with browsers() as open_page:
        desktop = await Watcher.open(open_page, house, house.lecture)
        await until(desktop.page, "window.banyan.engine.node.joined")
        phone = await Watcher.open(open_page, house, house.lecture, user_agent=PHONE, is_mobile=True, has_touch=True)
        await until(phone.page, "window.banyan.engine.stats().peerBytes > 0", 30)
        assert [await phone.page.evaluate(UPLOADING), await desktop.page.evaluate(UPLOADING)] == [False, True]
        assert await phone.page.evaluate("window.banyan.engine.node.mesh.around.degree") == 4
        await until(phone.page, f"{SWITCH} && !{SWITCH}.closest('[hidden]') && !{SWITCH}.checked")
        assert (await phone.stats())["sentBytes"] == 0
        await phone.page.evaluate(f"{SWITCH}.click()")
        await until(phone.page, UPLOADING)
        await phone.page.reload()
        await until(phone.page, f"window.banyan && {UPLOADING} && {SWITCH}?.checked")
        await until(desktop.page, f"{SWITCH}?.closest('[hidden]')")
