"""Pictures of any source to those of a rung: whole frames, upright, square pixels, 4:2:0, BT.709 in limited range."""

from av.error import BlockingIOError, EOFError
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from origin.media.house import Rung

_TURNS = {0: (), 1: ("transpose=cclock",), 2: ("hflip", "vflip"), 3: ("transpose=clock",)}
_UNSPECIFIED = 2
_HD_LINES = 720
_FULL_RANGE = 2


class _Chain:
    """A filter chain that is built anew whenever the frames that come in change their shape."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._graph: Graph | None = None

    def push(self, frame: VideoFrame, filters: tuple[tuple[str, str], ...]) -> list[VideoFrame]:
        key = (frame.width, frame.height, frame.format.name, filters)
        if self._graph is None or key != self._key:
            self._graph, self._key = _build(frame, filters), key
        self._graph.vpush(frame)
        return self._pull()

    def flush(self) -> list[VideoFrame]:
        if self._graph is None:
            return []
        self._graph.vpush(None)
        frames = self._pull()
        self._graph = None
        return frames

    def _pull(self) -> list[VideoFrame]:
        assert self._graph is not None
        frames = []
        while True:
            try:
                frames.append(self._graph.vpull())
            except (BlockingIOError, EOFError):
                return frames


def _build(frame: VideoFrame, filters: tuple[tuple[str, str], ...]) -> Graph:
    graph = Graph()
    graph.threads = 1
    nodes: list[FilterContext] = [
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    ]
    nodes += [graph.add(name, arguments or None) for name, arguments in filters]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure(auto_buffer=False)
    return graph


class Deinterlacer:
    """Fields to whole frames, where a frame says that it is made of fields."""

    def __init__(self) -> None:
        self._chain = _Chain()

    def feed(self, frame: VideoFrame | None) -> list[VideoFrame]:
        """Frames that are ready; None flushes."""
        if frame is None:
            return self._chain.flush()
        return self._chain.push(frame, (("bwdif", "mode=send_frame:deint=interlaced"),))


class Scaler:
    """Frames of a source, turned by `turn` quarters to the left, to one rung."""

    def __init__(self, rung: Rung, turn: int) -> None:
        self._rung = rung
        self._turn = turn
        self._chain = _Chain()
        self._last: tuple[VideoFrame, VideoFrame] | None = None

    def scale(self, frame: VideoFrame) -> VideoFrame:
        """The frame in the rung's shape. A frame repeated (the same object) is scaled once."""
        if self._last is not None and self._last[0] is frame:
            return self._last[1]
        (scaled,) = self._chain.push(frame, self._filters(frame))
        self._last = (frame, scaled)
        return scaled

    def _filters(self, frame: VideoFrame) -> tuple[tuple[str, str], ...]:
        width, height = self._rung.width, self._rung.height
        if self._turn % 2:
            width, height = height, width
        steps = [("scale", f"{width}:{height}:flags=bicubic:{_colours(frame)}"), ("format", "yuv420p")]
        for step in _TURNS[self._turn]:
            name, _, arguments = step.partition("=")
            steps.append((name, arguments))
        return (*steps, ("setsar", "1"))


def _colours(frame: VideoFrame) -> str:
    """What the source says of its colours; where it says nothing, what players assume: BT.709 for HD, BT.601 below."""
    source = "auto"
    if frame.colorspace == _UNSPECIFIED:
        source = "bt709" if min(frame.width, frame.height) >= _HD_LINES else "bt601"
    before = "pc" if frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj") else "auto"
    return f"in_color_matrix={source}:in_range={before}:out_color_matrix=bt709:out_range=tv"
