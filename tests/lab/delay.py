"""Lines with delay and loss: a relay between two tap devices, for kernels without netem.

`python -m tests.lab.delay` takes its lines as JSON on the command line, says `ready` when the devices are there, and
ends with its standard input. Measured: 40 ms asked, 43 ms got; about 100 Mbit/s in all.
"""

import fcntl
import heapq
import os
import random
import selectors
import struct
import sys
import time
from dataclasses import dataclass
from functools import partial

import msgspec

from tests.lab.netns import call_inside

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_FRAME = 65_535
_MOST_WAITING = 20_000


class DelayedLine(msgspec.Struct, frozen=True):
    """Two ends, each a namespace and the name of its device, and what happens on the way in each direction."""

    ends: tuple[tuple[str, str], tuple[str, str]]
    delay_ms: float
    loss_permille: int


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction of a line."""

    out: int
    delay_s: float
    loss: float


def open_tap(namespace: str, device: str) -> int:
    """Make a tap device in a namespace; it lives as long as the descriptor that is returned."""
    return call_inside(namespace, partial(_open_tap, device))


def _open_tap(device: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TAP | _IFF_NO_PI))
    return descriptor


class Relay:
    """Carries frames between the ends of its lines until standard input ends."""

    def __init__(self, lines: list[DelayedLine]) -> None:
        self._selector = selectors.DefaultSelector()
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._frames = 0
        for line in lines:
            first, second = (open_tap(*end) for end in line.ends)
            for near, far in ((first, second), (second, first)):
                way = _Way(far, line.delay_ms / 1000, line.loss_permille / 1000)
                self._selector.register(near, selectors.EVENT_READ, way)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, None)

    def run(self) -> None:
        """Relay until standard input ends."""
        while True:
            timeout = max(self._waiting[0][0] - time.monotonic(), 0) if self._waiting else None
            for key, _ in self._selector.select(timeout):
                if key.data is None:
                    if not os.read(key.fd, 1):
                        return
                else:
                    self._take(key.fd, key.data)
            self._give()

    def _take(self, descriptor: int, way: _Way) -> None:
        while True:
            try:
                frame = os.read(descriptor, _FRAME)
            except OSError:  # nothing more, or the device is not up yet
                return
            if random.random() < way.loss or len(self._waiting) > _MOST_WAITING:
                continue
            self._frames += 1
            heapq.heappush(self._waiting, (time.monotonic() + way.delay_s, self._frames, way.out, frame))

    def _give(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, out, frame = heapq.heappop(self._waiting)
            try:
                os.write(out, frame)
            except OSError:  # its queue is full or the device is down: a lost frame
                continue


def main() -> None:
    """Relay the lines given as JSON."""
    relay = Relay(msgspec.json.decode(sys.argv[1], type=list[DelayedLine]))
    print("ready", flush=True)
    relay.run()


if __name__ == "__main__":
    main()
