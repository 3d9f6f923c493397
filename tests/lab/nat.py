"""Routers and walls by nftables (nft(8))."""

from typing import Literal

from tests.lab.netns import inside, run

NatKind = Literal["cone", "symmetric"]
_MASQUERADE = {"cone": "masquerade persistent", "symmetric": "masquerade random,fully-random"}


def translate(router: str, outside: str, kind: NatKind) -> None:
    """Hide the networks behind a router. A cone keeps the inside port where it can, so that what STUN saw holds for
    everybody (RFC 4787: endpoint-independent mapping, address and port-dependent filtering); a symmetric one takes a
    random port for each destination. What nobody asked for is dropped before it can take a mapping's port."""
    run(*inside(router, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
    rules = f"""
table ip nat {{
  chain leave {{ type nat hook postrouting priority srcnat; oifname "{outside}" {_MASQUERADE[kind]}; }}
}}
table ip wall {{
  chain own {{ type filter hook input priority filter; iifname "{outside}" ct state new drop; }}
  chain through {{ type filter hook forward priority filter; iifname "{outside}" ct state new drop; }}
}}
"""
    run(*inside(router, "nft", "-f", "-"), text=rules)


def block_udp(switch: str, port: str, host: str) -> None:
    """Lose all UDP of a host: what it sends at the port of the switch that it hangs on (dropping it at home would tell
    the sender), what it is sent at its own end."""
    ingress = f'type filter hook ingress device "{port}" priority filter; ip protocol udp drop;'
    arriving = "type filter hook input priority filter; meta l4proto udp drop;"
    run(*inside(switch, "nft", "-f", "-"), text=f"table netdev {port} {{\n chain enter {{ {ingress} }}\n}}\n")
    run(*inside(host, "nft", "-f", "-"), text=f"table inet wall {{\n chain enter {{ {arriving} }}\n}}\n")
