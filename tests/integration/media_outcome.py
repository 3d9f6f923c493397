"""Runs the worker on a job and reads what came out, with PyAV and by the boxes themselves."""

import array
import io
import struct
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from origin.media.events import Event, Failed, Finished, Init, Job, Opened, Segment, Sheet, ThumbnailCues
from origin.media.runner import run


@dataclass
class Outcome:
    """Everything that a worker said about one job."""

    events: list[Event] = field(default_factory=list)

    @property
    def opened(self) -> Opened:
        (found,) = [event for event in self.events if isinstance(event, Opened)]
        return found

    @property
    def finished(self) -> Finished:
        last = self.events[-1]
        assert isinstance(last, Finished), last
        return last

    @property
    def failed(self) -> Failed:
        last = self.events[-1]
        assert isinstance(last, Failed), last
        return last

    @property
    def tracks(self) -> list[str]:
        return [track.id for track in self.opened.tracks]

    @property
    def sheets(self) -> list[Sheet]:
        return [event for event in self.events if isinstance(event, Sheet)]

    @property
    def cues(self) -> ThumbnailCues:
        (found,) = [event for event in self.events if isinstance(event, ThumbnailCues)]
        return found

    def segments(self, track: str) -> list[Segment]:
        return [event for event in self.events if isinstance(event, Segment) and event.track == track]

    def bytes(self, track: str) -> bytes:
        """Initialisation segment and media segments, one after the other."""
        (init,) = [event for event in self.events if isinstance(event, Init) and event.track == track]
        return init.data + b"".join(segment.data for segment in self.segments(track))

    def pictures(self, track: str) -> list[VideoFrame]:
        with av.open(io.BytesIO(self.bytes(track)), "r") as file:
            return list(file.decode(video=0))

    def samples(self, track: str) -> list[float]:
        """The first channel as a reader of the track gets it, without edit lists to apply."""
        sound = array.array("f")
        with av.open(io.BytesIO(self.bytes(track)), "r") as file:
            for frame in file.decode(audio=0):
                assert isinstance(frame, AudioFrame)
                sound.frombytes(bytes(frame.planes[0])[: 4 * frame.samples])
        return list(sound)


async def prepare(path: Path | str, **job: object) -> Outcome:
    """Run one job to its end."""
    outcome = Outcome()
    async for event in run(Job(source=str(path), **job)):  # type: ignore[arg-type]
        outcome.events.append(event)
    return outcome


def decode_time(segment: bytes) -> int:
    """The tfdt of a segment."""
    at = segment.index(b"tfdt")
    version, time = struct.unpack(">B3xQ", segment[at + 4 : at + 16])
    assert version == 1
    return int(time)


def brightness(frame: VideoFrame, left: float, top: float) -> int:
    """Luma at a place given in shares of the picture."""
    plane = frame.planes[0]
    return bytes(plane)[int(top * frame.height) * plane.line_size + int(left * frame.width)]
