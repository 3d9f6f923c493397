"""A port that a test's process may take twice."""

import random
import socket


def fixed_port() -> int:
    """A free TCP port below the range from which systems give ports to outgoing connections, so that it stays free."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
