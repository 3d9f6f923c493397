"""Rates of a line by tbf (tc-tbf(8)): the uplink at the viewer's own end, the downlink at the hub's."""

from tests.lab.netns import run

_BURST_BYTES = 6_000
_QUEUE = "300ms"


def shape(namespace: str, device: str, rate_bps: int) -> None:
    """Let so much leave a device; what exceeds it waits up to 300 ms, as in a home router, and is then lost."""
    burst = max(_BURST_BYTES, rate_bps // 8 // 250)
    settings = ("rate", f"{rate_bps}bit", "burst", str(burst), "latency", _QUEUE)
    run("tc", "-n", namespace, "qdisc", "replace", "dev", device, "root", "tbf", *settings)
