"""CMAF tracks and segments (ISO 14496-12, ISO 23000-19), each a pure function of what goes in: equal in, equal out.

One track a file (track_ID 1), no edit list, no composition offsets: frames are shown as they are decoded, so a
segment's decode time, its place on the grid, is also when its first frame is shown, whoever reads it. (With B-frames
it would not be: libavformat, and so every player built on it, shows a track with signed offsets 80 ms late.)
"""

import struct
from collections.abc import Sequence

_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_BASE_IS_MOOF = 0x020000
_TRUN_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_SIZES = 0x1, 0x4, 0x200
_TRACK = 1


def _box(kind: bytes, *parts: bytes) -> bytes:
    size = 8 + sum(map(len, parts))
    return struct.pack(">I", size) + kind + b"".join(parts)


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def video_init(configuration: bytes, width: int, height: int, timescale: int, frame_ticks: int) -> bytes:
    """Initialisation segment of an H.264 track: square pixels, BT.709, limited range."""
    entry = _box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 24, -1),
        _box(b"avcC", configuration),
        _box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0)),
        _box(b"pasp", struct.pack(">II", 1, 1)),
    )
    header = _full(b"vmhd", 0, 1, struct.pack(">HHHH", 0, 0, 0, 0))
    return _init(b"vide", "und", header, entry, timescale, (width, height, 0), (frame_ticks, _NOT_SYNC))


def audio_init(configuration: bytes, channels: int, rate: int, bit_rate: int, language: str, frame: int) -> bytes:
    """Initialisation segment of an AAC track. `configuration` is the AudioSpecificConfig, `language` ISO 639-2."""
    entry = _box(
        b"mp4a",
        struct.pack(">6xH8xHHIHH", 1, channels, 16, 0, rate, 0),
        _full(b"esds", 0, 0, _elementary_stream(configuration, bit_rate)),
    )
    header = _full(b"smhd", 0, 0, bytes(4))
    return _init(b"soun", language, header, entry, rate, (0, 0, 0x100), (frame, _SYNC))


def _elementary_stream(configuration: bytes, bit_rate: int) -> bytes:
    specific = _descriptor(5, configuration)
    decoder = _descriptor(4, struct.pack(">BBBHII", 0x40, 0x15, 0, 0, bit_rate, bit_rate) + specific)
    return _descriptor(3, struct.pack(">HB", _TRACK, 0) + decoder + _descriptor(6, b"\2"))


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x80, 0x80, 0x80, len(body)]) + body


def _init(
    handler: bytes,
    language: str,
    media_header: bytes,
    entry: bytes,
    timescale: int,
    shape: tuple[int, int, int],
    defaults: tuple[int, int],
) -> bytes:
    brands = _box(b"ftyp", b"cmfc", struct.pack(">I", 0), b"iso6", b"cmfc", b"mp41")
    movie = _full(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    extends = _full(b"trex", 0, 0, struct.pack(">IIIII", _TRACK, 1, defaults[0], 0, defaults[1]))
    track = _track(handler, language, media_header, entry, timescale, shape)
    return brands + _box(b"moov", movie, track, _box(b"mvex", extends))


def _track(
    handler: bytes, language: str, media_header: bytes, entry: bytes, timescale: int, shape: tuple[int, int, int]
) -> bytes:
    width, height, volume = shape
    head = struct.pack(">IIIII8xHHHH", 0, 0, _TRACK, 0, 0, 0, 0, volume, 0) + _MATRIX
    header = _full(b"tkhd", 0, 3, head, struct.pack(">II", width << 16, height << 16))
    clock = _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _language(language), 0))
    kind = _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"\0")
    here = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    table = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        *(_full(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc")),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    return _box(b"trak", header, _box(b"mdia", clock, kind, _box(b"minf", media_header, here, table)))


def _language(code: str) -> int:
    """ISO 639-2 in three times five bits (ISO 14496-12, 8.4.2.3)."""
    if len(code) != 3 or not all("a" <= letter <= "z" for letter in code):
        code = "und"
    first, second, third = (ord(letter) - 0x60 for letter in code)
    return first << 10 | second << 5 | third


def segment(sequence: int, decode_time: int, samples: Sequence[bytes]) -> bytes:
    """One moof and one mdat of coded frames. Sizes are explicit, durations and flags come from the track's defaults."""
    moof = _moof(sequence, decode_time, samples, 0)
    moof = _moof(sequence, decode_time, samples, len(moof) + 8)
    return moof + _box(b"mdat", *samples)


def _moof(sequence: int, decode_time: int, samples: Sequence[bytes], offset: int) -> bytes:
    flags = _TRUN_OFFSET | _TRUN_FIRST_FLAGS | _TRUN_SIZES
    sizes = struct.pack(f">{len(samples)}I", *map(len, samples))
    run = _full(b"trun", 0, flags, struct.pack(">IiI", len(samples), offset, _SYNC), sizes)
    header = _full(b"tfhd", 0, _BASE_IS_MOOF, struct.pack(">I", _TRACK))
    clock = _full(b"tfdt", 1, 0, struct.pack(">Q", decode_time))
    return _box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", sequence + 1)), _box(b"traf", header, clock, run))
