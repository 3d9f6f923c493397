"""Under which addresses viewers reach this server and its tracker."""

import ipaddress
from urllib.parse import urlsplit

from banyan.certificate import machine_names
from banyan.config import Config

_EVERYWHERE = ("0.0.0.0", "::", "")


def own_url(config: Config, port: int, secure: bool) -> str:
    """The address of the server that listens on `port`, for people."""
    if config.server.public_url:
        return config.server.public_url.rstrip("/")
    host = "localhost" if config.server.host == "127.0.0.1" else _reachable_host(config)
    return f"{'https' if secure else 'http'}://{host}:{port}"


def tracker_host(config: Config) -> str:
    """The host of the tracker, whose STUN server viewers use, as it stands in a URL."""
    host = urlsplit(config.tracker.url).hostname
    return _in_url(host) if host else _reachable_host(config)


def web_origin(url: str) -> str:
    """The web origin of the pages at `url`, as browsers name it (RFC 6454 section 6.2)."""
    parts = urlsplit(url)
    standard = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(standard)}"


def _reachable_host(config: Config) -> str:
    if config.server.public_url:
        return _in_url(urlsplit(config.server.public_url).hostname or "localhost")
    host = config.server.host
    if host in _EVERYWHERE:
        host = next((name for name in sorted(machine_names()) if _is_lan(name)), "127.0.0.1")
    return _in_url(host)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_lan(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.version == 4 and not address.is_loopback
