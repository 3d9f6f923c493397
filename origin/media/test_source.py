"""The source `test`: a class without a teacher, for trying things out. It has no end."""

from collections.abc import Iterator

from origin.media.house import SAMPLE_RATE, Grid
from origin.media.lesson import Lesson
from origin.media.source import Audio, Description, Item, Picture, Sound

WIDTH, HEIGHT, RATE = 640, 360, 25


class TestSource:
    """Frame k and second s are pure functions of k and s: started anywhere, it gives the same bytes."""

    __test__ = False

    def __init__(self) -> None:
        self._lesson = Lesson(WIDTH, HEIGHT, RATE)

    @property
    def description(self) -> Description:
        """A small picture and one voice."""
        return Description(WIDTH, HEIGHT, Grid(RATE), (Audio("a-1", 1),), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Nothing ever needs mending."""
        return ()

    def items(self, first: int) -> Iterator[Item]:
        """A second of sound, then its frames, for ever; from the second before frame `first` on."""
        second = max(0, first // RATE - 1)
        while True:
            yield Sound(0, second * SAMPLE_RATE, (self._lesson.sound(second),))
            for at in range(second * RATE, (second + 1) * RATE):
                yield Picture(at, 1, self._lesson.frame(at))
            second += 1
