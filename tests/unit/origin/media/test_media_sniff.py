import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.media import refusals
from origin.media.sniff import sniff
from origin.media.wholeness import missing_bytes


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b"\0\0\0\x20ftypisom", ("video", "mov")),
        (b"\0\0\0\x08wide\0\0\0\0mdat", ("video", "mov")),
        (b"\x1aE\xdf\xa3\x01\0\0\0", ("video", "matroska")),
        ((b"G" + bytes(187)) * 3, ("video", "mpegts")),
        ((bytes(4) + b"G" + bytes(187)) * 3, ("video", "mpegts")),
        (b"RIFF\0\1\0\0AVI LIST", ("video", "avi")),
        (b"FLV\x01\5", ("video", "flv")),
        (b"\0\0\1\xba\x44", ("video", "mpeg")),
        (b"RIFF\0\1\0\0WAVEfmt ", ("sound", "")),
        (b"ID3\4", ("sound", "")),
        (b"\xff\xfb\x90", ("sound", "")),
        (b"\xff\xd8\xff\xe0", ("picture", "")),
        (b"%PDF-1.7", ("document", "")),
        (b"PK\3\4ppt/", ("document", "")),
        (b"#EXTM3U\nhttp://internal/", ("text", "")),
        (b"ffconcat version 1.0\nfile /etc/passwd", ("text", "")),
        ("第一讲：榕树".encode(), ("text", "")),
        (("讲" * 1366).encode()[:4096], ("text", "")),
        (b"", ("empty", "")),
        (bytes(4096), ("unknown", "")),
    ],
)
def test_kinds_of_files(head: bytes, answer: tuple[str, str]) -> None:
    assert sniff(head) == answer


@given(st.binary(max_size=4096))
def test_every_beginning_has_a_demuxer_or_a_sentence(head: bytes) -> None:
    kind, demuxer = sniff(head)
    assert (kind == "video") == bool(demuxer)
    if kind != "video":
        refused = refusals.not_video(kind, "第一讲.mp4")
        assert "第一讲.mp4" in refused.en
        assert "第一讲.mp4" in refused.zh


def mov(*boxes: tuple[bytes, int]) -> bytes:
    return b"".join(size.to_bytes(4, "big") + kind + bytes(size - 8) for kind, size in boxes)


def missing(data: bytes, demuxer: str) -> int:
    return missing_bytes(io.BytesIO(data), len(data), demuxer)


def test_a_movie_that_ends_inside_a_box_is_not_whole() -> None:
    whole = mov((b"ftyp", 32), (b"moov", 500), (b"mdat", 9000))
    assert missing(whole, "mov") == 0
    for cut in (1, 8, 100, 8992):
        assert missing(whole[:-cut], "mov") == cut


def test_sizes_of_64_bits_and_boxes_to_the_end() -> None:
    large = b"\0\0\0\1mdat" + (5000).to_bytes(8, "big")
    assert missing(mov((b"ftyp", 32)) + large + bytes(100), "mov") == 5000 - 116
    assert missing(mov((b"ftyp", 32)) + b"\0\0\0\0mdat" + bytes(10), "mov") == 0


def test_matroska_with_a_known_and_an_unknown_size() -> None:
    head = b"\x1aE\xdf\xa3\x84" + bytes(4)
    assert missing(head + b"\x18S\x80g\x01" + (1000).to_bytes(7, "big") + bytes(400), "matroska") == 600
    assert missing(head + b"\x18S\x80g\x01" + b"\xff" * 7 + bytes(400), "matroska") == 0


def test_avi_says_its_size() -> None:
    assert missing(b"RIFF" + (2000).to_bytes(4, "little") + b"AVI " + bytes(988), "avi") == 1008


@given(st.binary(min_size=8, max_size=2000), st.sampled_from(["mov", "matroska", "avi", "flv"]))
def test_no_bytes_hang_or_break_the_check(data: bytes, demuxer: str) -> None:
    assert missing(data, demuxer) >= 0
