"""What cannot be published is refused with a sentence, whatever it is called."""

import os
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from media_clips import Clip, Voice, write_clip
from media_outcome import Outcome, prepare

from origin.media.events import Segment


def sentence(outcome: Outcome, reason: str) -> str:
    """The English sentence, after checking that both are for people."""
    failed = outcome.failed
    assert failed.reason == reason
    assert failed.en.endswith(".")
    assert failed.zh.endswith("。")
    for trace in ("Traceback", "Error", "errno", "0x7", "av."):
        assert trace not in failed.en
    return failed.en


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=48_000)
        frame.planes[0].update(bytes(4 * 48_000))
        frame.sample_rate = 48_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def cut(suffix: str, share: float, clip: Clip) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        whole = write_clip(path.with_suffix(suffix), clip).read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return write


def scratched(path: Path) -> None:
    data = bytearray(write_clip(path, Clip(voices=()), {"movflags": "faststart"}).read_bytes())
    begin = data.index(b"mdat") + 200
    data[begin:] = os.urandom(len(data) - begin)
    path.write_bytes(data)


def shortened(path: Path) -> None:
    """The moov promises ten seconds, the mdat is whole by its own size, and the samples lie beyond its end."""
    data = bytearray(write_clip(path, Clip(seconds=10), {"movflags": "faststart"}).read_bytes())
    at = data.index(b"mdat") - 4
    keep = (len(data) - at) // 3
    data[at : at + 4] = keep.to_bytes(4, "big")
    path.write_bytes(data[: at + keep])


def text(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


BAD: dict[str, tuple[str, Callable[[Path], None]]] = {
    "empty": ("empty", lambda path: path.touch()),
    "text": ("text", text(b"Lecture 1: roots and trunks\n" * 50)),
    "playlist": ("text", text(b"#EXTM3U\n#EXTINF:4,\n/etc/passwd\n#EXT-X-ENDLIST\n")),
    "concat": ("text", text(b"ffconcat version 1.0\nfile /etc/passwd\n")),
    "slides": ("document", text(b"PK\3\4" + bytes(200))),
    "random": ("unknown", text(b"\x80" + os.urandom(50_000))),
    "sound": ("audio_only", sound_only),
    "broken head": ("damaged", text(b"\0\0\0\x20ftypisom" + bytes(20) + os.urandom(9000))),
    "index missing": ("damaged", cut(".mp4", 0.5, Clip())),
    "index first": ("damaged", lambda path: cut_faststart(path)),
    "matroska": ("damaged", cut(".mkv", 0.6, Clip())),
    "avi": ("damaged", cut(".avi", 0.6, Clip(codec="mpeg4", voices=(Voice(codec="mp3"),)))),
    "flash": ("damaged", cut(".flv", 0.3, Clip(seconds=12))),
    "noise": ("damaged", scratched),
    "shortened": ("damaged", shortened),
}


def cut_faststart(path: Path) -> None:
    whole = write_clip(path, Clip(), {"movflags": "faststart"}).read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])


@pytest.mark.parametrize("kind", BAD)
async def test_bad_files_are_refused_in_plain_words(tmp_path: Path, kind: str) -> None:
    reason, write = BAD[kind]
    path = tmp_path / "lecture.mp4"
    write(path)
    assert "lecture.mp4" in sentence(await prepare(path), reason)


async def test_nothing_of_a_file_that_is_cut_off_is_published(tmp_path: Path) -> None:
    cut_faststart(tmp_path / "lecture.mp4")
    outcome = await prepare(tmp_path / "lecture.mp4")
    assert len(outcome.events) == 1
    assert not any(isinstance(event, Segment) for event in outcome.events)


async def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    assert "spelling" in sentence(await prepare(tmp_path / "none.mp4"), "missing")
    assert "folder" in sentence(await prepare(tmp_path), "folder")
    assert "device" in sentence(await prepare("/dev/zero"), "folder")
    for source in ("http://127.0.0.1/a.mp4", "pipe:0", "a\0b", "~nobody-of-this-name/a.mp4"):
        sentence(await prepare(source), "missing")


async def test_a_picture_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.mov"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 8192, 4320, "yuvj420p"
        stream.codec_context.color_range = 2
        file.mux(stream.encode(av.VideoFrame(8192, 4320, "yuvj420p")))
        file.mux(stream.encode(None))
    assert "8192x4320" in sentence(await prepare(path), "too_large")
