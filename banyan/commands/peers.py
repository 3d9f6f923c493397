"""`banyan seeder` and `banyan viewer`: Python peers. uvloop carries them, as most of their work is small datagrams."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import uvloop

from banyan.certificate import trust
from banyan.children import follow_parent
from banyan.config import Config
from banyan.config_sources import load_config
from banyan.errors import ServerAway
from banyan.language import say
from banyan.lifecycle import until_stopped
from banyan.log import configure_log
from banyan.server_client import read_token, server_url
from seeder.errors import SeederError
from seeder.seeder import SeederSettings, run_seeder
from seeder.viewer import ViewerSettings, ViewerSummary, run_viewers

_ca_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--ca",
    type=click.Path(path_type=Path),
    help="Certificates (PEM) to trust besides the system's and the one in the server's data folder.",
)


@click.command()
@click.option(
    "--course", "courses", multiple=True, help="Id or title of a course, as often as needed; all when left out."
)
@click.option("--origin", metavar="URL", help="The server; the one of the configuration when left out.")
@click.option("--data", metavar="FOLDER", help="The server's data folder, where the admin token lies.")
@_ca_option
@click.option("--folder", help="Keep media over restarts in this folder.")
@click.pass_obj
def seeder(
    config_file: Path | None,
    courses: tuple[str, ...],
    origin: str | None,
    data: str | None,
    ca: Path | None,
    folder: str | None,
) -> None:
    """Help every viewer of the courses, until Ctrl-C."""
    config = load_config(config_file, flags={"data.path": data, "seeder.folder": folder})
    configure_log(config.log.level, config.log.format)
    follow_parent()
    own = config.seeder
    url = origin or server_url(config)
    settings = SeederSettings(
        origin_url=url,
        admin_token=read_token(Path(config.data.path)),
        courses=courses,
        cache_bytes=own.cache_bytes,
        folder=Path(own.folder) if own.folder else None,
        folder_bytes=own.folder_bytes,
        upload=own.upload_bps,
        tls=_trusted(url, config, ca),
    )
    uvloop.run(until_stopped(run_seeder(settings)))


@click.command()
@click.argument("url")
@click.option("--count", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many viewers.")
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="How long they watch.")
@click.option("--rung", default="lowest", show_default=True, help="lowest, highest or the name of a rendition.")
@click.option("--apart-ms", type=click.IntRange(0), default=0, show_default=True, help="Time between two starts.")
@click.option("--http-only", is_flag=True, help="Watch without peer-to-peer, to compare.")
@click.option("--data", metavar="FOLDER", help="The server's data folder, where its own certificate lies.")
@_ca_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.pass_obj
def viewer(
    config_file: Path | None,
    url: str,
    count: int,
    seconds: float,
    rung: str,
    apart_ms: int,
    http_only: bool,
    data: str | None,
    ca: Path | None,
    as_json: bool,
) -> None:
    """Watch the page at URL without a screen, as real peers that play in real time, and report."""
    config = load_config(config_file, flags={"data.path": data})
    configure_log(config.log.level, config.log.format)
    follow_parent()
    settings = ViewerSettings(url, count, seconds, rung, apart_ms, p2p=not http_only, tls=_trusted(url, config, ca))
    try:
        summary = uvloop.run(until_stopped(run_viewers(settings)))
    except SeederError as error:
        raise ServerAway(url) from error
    if summary is not None:
        click.echo(summary.json().decode() if as_json else _sentence(summary))


def _trusted(url: str, config: Config, ca: Path | None) -> ssl.SSLContext | None:
    return trust(Path(config.data.path), ca) if url.startswith("https:") else None


def _sentence(summary: ViewerSummary) -> str:
    viewers = summary.viewers
    total = {name: sum(getattr(one, name) for one in viewers) / 1e6 for name in ("http", "peer", "seeder")}
    stalled = sum(one.stalled_ms for one in viewers)
    saved = "-" if summary.saved is None else f"{summary.saved:.0%}"
    return say(
        f"{len(viewers)} viewers: {total['http']:.1f} MB over HTTP, {total['peer']:.1f} MB from viewers, "
        f"{total['seeder']:.1f} MB from seeders ({saved} not over HTTP), stalled {stalled} ms.",
        f"{len(viewers)} 名观众：HTTP {total['http']:.1f} MB，来自其他观众 {total['peer']:.1f} MB，"
        f"来自种子节点 {total['seeder']:.1f} MB（{saved} 未经 HTTP），卡顿 {stalled} 毫秒。",
    )
