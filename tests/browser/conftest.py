"""Browser tests run over real commands, real media and real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import House

from origin.media.sample import write_sample

COURSE = "Physics"
LECTURE_S = 60


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lecture of one minute."""
    path = tmp_path_factory.mktemp("sample") / "lecture.mp4"
    write_sample(path, seconds=LECTURE_S)
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[House]:
    """A running all-in-one with the lecture published as `house.lecture`."""
    house = House(tmp_path_factory.mktemp("house"))
    house.lecture = house.publish(sample, COURSE, "Sample lecture")
    house.serve()
    yield house
    house.close()
