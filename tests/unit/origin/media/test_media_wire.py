import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.media import wire
from origin.media.errors import WireError
from origin.media.events import Failed, Job, Segment


def test_events_and_jobs_come_back_as_they_went() -> None:
    segment = Segment(track="v720", sequence=3, duration_ticks=345_600, timescale=90_000, data=bytes(range(256)))
    framed = wire.frame(segment)
    assert wire.length(framed[:4]) == len(framed) - 4
    assert wire.read_event(framed[4:]) == segment
    job = Job(source="/讲座/第一讲.mp4", rungs=(360,), languages=("zho", "eng"))
    assert wire.read_job(wire.frame(job)[4:]) == job


@pytest.mark.parametrize("header", [b"\0\0\0\0", b"\xff\xff\xff\xff", (wire.MAX_EVENT_BYTES + 1).to_bytes(4, "big")])
def test_lengths_out_of_bounds_are_refused_before_anything_is_read(header: bytes) -> None:
    with pytest.raises(WireError):
        wire.length(header)


def test_a_message_over_its_limit_does_not_leave() -> None:
    with pytest.raises(WireError):
        wire.frame(Job(source="x" * wire.MAX_JOB_BYTES), wire.MAX_JOB_BYTES)


@given(st.binary(max_size=500))
def test_any_bytes_are_an_event_or_an_error(body: bytes) -> None:
    try:
        wire.read_event(body)
    except WireError:
        return


@pytest.mark.parametrize(
    "body",
    [
        {"type": "segment", "track": "v720"},
        {"type": "segment", "track": 7, "sequence": 0, "duration_ticks": 1, "timescale": 1, "data": b""},
        {"type": "run", "command": "rm"},
        ["failed", "a", "b", "c"],
    ],
)
def test_wrong_fields_are_refused(body: object) -> None:
    with pytest.raises(WireError):
        wire.read_event(msgspec.msgpack.encode(body))


def test_a_job_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(WireError):
        wire.read_job(msgspec.msgpack.encode({"source": "test", "output": "/etc"}))


def test_a_failure_tells_in_two_languages() -> None:
    failed = Failed(en="It is empty.", zh="是空的。", reason="empty")
    assert wire.read_event(wire.frame(failed)[4:]) == failed
