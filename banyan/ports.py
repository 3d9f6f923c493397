"""Sockets to listen on, and plain words when they cannot be had."""

import errno
import ipaddress
import socket

from banyan.errors import ConfigError, PortBusy


def is_loopback(host: str) -> bool:
    """Whether `host` reaches this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen_tcp(host: str, port: int, option: str = "--port") -> socket.socket:
    """A listening TCP socket; port 0 takes a free one.

    Raises PortBusy when another program has the port, ConfigError when the address or the port is not ours to take.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=512)
    except OSError as error:
        raise port_error("TCP", host, port, option, error) from error


def port_error(protocol: str, host: str, port: int, option: str, error: OSError) -> PortBusy | ConfigError:
    """The plain error behind an OSError of binding `protocol` port `port` on `host`."""
    if error.errno == errno.EADDRINUSE:
        return PortBusy(protocol, host, port, option)
    return ConfigError(
        f"Cannot listen on {host}, {protocol} port {port}: {error.strerror}. Choose an address of this machine and a "
        f"port from 1024 on ({option}).",
        f"无法监听 {host} 的 {protocol} 端口 {port}：{error.strerror}。"
        f"请选用本机地址，以及不小于 1024 的端口（{option}）。",
    )


def listen_near(host: str, port: int) -> socket.socket:
    """A listening TCP socket on `port`, or on a free one when another program has it."""
    try:
        return listen_tcp(host, port)
    except PortBusy:
        return listen_tcp(host, 0)


def udp_port_free(host: str, port: int) -> bool:
    """Whether UDP `port` on `host` can be taken at this moment."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True
