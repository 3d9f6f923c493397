"""Clips for tests that need many bytes: noise, which no encoder can make small."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_noise(path: Path, seconds: int, width: int = 640, height: int = 360, rate: int = 25) -> None:
    """Write an MP4 of coarse noise without sound."""
    random = np.random.default_rng(7)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "20", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for at in range(seconds * rate):
            coarse = random.integers(0, 255, (height // 4, width // 4, 3), dtype=np.uint8)
            picture = np.repeat(np.repeat(coarse, 4, axis=0), 4, axis=1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
