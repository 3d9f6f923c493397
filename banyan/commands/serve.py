"""`banyan serve`: the server, until Ctrl-C."""

import asyncio
from pathlib import Path

import click
import structlog

from banyan.children import follow_parent
from banyan.config import Config
from banyan.config_sources import load_config
from banyan.language import say
from banyan.lifecycle import stopped
from banyan.log import configure_log
from banyan.ports import is_loopback
from banyan.server import ROLES, running

_log = structlog.get_logger(__name__)


@click.command()
@click.option("--role", type=click.Choice(ROLES), default="all", show_default=True, help="What this process serves.")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="TCP port; 0 takes a free one.")
@click.option("--stun-port", type=int, help="UDP port of STUN; 0 takes a free one.")
@click.option("--tls/--no-tls", default=None, help="Serve https with a certificate made for this machine.")
@click.option("--data", metavar="FOLDER", help="The data folder.")
@click.pass_obj
def serve(
    config_file: Path | None,
    role: str,
    host: str | None,
    port: int | None,
    stun_port: int | None,
    tls: bool | None,
    data: str | None,
) -> None:
    """Serve pages, API, media and tracker under one address."""
    flags = {"server.host": host, "server.port": port, "server.tls": tls, "tracker.stun_port": stun_port}
    config = load_config(config_file, flags=flags | {"data.path": data})
    configure_log(config.log.level, config.log.format)
    follow_parent()
    asyncio.run(_serve(config, role))


async def _serve(config: Config, role: str) -> None:
    async with running(config, role) as server:
        _log.info("serving", url=server.url, role=role, data=config.data.path)
        click.echo(say(f"Banyan serves at {server.url}", f"Banyan 已启动：{server.url}"))
        if server.url.startswith("http://") and not is_loopback(config.server.host):
            click.echo(
                say(
                    "Other machines will watch without peer-to-peer, as browsers allow it on https only: try --tls.",
                    "其他机器观看时没有 P2P：浏览器只在 https 页面允许，请试 --tls。",
                )
            )
        await stopped()
        _log.info("stopping")
