"""Asking a running Banyan server, as the person who runs it."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from banyan.certificate import trust
from banyan.config import Config
from banyan.errors import ConfigError, ServerAway, ServerRefused
from origin.keyring import ADMIN_TOKEN_FILE

_TIMEOUT = aiohttp.ClientTimeout(total=20)


def server_url(config: Config) -> str:
    """The address of the server that runs with `config` on this machine."""
    server = config.server
    scheme = "https" if server.tls or server.certificate else "http"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(server.host, server.host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{server.port}"


class ServerClient:
    """The server at `url`; the token and a self-signed certificate are found in `data`, the server's data folder.

    Raises ConfigError when that certificate cannot be read.
    """

    def __init__(self, url: str, data: Path) -> None:
        self.url = url.rstrip("/")
        self._data = data
        self._tls = trust(data) if self.url.startswith("https:") else True
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(ssl=self._tls))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, path: str, body: object = None, *, admin: bool = False) -> dict[str, Any]:
        """One request; returns the decoded JSON object.

        Raises ServerAway when nobody answers, ServerRefused when the answer is an error, ConfigError when `admin` is
        asked for and the token cannot be read.
        """
        assert self._session is not None
        headers = {"Authorization": f"Bearer {read_token(self._data)}"} if admin else {}
        try:
            async with self._session.request(method, self.url + path, json=body, headers=headers) as response:
                answer = msgspec.json.decode(await response.read() or b"{}", type=dict[str, Any])
                if response.status >= 400:
                    raise ServerRefused(response.status, str(answer.get("message", response.reason)))
                return answer
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError) as error:
            raise ServerAway(self.url) from error


def read_token(data: Path) -> str:
    """The admin token in a server's data folder. Raises ConfigError when it cannot be read."""
    file = data / ADMIN_TOKEN_FILE
    try:
        return file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The admin token {file} cannot be read ({error}). Run this on the server's machine, as its user, and name "
            "its data folder with --data.",
            f"无法读取管理令牌 {file}（{error}）。请在服务器本机以同一用户运行，并用 --data 指明数据目录。",
        ) from error
