"""What kind of file its first bytes say it is, so that a demuxer is never guessed from a name. Pure.

Forcing the demuxer shuts out playlists and scripts dressed as media (m3u8, ffconcat, DASH), which could name others.
"""

import codecs
import re
from typing import Literal, TypeAlias

SNIFF_BYTES = 4096
Kind: TypeAlias = Literal["video", "sound", "picture", "document", "text", "empty", "unknown"]

_VIDEO = (
    (re.compile(rb"....(ftyp|moov|mdat|wide|free|skip|pnot|moof)", re.DOTALL), "mov"),
    (re.compile(rb"\x1aE\xdf\xa3"), "matroska"),
    (re.compile(rb"G.{187}G.{187}G", re.DOTALL), "mpegts"),
    (re.compile(rb".{4}G.{191}G.{191}G", re.DOTALL), "mpegts"),
    (re.compile(rb"\x00\x00\x01\xba"), "mpeg"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "avi"),
    (re.compile(rb"FLV\x01"), "flv"),
    (re.compile(rb"0&\xb2u\x8ef\xcf\x11"), "asf"),
    (re.compile(rb"OggS"), "ogg"),
)
_OTHER: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (re.compile(rb"RIFF....WAVE|ID3|fLaC|\xff[\xe2-\xff]|#!AMR|FORM....AIFF", re.DOTALL), "sound"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP", re.DOTALL), "picture"),
    (re.compile(rb"%PDF|PK\x03\x04|\xd0\xcf\x11\xe0|\{\\rtf|Rar!|7z\xbc\xaf|\x1f\x8b"), "document"),
)


def sniff(head: bytes) -> tuple[Kind, str]:
    """Kind of a file by its first bytes, and for `video` the name of libav's demuxer (else empty)."""
    if not head:
        return "empty", ""
    for pattern, demuxer in _VIDEO:
        if pattern.match(head):
            return "video", demuxer
    for pattern, kind in _OTHER:
        if pattern.match(head):
            return kind, ""
    return ("text" if _is_text(head) else "unknown"), ""


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)
