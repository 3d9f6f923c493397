import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import UnsatisfiableRange
from origin.ranges import etag_listed, parse_range, range_applies


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 10)),
        ("bytes=90-", (90, 10)),
        ("bytes=-10", (90, 10)),
        ("bytes=-1000", (0, 100)),
        ("bytes=50-99999999999999999", (50, 50)),
        ("BYTES = 1-2", (1, 2)),
    ],
)
def test_reads_single_ranges(header: str, wanted: tuple[int, int]) -> None:
    assert parse_range(header, 100) == wanted


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes=1-2-3"),
        *("bytes=٣-٤", "bytes=" + "9" * 5000 + "-", "bytes=-" + "9" * 30),
    ],
)
def test_ignores_what_it_may_ignore(header: str | None) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"])
def test_refuses_ranges_outside(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        parse_range(header, 100)


@given(st.text(max_size=40), st.integers(1, 1000))
def test_any_header_gives_a_span_inside_the_object(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        try:
            part = parse_range(header, size)
        except UnsatisfiableRange:
            continue
        if part is not None:
            first, length = part
            assert 0 <= first < size
            assert 1 <= length <= size - first


def test_weak_and_strong_tags() -> None:
    assert etag_listed('"a"', '"a"')
    assert etag_listed('"x", W/"a"', '"a"')
    assert etag_listed("*", '"a"')
    assert not etag_listed('"b"', '"a"')
    assert not etag_listed("a", '"a"')
    assert not etag_listed(None, '"a"')
    assert range_applies(None, '"a"')
    assert range_applies('"a"', '"a"')
    assert not range_applies('W/"a"', 'W/"a"')
    assert not range_applies("Fri, 20 Nov 2026 12:00:00 GMT", '"a"')
