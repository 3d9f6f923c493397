"""H.264 of the house: every segment from a fresh encoder, so that equal frames give equal bytes wherever it starts.

No B-frames. Measured on lecture slides they save 5 % of the bytes and cost 17 % of the speed, and no container timing
that leaves the first frame on the grid is read alike by browsers and by libavformat (see `boxes`).
"""

from dataclasses import dataclass
from fractions import Fraction

import av
from av.codec.context import Flags
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from origin.media import boxes, nal
from origin.media.errors import EncoderError
from origin.media.house import SEGMENT_FRAMES, VIDEO_TIMESCALE, Grid, Rung

LECTURE_PRESET = "veryfast"
CLASS_PRESET = "superfast"
_QUALITY = "23"
_BUFFER_START = Fraction(9, 10)
_PARAMETERS = "bframes=0:keyint=infinite:min-keyint=1000:open-gop=0:force-cfr=1:vbv-init=0.9"
_COLOURS = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the initialisation segment and the playlist tell of a rendition."""

    init: bytes
    codecs: str
    bandwidth: int


def _encoder(rung: Rung, grid: Grid, preset: str) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = rung.width, rung.height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, grid.rate), Fraction(grid.rate)
    encoder.sample_aspect_ratio = Fraction(1)
    encoder.thread_count = 1
    encoder.flags |= Flags.global_header
    # The buffer holds one second, and every segment begins with it nearly full: what it holds counts towards the peak.
    steady = int(rung.peak / (1 + _BUFFER_START * grid.rate / SEGMENT_FRAMES))
    rate = {"crf": _QUALITY, "maxrate": str(steady), "bufsize": str(steady)}
    encoder.options = {"preset": preset, "profile": "high", "x264-params": _PARAMETERS, **rate, **_COLOURS}
    encoder.open()
    return encoder


def configure(rung: Rung, grid: Grid, preset: str) -> Configuration:
    """Initialisation segment, codec name and peak of a rendition.

    The video buffering verifier keeps every full segment below the rung's peak; 2 % and 8 kbit/s are for boxes.
    """
    sps, pps = nal.parameter_sets(_encoder(rung, grid, preset).extradata or b"")
    init = boxes.video_init(
        nal.decoder_configuration(sps, pps), rung.width, rung.height, VIDEO_TIMESCALE, grid.frame_ticks
    )
    return Configuration(init, nal.codec_name(sps), rung.peak * 51 // 50 + 8000)


class SegmentEncoder:
    """Encodes one segment of one rendition: feed up to 96 frames, then finish. Used once."""

    def __init__(self, rung: Rung, grid: Grid, preset: str) -> None:
        self._grid = grid
        self._encoder = _encoder(rung, grid, preset)
        self._packets: list[Packet[Stream]] = []
        self.parameter_sets = nal.parameter_sets(self._encoder.extradata or b"")
        self.frames = 0

    def feed(self, frame: VideoFrame) -> None:
        """Encode a frame that already has the rendition's shape."""
        frame.pts, frame.time_base = self.frames, Fraction(1, self._grid.rate)
        frame.pict_type = 0
        self.frames += 1
        self._packets += self._encoder.encode(frame)

    def finish(self, sequence: int) -> bytes:
        """The segment's bytes. Raises EncoderError when the encoder broke the house format."""
        self._packets += self._encoder.encode(None)
        if len(self._packets) != self.frames:
            raise EncoderError(f"{self.frames} frames gave {len(self._packets)} packets")
        if not self._packets[0].is_keyframe or [packet.pts for packet in self._packets] != list(range(self.frames)):
            raise EncoderError("a segment begins with a key frame, and its frames keep their order")
        samples = [nal.sample(bytes(packet)) for packet in self._packets]
        return boxes.segment(sequence, sequence * self._grid.segment_ticks, samples)
