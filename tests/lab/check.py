"""`python -m tests.lab check`: does the network do what it is asked? Measured with sockets, not believed."""

import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from threading import Thread

from tests.lab.netns import call_inside
from tests.lab.network import Host, Namespaces
from tests.lab.scenario import Link

_RATE_BPS, _DELAY_MS, _LOSS_PERMILLE = 2_000_000, 40, 50
_ECHOES = 500
_ECHO_EVERY_S = 0.005
_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and whether that is as it should be."""

    what: str
    found: str
    good: bool


def findings() -> list[Finding]:
    """Make a network, look at it, remove it. Raises NetworkError when there can be none."""
    network = Namespaces()
    try:
        origin = network.host("origin")
        plain, slow = network.host("plain"), network.host("slow", Link(uplink_bps=_RATE_BPS, downlink_bps=_RATE_BPS))
        far = network.host("far", Link(delay_ms=_DELAY_MS, loss_permille=_LOSS_PERMILLE))
        walled = network.host("walled", Link(udp=False))
        cone, symmetric = network.host("cone", nat="cone"), network.host("symmetric", nat="symmetric")
        found = [_reaches(host, origin) for host in (plain, slow, walled, cone, symmetric)]
        found += [_rate("uplink", slow, origin), _rate("downlink", origin, slow)]
        found += [_delay_and_loss(far, origin), _no_udp(walled, origin)]
        return [*found, _mapping(cone, origin, plain, same=True), _mapping(symmetric, origin, plain, same=False)]
    finally:
        network.close()


def main() -> int:
    """Print what was found; returns the exit code."""
    good = True
    for finding in findings():
        good = good and finding.good
        print(f"{'ok ' if finding.good else 'BAD'} {finding.what}: {finding.found}", flush=True)
    return 0 if good else 1


def _reaches(host: Host, origin: Host) -> Finding:
    listener = _listen(origin, socket.SOCK_STREAM)
    listener.listen()

    def connect() -> str:
        with socket.create_connection(listener.getsockname(), 2):
            return ""

    try:
        trouble = call_inside(host.namespace or "", connect)
        seen = listener.accept()[1][0]
    except OSError as error:
        trouble, seen = str(error), "nobody"
    listener.close()
    return Finding(f"{host.name} reaches the origin", trouble or f"as {seen}", seen == host.seen)


def _listen(host: Host, kind: socket.SocketKind) -> socket.socket:
    def bind() -> socket.socket:
        bound = socket.socket(socket.AF_INET, kind)
        bound.bind((host.address, 0))
        bound.settimeout(2)
        return bound

    return call_inside(host.namespace or "", bind)


def _rate(name: str, sender: Host, receiver: Host) -> Finding:
    listener = _listen(receiver, socket.SOCK_STREAM)
    listener.listen()
    address = listener.getsockname()

    def send() -> None:
        with socket.create_connection(address) as connection:
            end = time.monotonic() + _SECONDS
            while time.monotonic() < end:
                connection.sendall(bytes(16_384))

    thread = Thread(target=lambda: call_inside(sender.namespace or "", send))
    thread.start()
    rate = _received(listener) * 8
    thread.join()
    listener.close()
    good = 0.85 * _RATE_BPS < rate < 1.05 * _RATE_BPS
    return Finding(f"{name} of {_RATE_BPS / 1e6:.1f} Mbit/s", f"{rate / 1e6:.2f} Mbit/s over TCP", good)


def _received(listener: socket.socket) -> float:
    """Bytes per second, from the first byte to the last."""
    connection, _ = listener.accept()
    with connection:
        size, began = len(connection.recv(65_536)), time.monotonic()
        while data := connection.recv(65_536):
            size += len(data)
        return size / (time.monotonic() - began)


def _delay_and_loss(host: Host, origin: Host) -> Finding:
    sender, echo = _listen(host, socket.SOCK_DGRAM), _listen(origin, socket.SOCK_DGRAM)
    thread = Thread(target=_echo, args=(echo,))
    thread.start()
    collector: list[float] = []
    receiving = Thread(target=_collect, args=(sender, collector))
    receiving.start()
    for _ in range(_ECHOES):
        sender.sendto(str(time.monotonic()).encode(), echo.getsockname())
        time.sleep(_ECHO_EVERY_S)
    receiving.join()
    thread.join()
    lost = 1 - len(collector) / _ECHOES
    trip = median(collector) * 1000 if collector else float("nan")
    expected = 1 - (1 - _LOSS_PERMILLE / 1000) ** 2
    good = _DELAY_MS <= trip < _DELAY_MS + 10 and expected / 2 < lost < expected * 2
    asked = f"round trip of {_DELAY_MS} ms, loss of {_LOSS_PERMILLE} in 1000 each way ({expected:.1%} of echoes)"
    return Finding(asked, f"{trip:.1f} ms, {lost:.1%}", good)


def _echo(bound: socket.socket) -> None:
    with suppress(TimeoutError):
        while True:
            data, address = bound.recvfrom(64)
            bound.sendto(data, address)


def _collect(bound: socket.socket, trips: list[float]) -> None:
    with suppress(TimeoutError):
        while True:
            sent = float(bound.recv(64))
            trips.append(time.monotonic() - sent)
            bound.settimeout(1)


def _no_udp(host: Host, origin: Host) -> Finding:
    receiver, sender = _listen(origin, socket.SOCK_DGRAM), _listen(host, socket.SOCK_DGRAM)
    outwards = _arrives(sender, receiver)
    inwards = _arrives(receiver, sender)
    return Finding("UDP is blocked, and nobody is told", f"out {outwards}, in {inwards}", not (outwards or inwards))


def _arrives(sender: socket.socket, receiver: socket.socket) -> bool:
    receiver.settimeout(0.5)
    sender.sendto(b"?", receiver.getsockname())
    try:
        return receiver.recv(16) == b"?"
    except TimeoutError:
        return False


def _mapping(host: Host, origin: Host, other: Host, *, same: bool) -> Finding:
    """Two destinations see one socket; and neither of them may be answered by a third (filtering)."""
    inner = _listen(host, socket.SOCK_DGRAM)
    outer = [_listen(one, socket.SOCK_DGRAM) for one in (origin, other)]
    seen = [_seen(inner, one) for one in outer]
    stranger = _listen(other, socket.SOCK_DGRAM)
    stranger.sendto(b"!", seen[0])
    inner.settimeout(0.5)
    let_in = _quietly(lambda: inner.recv(16)) is not None
    found = (
        f"ports {inner.getsockname()[1]} -> {seen[0][1]} and {seen[1][1]}, a stranger gets {'in' if let_in else 'no'}"
    )
    return Finding(f"{host.name} NAT", found, (seen[0] == seen[1]) is same and not let_in)


def _seen(inner: socket.socket, outer: socket.socket) -> tuple[str, int]:
    inner.sendto(b"?", outer.getsockname())
    _, address = outer.recvfrom(16)
    return str(address[0]), int(address[1])


def _quietly(call: Callable[[], bytes]) -> bytes | None:
    try:
        return call()
    except TimeoutError:
        return None


if __name__ == "__main__":
    sys.exit(main())
