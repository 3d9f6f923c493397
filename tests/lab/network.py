"""Where processes of a cell run: all on this machine's loopback, or each in a namespace of its own at one hub.

    origin ---+                 +--- viewer-1
              |  hub (bridge)   |
    seeder ---+-----------------+--- home (router with NAT) --- viewer-2, viewer-3

Addresses at the hub are public ones, as what browsers, trackers and ICE do depends on that; nothing leaves the
namespaces, which have no way out.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from tests.lab import link as links
from tests.lab import nat as routers
from tests.lab.delay import DelayedLine
from tests.lab.nat import NatKind
from tests.lab.netns import NetworkError, all_of, create, inside, left_behind, prefix_of, remove, requirements, run
from tests.lab.scenario import Link

_HUB_NET = "11.77"
_READY_S = 10
OPEN = Link()


@dataclass(frozen=True, slots=True)
class Host:
    """One place for processes. `address` is its own, `seen` what the origin sees of it; `port` its end at the hub or
    router, `switch` the namespace of that; without a `namespace` it is this machine."""

    name: str
    address: str
    seen: str
    namespace: str | None = None
    switch: str = ""
    port: str = ""

    def command(self, words: list[str]) -> list[str]:
        """The command that runs `words` here."""
        return words if self.namespace is None else inside(self.namespace, *words)


class Network(Protocol):
    """Gives hosts; closed at the end, whatever happened."""

    def host(self, name: str, link: Link = OPEN, nat: str = "none", home: str | None = None) -> Host:
        """A new host on a line of its own."""

    def reshape(self, host: Host, link: Link) -> None:
        """Set the rates of a host's line anew."""

    def close(self) -> None:
        """Remove everything."""


class Loopback:
    """This machine, for everybody."""

    def host(self, name: str, link: Link = OPEN, nat: str = "none", home: str | None = None) -> Host:
        """This machine."""
        return Host(name, "127.0.0.1", "127.0.0.1")

    def reshape(self, host: Host, link: Link) -> None:
        """There is no line."""

    def close(self) -> None:
        """Nothing was made."""


@dataclass
class Namespaces:
    """A hub and its hosts. Raises NetworkError when this machine cannot have them."""

    prefix: str = field(default_factory=lambda: prefix_of(os.getpid()))
    _relays: list[subprocess.Popen[str]] = field(default_factory=list)
    _routers: dict[str, Host] = field(default_factory=dict)
    _hosts: int = 0
    _inside: int = 0

    def __post_init__(self) -> None:
        missing = requirements()
        if missing:
            raise NetworkError(f"Namespaces cannot be had here: {'; '.join(missing)}.")
        clean()
        try:
            self._switch(self._hub, f"{_HUB_NET}.255.254/16")
        except BaseException:
            self.close()
            raise

    @property
    def _hub(self) -> str:
        return f"{self.prefix}hub"

    def host(self, name: str, link: Link = OPEN, nat: str = "none", home: str | None = None) -> Host:
        """A new host on a line of its own, at the hub or, with `nat`, behind the router of `home` (or one for itself).

        Raises NetworkError.
        """
        if nat == "none":
            self._hosts += 1
            address = f"{_HUB_NET}.{self._hosts // 250}.{self._hosts % 250 + 1}"
            host = Host(name, address, address, f"{self.prefix}{name}", self._hub, f"p{self._hosts}")
            self._attach(host, 16, f"{_HUB_NET}.255.254", link)
            return host
        router = self._router(home or name, "cone" if nat == "cone" else "symmetric")
        self._inside += 1
        lan = self._lan(home or name)
        host = Host(
            name,
            f"{lan}.{self._inside % 200 + 10}",
            router.address,
            f"{self.prefix}{name}",
            router.namespace or "",
            f"p{self._inside}",
        )
        self._attach(host, 24, f"{lan}.1", link)
        return host

    def reshape(self, host: Host, link: Link) -> None:
        """Set the rates of a host's line anew. Raises NetworkError."""
        if host.namespace is None:
            return
        if link.uplink_bps is not None:
            links.shape(host.namespace, "eth0", link.uplink_bps)
        if link.downlink_bps is not None:
            links.shape(host.switch, host.port, link.downlink_bps)

    def close(self) -> None:
        """Remove all namespaces with all that runs in them."""
        for name in all_of(self.prefix):
            remove(name)
        for relay in self._relays:
            relay.kill()
            relay.communicate()
        self._relays.clear()

    def _lan(self, home: str) -> str:
        return f"192.168.{list(self._routers).index(home) + 1}"

    def _router(self, home: str, kind: NatKind) -> Host:
        if home not in self._routers:
            self._routers[home] = self.host(f"{home}-router")
            namespace = self._routers[home].namespace or ""
            self._bridge(namespace, f"{self._lan(home)}.1/24")
            routers.translate(namespace, "eth0", kind)
        return self._routers[home]

    def _switch(self, namespace: str, address: str) -> None:
        create(namespace)
        self._bridge(namespace, address)

    def _bridge(self, namespace: str, address: str) -> None:
        ip = ("ip", "-n", namespace)
        run(*ip, "link", "add", "br0", "type", "bridge")
        run(*ip, "address", "add", address, "dev", "br0")
        run(*ip, "link", "set", "br0", "up")

    def _attach(self, host: Host, bits: int, gateway: str, link: Link) -> None:
        own, switch, port = host.namespace or "", host.switch, host.port
        create(own)
        if link.delay_ms or link.loss_permille:
            self._relay(DelayedLine(((own, "eth0"), (switch, port)), link.delay_ms / 2, link.loss_permille))
        else:
            run("ip", "-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", own)
        run("ip", "-n", switch, "link", "set", port, "master", "br0", "up")
        run("ip", "-n", own, "address", "add", f"{host.address}/{bits}", "dev", "eth0")
        run("ip", "-n", own, "link", "set", "eth0", "up")
        run("ip", "-n", own, "route", "add", "default", "via", gateway)
        self.reshape(host, link)
        if not link.udp:
            routers.block_udp(switch, port, own)

    def _relay(self, line: DelayedLine) -> None:
        words = [sys.executable, "-m", "tests.lab.delay", msgspec.json.encode([line]).decode()]
        relay = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._relays.append(relay)
        assert relay.stdout
        end = time.monotonic() + _READY_S
        if relay.stdout.readline().strip() != "ready" or time.monotonic() > end:
            raise NetworkError(f"the relay of {line.ends} did not start")


def clean() -> list[str]:
    """Remove what runners that are gone have left behind; returns the namespaces."""
    names = left_behind()
    for name in names:
        remove(name)
    return names


def open_network(kind: str) -> Network:
    """The network of a scenario. Raises NetworkError."""
    return Namespaces() if kind == "namespaces" else Loopback()
