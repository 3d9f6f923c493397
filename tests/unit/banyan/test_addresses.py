"""Under which addresses viewers reach the server and its tracker."""

import msgspec
import pytest

from banyan.addresses import own_url, tracker_host, web_origin
from banyan.config import Config, Server, Tracker


def _config(host: str = "127.0.0.1", public: str = "", tracker: str = "") -> Config:
    server = Server(host=host, public_url=public)
    return msgspec.structs.replace(Config(), server=server, tracker=Tracker(url=tracker))


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (_config(), "https://localhost:8400"),
        (_config("10.1.2.3"), "https://10.1.2.3:8400"),
        (_config("fd00::1"), "https://[fd00::1]:8400"),
        (_config("0.0.0.0", "http://video.example.edu/"), "http://video.example.edu"),
    ],
)
def test_own_url(config: Config, url: str) -> None:
    assert own_url(config, 8400, secure=True) == url


@pytest.mark.parametrize(
    ("config", "host"),
    [
        (_config(), "127.0.0.1"),
        (_config(public="https://video.example.edu:8443/"), "video.example.edu"),
        (_config(public="https://[fd00::1]:8443/"), "[fd00::1]"),
        (_config(tracker="wss://tracker.example.edu:444/tracker"), "tracker.example.edu"),
        (_config(tracker="ws://[fd00::2]/tracker"), "[fd00::2]"),
        (_config(tracker="/other"), "127.0.0.1"),
    ],
)
def test_stun_is_where_the_tracker_is(config: Config, host: str) -> None:
    assert tracker_host(config) == host


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Video.Example.edu/", "https://video.example.edu"),
        ("https://video.example.edu:443/banyan/", "https://video.example.edu"),
        ("http://video.example.edu:80", "http://video.example.edu"),
        ("http://[fd00::1]:8400/x", "http://[fd00::1]:8400"),
        ("http://video.example.edu:443", "http://video.example.edu:443"),
    ],
)
def test_web_origins_are_written_as_browsers_do(url: str, origin: str) -> None:
    assert web_origin(url) == origin
