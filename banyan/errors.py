"""Everything that the front door may raise.

PlainError (swarm)
├── ConfigError      the configuration says something that cannot be
├── PortBusy         another program listens where we should
├── ServerAway       no Banyan server answers where one was expected
├── ServerRefused    the server answered with an error
└── ChildFailed      a process that was started ended with an error

All of them are told to a person, so each carries its sentence in English and Chinese.
"""

from swarm.errors import PlainError


class ConfigError(PlainError):
    """The configuration says something that cannot be; the sentence names the place and the remedy."""


class PortBusy(PlainError):
    """Another program listens on the port."""

    def __init__(self, protocol: str, host: str, port: int, option: str) -> None:
        super().__init__(
            f"{protocol} port {port} on {host} is used by another program. Stop that program, or choose another port "
            f"with {option}.",
            f"{host} 的 {protocol} 端口 {port} 已被其他程序占用。请停止该程序，或用 {option} 换一个端口。",
        )


class ServerAway(PlainError):
    """No Banyan server answers at `url`."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"No Banyan server answers at {url}. Start one with 'banyan serve', or name another with --server.",
            f"{url} 没有 Banyan 服务器应答。请先运行 banyan serve，或用 --server 指定另一台服务器。",
        )


class ServerRefused(PlainError):
    """The server answered with an error; `message` is its own sentence."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(f"The server refused ({status}): {message}", f"服务器拒绝了请求（{status}）：{message}")


class ChildFailed(PlainError):
    """A process that was started ended with an error, too often to go on."""

    def __init__(self, name: str, code: int, last_words: str) -> None:
        tail = f" {last_words}" if last_words else ""
        super().__init__(
            f"The process '{name}' failed (exit code {code}); giving up. Its last words:{tail or ' none'}",
            f"进程 {name} 失败（退出码 {code}），已放弃。最后的输出：{tail or '无'}",
        )
