"""Verified segments in memory, bounded in bytes; the least recently used go first."""

from collections import OrderedDict

from swarm.segment import Segment


class Cache:
    """Complete segments by id."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._segments: OrderedDict[bytes, Segment] = OrderedDict()

    def __contains__(self, segment_id: bytes) -> bool:
        return segment_id in self._segments

    def get(self, segment_id: bytes) -> Segment | None:
        """Look a segment up and mark it as used."""
        segment = self._segments.get(segment_id)
        if segment is not None:
            self._segments.move_to_end(segment_id)
        return segment

    def put(self, segment: Segment) -> list[bytes]:
        """Keep a complete segment; return the ids of those dropped for it."""
        if segment.id not in self._segments:
            self._segments[segment.id] = segment
            self.bytes += segment.size
        dropped = []
        while self.bytes > self.most_bytes and len(self._segments) > 1:
            oldest, gone = self._segments.popitem(last=False)
            self.bytes -= gone.size
            dropped.append(oldest)
        return dropped

    def drop(self, segment_id: bytes) -> None:
        """Forget one segment."""
        gone = self._segments.pop(segment_id, None)
        if gone is not None:
            self.bytes -= gone.size
