import array
import random

import av
import pytest

from origin.media import audio
from origin.media.audio import Windows
from origin.media.house import AAC_FRAME, Grid
from origin.media.source import Audio

GRID = Grid(30)


def noise(count: int, seed: int = 1) -> bytes:
    rng = random.Random(seed)
    return array.array("f", (rng.uniform(-0.3, 0.3) for _ in range(count))).tobytes()


def cut(sound: bytes, size: int, first: int = 0, at: int = 0) -> list[tuple[int, tuple[bytes, ...]]]:
    windows, ready = Windows(1, GRID, first), []
    for begin in range(at * 4, len(sound), size * 4):
        ready += windows.add(begin // 4, (sound[begin : begin + size * 4],))
    return ready + windows.finish(2)


def test_windows_do_not_depend_on_how_sound_arrives() -> None:
    sound = noise(3 * GRID.segment_samples - 777)
    assert cut(sound, 1024) == cut(sound, 48_000) == cut(sound, 999)
    assert [sequence for sequence, _ in cut(sound, 1024)] == [0, 1, 2]


def test_a_window_is_the_segment_and_two_frames_on_each_side() -> None:
    sound = noise(3 * GRID.segment_samples)
    (_, (first,)), (_, (second,)), (_, (third,)) = cut(sound, 5000)
    around, step = 4 * 2 * AAC_FRAME, 4 * GRID.segment_samples
    assert first == bytes(around) + sound[: step + around]
    assert second == sound[step - around : 2 * step + around]
    assert third == sound[2 * step - around :] + bytes(around)


@pytest.mark.parametrize("at", [0, 100_000, 2 * GRID.segment_samples - 2048])
def test_a_late_start_cuts_the_same_windows(at: int) -> None:
    sound = noise(3 * GRID.segment_samples)
    assert cut(sound, 4801, first=2, at=at) == cut(sound, 1024)[2:]


def decoded(configuration: bytes, packets: list[bytes]) -> list[float]:
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = configuration
    sound = array.array("f")
    for data in packets:
        for frame in decoder.decode(av.Packet(data)):
            sound.frombytes(bytes(frame.planes[0])[: 4 * frame.samples])
    return list(sound)


def packets(segment: bytes, count: int) -> list[bytes]:
    at = segment.index(b"trun") + 20
    sizes = [int.from_bytes(segment[at + 4 * n : at + 4 * n + 4], "big") for n in range(count)]
    begin = segment.index(b"mdat") + 4
    return [segment[begin + sum(sizes[:n]) : begin + sum(sizes[: n + 1])] for n in range(count)]


def test_sound_comes_out_where_it_went_in_and_segments_join_without_a_click() -> None:
    whole = array.array("f", (0.3 * ((n // 50) % 2) - 0.15 for n in range(2 * GRID.segment_samples))).tobytes()
    made = [audio.encode(sequence, window, 150, GRID) for sequence, window in cut(whole, 4096)[:2]]
    init = audio.init_segment(Audio("a-1", 1))
    configuration = init[init.index(b"\x05\x80\x80\x80") + 5 :][:5]
    heard = decoded(configuration, [packet for segment in made for packet in packets(segment, 150)])
    meant = array.array("f", whole)
    assert len(heard) == len(meant)
    for begin in (20_000, GRID.segment_samples - 1024, GRID.segment_samples, 2 * GRID.segment_samples - 9000):
        error = sum(abs(heard[n] - meant[n]) for n in range(begin, begin + 1024)) / 1024
        assert error < 0.03, begin
