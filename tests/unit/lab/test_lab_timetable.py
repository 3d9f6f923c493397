"""Who comes when, and whom events strike."""

import random

from tests.lab.record import ViewerRecord
from tests.lab.scenario import Event, decode_scenario
from tests.lab.timetable import Join, Strike, struck, timetable

TEXT = """
name = "x"
seconds = 30
[[viewers]]
count = 3
join_at = 1
join_every = 10
[[events]]
at = 11
every = 8
share = 0.5
"""


def _present(*sent: int) -> list[ViewerRecord]:
    return [
        ViewerRecord(name=f"viewer-{number + 1}", kind="browser", group="viewer", joined_s=0, sent=size)
        for number, size in enumerate(sent)
    ]


def test_joins_and_events_come_in_order() -> None:
    scenario = decode_scenario(TEXT, "x")
    event = scenario.events[0]
    assert timetable(scenario) == [
        Join(1, "viewer-1"),
        Join(11, "viewer-2"),
        Strike(11, event),
        Strike(19, event),
        Join(21, "viewer-3"),
        Strike(27, event),
    ]


def test_the_feeder_is_who_sent_most() -> None:
    assert struck(Event(at=1, pick="feeder"), _present(5, 9, 2), random.Random(1)) == ["viewer-2"]


def test_a_named_viewer_is_struck_only_while_it_is_there() -> None:
    assert struck(Event(at=1, pick="viewer-2"), _present(0, 0), random.Random(1)) == ["viewer-2"]
    assert struck(Event(at=1, pick="viewer-2"), _present(0), random.Random(1)) == []


def test_a_share_is_drawn_of_those_who_are_there_and_the_same_with_the_same_seed() -> None:
    event = Event(at=1, share=0.25)
    drawn = struck(event, _present(*range(8)), random.Random(3))
    assert len(set(drawn)) == 2
    assert drawn == struck(event, _present(*range(8)), random.Random(3))
    assert len(struck(event, _present(1), random.Random(3))) == 1
    assert struck(event, [], random.Random(3)) == []
