"""The uplink, which all neighbours share."""

from swarm.neighbour import Neighbour
from swarm.policy import Parameters
from swarm.rate import Rate

STUCK_MS = 1000
_FIRST_BYTES = 32 * 1024
"""So much is handed over before the rate is known."""
_LEAST_BYTES = 12 * 1024
"""A second block follows when the first is half gone, or a slow uplink would idle between them."""


class Uplink:
    """Only as much is handed to the neighbours' buffers as goes out in 250 ms, so that what is needed first goes first;
    a neighbour whose buffer stands still for a second does not hold up the others."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.rate = Rate(parameters.initial_rate)
        self.full = False
        self._noted = 0
        self._full_ms = 0
        self._since = 0

    def drained(self, size: int, neighbours: list[Neighbour], now: int) -> None:
        """Bytes left the buffers."""
        self.rate.add(size, now)
        if not any(neighbour.buffered for neighbour in neighbours):
            self.rate.idle(now)

    def waiting(self, neighbours: list[Neighbour], now: int) -> int:
        """Bytes in the buffers of all neighbours that take some."""
        return sum(n.buffered for n in neighbours if now - n.drained < STUCK_MS)

    def has_room(self, neighbours: list[Neighbour], now: int) -> bool:
        """More may be handed over."""
        mark = self.rate.value * self._parameters.send_buffer_ms // 1000
        most = mark if self.rate.measured else min(mark, _FIRST_BYTES)
        return self.waiting(neighbours, now) < max(most, _LEAST_BYTES)

    def note(self, full: bool, now: int) -> None:
        """From now on somebody waits for the uplink, or nobody does."""
        self._full_ms += now - self._noted if self.full else 0
        self.full, self._noted = full, now

    def strain(self, now: int) -> int:
        """For how much of the time since the last call, in permille, somebody waited for it."""
        self.note(self.full, now)
        permille = self._full_ms * 1000 // max(now - self._since, 1)
        self._full_ms, self._since = 0, now
        return min(permille, 1000)

    def arrival(self, size: int, neighbours: list[Neighbour], now: int) -> int:
        """When `size` more bytes would have arrived, if the path is as long as paths are with a full uplink."""
        path = self._parameters.upload_path_ms if self.full else 0
        return now + path + (self.waiting(neighbours, now) + size) * 1000 // max(self.rate.value, 1)
