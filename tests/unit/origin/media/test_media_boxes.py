import struct

from hypothesis import given
from hypothesis import strategies as st

from origin.media import boxes

CONTAINERS = (b"moof", b"traf", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"dinf")


def parse(data: bytes) -> dict[bytes, bytes]:
    """Every box by its type; sizes must add up exactly."""
    found, at = {}, 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at, kind
        body = data[at + 8 : at + size]
        found[kind] = body
        if kind in CONTAINERS:
            found |= parse(body)
        at += size
    return found


@given(st.integers(0, 2**31), st.integers(0, 2**62), st.lists(st.binary(max_size=300), min_size=1, max_size=96))
def test_a_segment_carries_its_samples_at_its_time(sequence: int, time: int, samples: list[bytes]) -> None:
    data = boxes.segment(sequence, time, samples)
    found = parse(data)
    assert struct.unpack(">Q", found[b"tfdt"][4:]) == (time,)
    assert struct.unpack(">I", found[b"mfhd"][4:]) == (sequence + 1,)
    count, offset, first = struct.unpack(">IiI", found[b"trun"][4:16])
    assert count == len(samples)
    assert first == 0x02000000
    assert list(struct.unpack(f">{count}I", found[b"trun"][16:])) == [len(sample) for sample in samples]
    assert data[offset:] == found[b"mdat"] == b"".join(samples)
    assert boxes.segment(sequence, time, samples) == data


def test_the_video_track_says_what_it_is() -> None:
    found = parse(boxes.video_init(b"config", 1280, 720, 90_000, 3600))
    assert found[b"ftyp"][:4] == b"cmfc"
    assert found[b"hdlr"][8:12] == b"vide"
    assert struct.unpack(">I", found[b"mdhd"][12:16]) == (90_000,)
    assert struct.unpack(">II", found[b"tkhd"][-8:]) == (1280 << 16, 720 << 16)
    assert struct.unpack(">IIIII", found[b"trex"][4:]) == (1, 1, 3600, 0, 0x01010000)
    entry = parse(found[b"stsd"][8:])[b"avc1"]
    assert parse(entry[78:]).keys() == {b"avcC", b"colr", b"pasp"}
    assert b"elst" not in found


def test_the_audio_track_says_what_it_is() -> None:
    found = parse(boxes.audio_init(b"\x11\x90", 2, 48_000, 96_000, "zho", 1024))
    assert found[b"hdlr"][8:12] == b"soun"
    (language,) = struct.unpack(">H", found[b"mdhd"][20:22])
    assert "".join(chr(0x60 + (language >> shift & 31)) for shift in (10, 5, 0)) == "zho"
    entry = parse(found[b"stsd"][8:])[b"mp4a"]
    assert struct.unpack(">HHIHH", entry[16:28]) == (2, 16, 0, 48_000, 0)
    assert parse(entry[28:])[b"esds"].endswith(b"\x05\x80\x80\x80\x02\x11\x90\x06\x80\x80\x80\x01\x02")


def test_a_language_that_three_letters_cannot_hold_is_undetermined() -> None:
    def language(code: str) -> bytes:
        return parse(boxes.audio_init(b"", 1, 48_000, 64_000, code, 1024))[b"mdhd"][20:22]

    assert language("zh-hant") == language("und") != language("eng")
