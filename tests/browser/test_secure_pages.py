"""Browsers give WebCrypto to secure pages alone: elsewhere the page plays over HTTP and says why; `--tls` mends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import browsers, until
from conftest import COURSE
from processes import House
from watching import Watcher

CLASSROOM = ("--host-resolver-rules=MAP classroom.test 127.0.0.1",)


@pytest.fixture(scope="module")
def secure_house(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[House]:
    """A house that serves https with a certificate of its own."""
    house = House(tmp_path_factory.mktemp("secure"))
    house.lecture = house.publish(sample, COURSE, "Sample lecture")
    house.serve("--tls")
    yield house
    house.close()


async def test_a_page_that_is_not_secure_plays_and_says_why(house: House) -> None:
    async with browsers() as open_page:
        insecure = House(house.folder, house.url.replace("localhost", "classroom.test"), house.lecture)
        watcher = await Watcher.open(open_page, insecure, house.lecture, flags=CLASSROOM)
        await watcher.played_past(5)
        stats = await watcher.stats()
        assert (stats["state"], stats["reason"]) == ("unavailable", "insecure")
        assert "https" in (await watcher.page.inner_text("main")).lower()


async def test_tls_makes_it_secure(secure_house: House) -> None:
    seeder = secure_house.seed(COURSE)
    async with browsers() as open_page:
        served = House(
            secure_house.folder, secure_house.url.replace("localhost", "classroom.test"), secure_house.lecture
        )
        watcher = await Watcher.open(open_page, served, secure_house.lecture, flags=CLASSROOM, ignore_https_errors=True)
        await watcher.meet(1)
        await until(watcher.page, "window.banyan.engine.stats().seederBytes > 0")
        await watcher.assert_fluent()
    seeder.stop()
