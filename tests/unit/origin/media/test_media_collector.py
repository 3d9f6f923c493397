import random
import threading

import pytest

from origin.media.collector import Collector
from origin.media.events import Segment
from origin.media.lane import Lane


def segment(track: str, sequence: int) -> Segment:
    return Segment(track=track, sequence=sequence, duration_ticks=1, timescale=1, data=b"")


@pytest.mark.parametrize("seed", range(5))
def test_segments_leave_by_sequence_and_track_however_they_come(seed: int) -> None:
    tracks, out = ("v720", "v360", "a-1"), list[Segment]()
    collector = Collector(tracks, 4, out.append)
    made = [segment(track, sequence) for track in tracks for sequence in range(4, 20)]
    random.Random(seed).shuffle(made)
    for one in made:
        collector.add(one)
    assert [(one.sequence, one.track) for one in out] == [(n, track) for n in range(4, 20) for track in tracks]
    assert collector.held == 0


def test_nothing_leaves_while_a_track_is_missing() -> None:
    out = list[Segment]()
    collector = Collector(("v", "a"), 0, out.append)
    collector.add(segment("v", 0))
    collector.add(segment("v", 1))
    assert not out
    assert collector.held == 2


def test_a_lane_works_in_order_and_finishes() -> None:
    done = list[object]()
    lane = Lane[int]("numbers", 2, done.append, lambda: done.append("end"))
    for number in range(50):
        lane.put(number)
    lane.close()
    assert done == [*range(50), "end"]


def test_what_goes_wrong_in_a_lane_comes_out_where_work_is_put_in() -> None:
    def work(number: int) -> None:
        if number == 3:
            raise ValueError("three")

    lane = Lane("numbers", 2, work, lambda: None)
    with pytest.raises(ValueError, match="three"):
        list(map(lane.put, range(100)))


def test_a_failed_finish_comes_out_of_close() -> None:
    def finish() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        Lane("nothing", 1, lambda work: None, finish).close()


def test_a_full_lane_holds_back() -> None:
    gate, put = threading.Event(), list[int]()

    def work(number: int) -> None:
        assert gate.wait(5), number

    lane = Lane("slow", 2, work, lambda: None)

    def fill() -> None:
        for number in range(10):
            lane.put(number)
            put.append(number)

    thread = threading.Thread(target=fill)
    thread.start()
    thread.join(0.1)
    assert len(put) <= 3
    gate.set()
    thread.join(5)
    lane.close()
    assert len(put) == 10
