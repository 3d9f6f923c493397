import pytest

from origin.media import nal
from origin.media.errors import EncoderError

SPS = bytes.fromhex("6764001eacd940a02ff966")
PPS = bytes.fromhex("68ebe3cb")


def stream(*units: bytes) -> bytes:
    return b"".join((b"\0" if number == 0 else b"") + b"\0\0\x01" + unit for number, unit in enumerate(units))


def test_units_are_found_after_short_and_long_start_codes() -> None:
    assert nal.units(b"\0\0\0\x01\x67ab\0\0\x01\x68cd\0\0\0\x01\x65ef") == [b"\x67ab", b"\x68cd", b"\x65ef"]
    assert nal.units(b"") == []


def test_a_sample_keeps_pictures_and_captions_and_nothing_of_the_encoder() -> None:
    signature, captions = b"\x06\x05\x10x264", b"\x06\x04\x08caption"
    delimiter, filler, picture = b"\x09\xf0", b"\x0c\xff\xff", b"\x65slice"
    coded = nal.sample(stream(delimiter, SPS, PPS, signature, captions, picture, filler))
    assert coded == b"\0\0\0\x0a" + captions + b"\0\0\0\x06" + picture


def test_configuration_and_name_come_from_the_parameter_sets() -> None:
    sps, pps = nal.parameter_sets(stream(SPS, PPS))
    assert (sps, pps) == (SPS, PPS)
    assert nal.codec_name(sps) == "avc1.64001e"
    record = nal.decoder_configuration(sps, pps)
    assert record[:6] == bytes([1, 0x64, 0, 0x1E, 0xFF, 0xE1])
    assert record.endswith(PPS + bytes([0xFD, 0xF8, 0xF8, 0]))


def test_an_encoder_without_parameter_sets_is_refused() -> None:
    with pytest.raises(EncoderError):
        nal.parameter_sets(stream(SPS))
