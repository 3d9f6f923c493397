"""H.264 byte streams (ITU-T H.264 annex B) to what ISO BMFF wants (ISO 14496-15), and the codec's name (RFC 6381)."""

import struct

from origin.media.errors import EncoderError

_SEI, _SPS, _PPS, _DELIMITER, _FILLER = 6, 7, 8, 9, 12
_USER_DATA_UNREGISTERED = 5


def units(stream: bytes) -> list[bytes]:
    """NAL units of an annex B byte stream, without start codes."""
    return [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\x01")[1:]]


def sample(stream: bytes) -> bytes:
    """One access unit with four bytes of length before each NAL unit.

    Left out: parameter sets (they are in the initialisation segment), delimiters, filler, and the encoder's
    signature, which would cost 700 bytes in every segment.
    """
    kept = [unit for unit in units(stream) if _belongs(unit)]
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in kept)


def _belongs(unit: bytes) -> bool:
    kind = unit[0] & 31
    if kind == _SEI:
        return unit[1] != _USER_DATA_UNREGISTERED
    return kind not in (_SPS, _PPS, _DELIMITER, _FILLER)


def parameter_sets(extradata: bytes) -> tuple[bytes, bytes]:
    """Sequence and picture parameter set of an encoder's extradata."""
    by_kind = {unit[0] & 31: unit for unit in units(extradata)}
    if _SPS not in by_kind or _PPS not in by_kind:
        raise EncoderError("the encoder gave no parameter sets")
    return by_kind[_SPS], by_kind[_PPS]


def decoder_configuration(sps: bytes, pps: bytes) -> bytes:
    """AVCDecoderConfigurationRecord (ISO 14496-15, 5.3.3.1) for 8-bit 4:2:0 with one set of each kind."""
    head = bytes([1, sps[1], sps[2], sps[3], 0xFF, 0xE1])
    sets = struct.pack(">H", len(sps)) + sps + b"\1" + struct.pack(">H", len(pps)) + pps
    high_profile = bytes([0xFD, 0xF8, 0xF8, 0]) if sps[1] in (100, 110, 122, 144) else b""
    return head + sets + high_profile


def codec_name(sps: bytes) -> str:
    """For example avc1.64001f."""
    return f"avc1.{sps[1:4].hex()}"
