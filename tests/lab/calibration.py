"""Sets the uplinks of a cell, and measures what a bare data channel carries on each kind of them."""

from pathlib import Path

import msgspec
from playwright.async_api import Playwright

from tests.lab.goodput import Channel, full_channel
from tests.lab.network import Host, Network
from tests.lab.record import ViewerRecord
from tests.lab.scenario import Link, Viewers

_TRIES = 3
_CLOSE_ENOUGH = 0.04
_OVERHEAD = 1.12
"""Headers of SCTP, DTLS, UDP and IP, and what congestion control leaves unused: where the search begins."""


async def calibrate(
    playwright: Playwright,
    network: Network,
    group: Viewers,
    hosts: list[Host],
    origin: Host,
    bitrate_bps: int,
    folder: Path,
) -> tuple[Link, int | None]:
    """Set the links of a group's hosts; returns the link, with its rate in place of a factor, and the goodput in bit/s
    on it, measured from the first host to the origin (None: it has no limit, or no UDP)."""
    link, target = group.link, None
    if link.uplink_of_bitrate is not None:
        target = link.uplink_of_bitrate * bitrate_bps
        link = _with_uplink(link, round(target * _OVERHEAD))
    if link.uplink_bps is None or not link.udp:
        return link, None
    network.reshape(hosts[0], link)
    async with full_channel(playwright, hosts[0], origin, folder) as channel:
        link, goodput = await _search(network, hosts[0], link, channel, target)
    for host in hosts:
        network.reshape(host, link)
    return link, goodput


async def _search(network: Network, host: Host, link: Link, channel: Channel, target: float | None) -> tuple[Link, int]:
    """Correct the rate in proportion until the goodput is within 4 % of the target."""
    goodput = await channel.goodput_bps()
    for _ in range(_TRIES):
        if target is None or abs(goodput / target - 1) <= _CLOSE_ENOUGH or goodput == 0:
            break
        assert link.uplink_bps is not None
        link = _with_uplink(link, round(link.uplink_bps * target / goodput))
        network.reshape(host, link)
        goodput = await channel.goodput_bps()
    return link, goodput


def _with_uplink(link: Link, rate_bps: int) -> Link:
    return msgspec.structs.replace(link, uplink_bps=rate_bps, uplink_of_bitrate=None)


def note(record: ViewerRecord, link: Link, goodput: int | None) -> None:
    """Write the link into a viewer's record."""
    record.uplink_bps, record.downlink_bps, record.goodput_bps = link.uplink_bps, link.downlink_bps, goodput
