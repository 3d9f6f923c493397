"""The command line of ffmpeg that makes what our house format makes of a lecture with mono sound, as fMP4 HLS."""

from pathlib import Path

from origin.media import video
from origin.media.house import SAMPLE_RATE, SEGMENT_FRAMES, Grid, Rung, audio_rate, ladder

_GRID = Grid(25)
_CHANNELS = 1


def command(binary: Path, clip: Path, folder: Path, width: int, height: int) -> list[str]:
    """One decode, all rungs, one thread each, closed groups of 96 frames, one segment a group."""
    rungs = ladder(width, height)
    words = [str(binary), "-nostdin", "-v", "error", "-i", str(clip), "-filter_complex", _scaling(rungs)]
    for number, rung in enumerate(rungs):
        words += ["-map", f"[out{number}]", *_video(number, rung)]
    words += ["-map", "0:a:0", "-c:a", "aac", "-b:a", str(audio_rate(_CHANNELS)), "-ar", str(SAMPLE_RATE)]
    return [*words, "-ac", str(_CHANNELS), *_hls(folder, len(rungs))]


def _scaling(rungs: tuple[Rung, ...]) -> str:
    split = f"[0:v]split={len(rungs)}" + "".join(f"[in{number}]" for number in range(len(rungs)))
    scales = (
        f"[in{number}]scale={rung.width}:{rung.height}:flags=bicubic,format=yuv420p[out{number}]"
        for number, rung in enumerate(rungs)
    )
    return ";".join((split, *scales))


def _video(number: int, rung: Rung) -> list[str]:
    """What our own encoder is set to, so that a change there is compared like with like."""
    steady = str(int(rung.peak / (1 + video._BUFFER_START * _GRID.rate / SEGMENT_FRAMES)))
    options = {
        "c": "libx264",
        "preset": video.LECTURE_PRESET,
        "profile": "high",
        "crf": video._QUALITY,
        "maxrate": steady,
        "bufsize": steady,
        "x264-params": video._PARAMETERS,
        "force_key_frames": f"expr:not(mod(n,{SEGMENT_FRAMES}))",
        "forced-idr": "1",
        "threads": "1",
    }
    return [word for name, value in options.items() for word in (f"-{name}:v:{number}", value)]


def _hls(folder: Path, rungs: int) -> list[str]:
    streams = " ".join([*(f"v:{number},agroup:sound" for number in range(rungs)), "a:0,agroup:sound"])
    # A little less than a group lasts, as the cut is at the first key frame from that time on.
    seconds = SEGMENT_FRAMES / _GRID.rate - 0.04
    options = {
        "f": "hls",
        "hls_segment_type": "fmp4",
        "hls_time": f"{seconds:.2f}",
        "hls_playlist_type": "vod",
        "hls_flags": "independent_segments",
        "hls_segment_filename": str(folder / "%v" / "%d.m4s"),
        "master_pl_name": "index.m3u8",
        "var_stream_map": streams,
    }
    return [
        *(word for name, value in options.items() for word in (f"-{name}", value)),
        str(folder / "%v" / "list.m3u8"),
    ]
