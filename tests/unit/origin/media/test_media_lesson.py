from origin.media.lesson import Lesson
from origin.media.source import Picture, Sound
from origin.media.test_source import RATE, TestSource


def luma(lesson: Lesson, at: int) -> bytes:
    return bytes(lesson.frame(at).planes[0])


def test_a_frame_depends_on_its_number_alone() -> None:
    early, late = Lesson(320, 180, 25), Lesson(320, 180, 25)
    for at in range(240, 260):
        early.frame(at)
    assert luma(early, 777) == luma(late, 777)
    assert early.sound(5) == late.sound(5)


def test_something_moves_and_slides_change() -> None:
    lesson = Lesson(320, 180, 25)
    assert luma(lesson, 10) != luma(lesson, 11)
    chroma = [bytes(lesson.frame(second * 25).planes[1]) for second in (0, 5, 10)]
    assert chroma[0] == chroma[1] != chroma[2]


def test_it_speaks_and_pauses() -> None:
    seconds = [Lesson(320, 180, 25).sound(second) for second in range(4)]
    assert all(len(sound) == 48_000 * 4 for sound in seconds)
    assert any(bytes(4 * 9600) in sound for sound in seconds)
    assert any(any(sound) for sound in seconds)


def test_the_test_source_begins_shortly_before_what_was_asked() -> None:
    items = TestSource().items(1000)
    sound, picture = next(items), next(items)
    assert isinstance(sound, Sound)
    assert isinstance(picture, Picture)
    assert sound.at <= 1000 * 1920 - 2048
    assert 1000 - 3 * RATE < picture.at <= 1000
