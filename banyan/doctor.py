"""What may be wrong with this machine, each finding with what to do about it."""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from banyan.config import Config
from banyan.language import language, say
from banyan.pages import built_pages
from banyan.ports import is_loopback, listen_tcp, udp_port_free
from swarm.errors import PlainError

_MIN_PYTHON = (3, 11)
_MIN_NODE = 20
_MIN_FREE_BYTES = 2 * 2**30
_MIN_FILES = 4096
# This code was written in 2026: an earlier clock is wrong, and tickets and playlists carry times.
_EARLIEST_S = 1_790_000_000
_RAISE_WALLS = (
    "from origin.media.guard import confine, isolate; first = isolate(); print(*first, *confine(None, live=False))"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do when it is not `ok`, or what is optional when it is."""

    name: str
    ok: bool
    found: str
    advice: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Look at everything, one finding after the other; nothing is changed."""
    looks: tuple[Callable[[Config], Finding], ...] = (
        _python, _pages, _tcp_port, _udp_port, _secure_context, _data_folder, _disk, _open_files, _clock,
        _walls,
    )  # fmt: skip
    yield from (look(config) for look in looks)
    yield from (_optional_program(name) for name in ("chromium", "ffprobe"))


def _python(config: Config) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= _MIN_PYTHON
    return Finding(
        "python", ok, found, "" if ok else say("Use Python 3.11 or newer.", "请使用 Python 3.11 或更新版本。")
    )


def _pages(config: Config) -> Finding:
    folder = built_pages()
    if folder is not None:
        return Finding("pages", True, str(folder))
    node = shutil.which("node")
    advice = say("Run 'make setup' to build them.", "请运行 make setup 构建。")
    if node is None:
        advice = say(
            f"Install Node.js {_MIN_NODE}, then run 'make setup'.", f"请安装 Node.js {_MIN_NODE}，再运行 make setup。"
        )
    return Finding("pages", False, say("the web player is not built", "网页播放器尚未构建"), advice)


def _tcp_port(config: Config) -> Finding:
    host, port = config.server.host, config.server.port
    found = f"TCP {host}:{port}"
    try:
        listen_tcp(host, port, "server.port").close()
    except PlainError as error:
        return Finding("port", False, found, error.text(language()))
    return Finding("port", True, found)


def _udp_port(config: Config) -> Finding:
    host, port = config.server.host, config.tracker.stun_port
    ok = udp_port_free(host, port)
    advice = say("Another program has it. Set tracker.stun_port.", "端口已被占用；请修改 tracker.stun_port。")
    return Finding("stun", ok, f"UDP {host}:{port}", "" if ok else advice)


def _secure_context(config: Config) -> Finding:
    server = config.server
    if server.tls or server.certificate or server.public_url.startswith("https://") or is_loopback(server.host):
        return Finding("secure", True, "https" if not is_loopback(server.host) else "localhost")
    advice = say(
        "Browsers allow peer-to-peer only on https: start with --tls, or put an https proxy in front and set "
        "server.public_url.",
        "浏览器只在 https 页面允许 P2P：请加 --tls 启动，或在前面放 https 代理（server.public_url）。",
    )
    return Finding("secure", False, "http", advice)


def _data_folder(config: Config) -> Finding:
    folder = _existing(Path(config.data.path))
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("data", True, str(Path(config.data.path).absolute()))
    except OSError as error:
        advice = say("Make it writable, or set data.path.", "请使其可写，或修改 data.path。")
        return Finding("data", False, f"{folder}: {error.strerror}", advice)


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(_existing(Path(config.data.path))).free
    ok = free >= _MIN_FREE_BYTES
    advice = say("Free some space: an hour of video takes about 2 GiB.", "请腾出空间：一小时视频约占 2 GiB。")
    return Finding("disk", ok, f"{free / 2**30:.1f} GiB", "" if ok else advice)


def _open_files(config: Config) -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ok = hard == resource.RLIM_INFINITY or hard >= _MIN_FILES
    advice = say(
        f"Allow at least {_MIN_FILES} open files (ulimit -n).", f"请允许至少 {_MIN_FILES} 个打开的文件（ulimit -n）。"
    )
    return Finding("files", ok, f"{soft} (<= {hard})", "" if ok else advice)


def _clock(config: Config) -> Finding:
    now = time.time()
    ok = now >= _EARLIEST_S
    advice = say("Set the clock; tickets and playlists carry times.", "请校准时钟；票据与播放列表都带时间。")
    return Finding("clock", ok, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)), "" if ok else advice)


def _walls(config: Config) -> Finding:
    """Asked in a process of its own, which cannot take its walls down again."""
    asked = subprocess.run([sys.executable, "-c", _RAISE_WALLS], capture_output=True, text=True, check=False)
    walls = asked.stdout.split()
    ok = "no-network" in walls and any(wall.startswith("landlock") for wall in walls)
    advice = say(
        "Files are decoded behind fewer walls: use Linux 5.13 or newer with Landlock, and allow user namespaces.",
        "解码上传文件时隔离不足：请使用支持 Landlock 的 Linux 5.13 或更新内核，并允许用户命名空间。",
    )
    return Finding("walls", ok, ", ".join(walls) or say("none", "无"), "" if ok else advice)


def _optional_program(name: str) -> Finding:
    found = shutil.which(name)
    advice = "" if found else say("Only the project's tests use it.", "仅项目自身的测试会用到。")
    return Finding(name, True, found or say("not installed", "未安装"), advice)


def _existing(path: Path) -> Path:
    """The nearest folder above `path` that exists."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
