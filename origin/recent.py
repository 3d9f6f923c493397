"""The newest live objects in memory, so that a whole class asking at once never waits for a disk."""

from collections import OrderedDict

from origin.objects import ObjectName

MAX_BYTES = 256 * 1024 * 1024


class RecentObjects:
    """Objects by name, the oldest dropped when all together pass `most` bytes."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._most = most
        self._objects: OrderedDict[ObjectName, bytes] = OrderedDict()
        self.size = 0

    def get(self, name: ObjectName) -> bytes | None:
        return self._objects.get(name)

    def keep(self, name: ObjectName, data: bytes) -> None:
        """Hold an object until it is dropped or pushed out."""
        self.drop(name)
        self._objects[name] = data
        self.size += len(data)
        while self.size > self._most:
            _, oldest = self._objects.popitem(last=False)
            self.size -= len(oldest)

    def drop(self, name: ObjectName) -> None:
        """Let an object go; unknown ones are fine."""
        data = self._objects.pop(name, None)
        if data is not None:
            self.size -= len(data)
