"""`banyan class`: start, end and list live classes of a running server."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from banyan.config_sources import load_config
from banyan.errors import ConfigError
from banyan.language import say
from banyan.server_client import ServerClient, server_url

_Answer = dict[str, Any]


def _server_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--data", metavar="FOLDER", help="The server's data folder.")(command)
    return click.option("--server", metavar="URL", help="The server; the one of the configuration when left out.")(
        command
    )


async def _ask(
    config_file: Path | None, server: str | None, data: str | None, method: str, path: str, body: object = None
) -> _Answer:
    config = load_config(config_file, flags={"data.path": data})
    async with ServerClient(server or server_url(config), Path(config.data.path)) as client:
        return await client.ask(method, path, body, admin=method != "GET")


@click.group("class")
def classes() -> None:
    """Start, end and list live classes."""


@classes.command()
@click.option(
    "--from", "source", required=True, metavar="FILE|test", help="A recording that plays live, or a test picture."
)
@click.option("--loop", is_flag=True, help="Begin again when the file ends.")
@click.option("--course", required=True, help="Title of the course; it is made when there is none.")
@click.option("--title", required=True, help="Title of the class.")
@click.option("--json", "as_json", is_flag=True, help="Print the class as one JSON object.")
@_server_options
@click.pass_obj
def start(
    config_file: Path | None,
    source: str,
    loop: bool,
    course: str,
    title: str,
    as_json: bool,
    server: str | None,
    data: str | None,
) -> None:
    """Start a class."""
    if source != "test":
        if not Path(source).is_file():
            raise ConfigError(f"There is no file {source}.", f"没有 {source} 这个文件。")
        source = str(Path(source).absolute())
    body = {"course": course, "title": title, "source": source, "loop": loop}
    item = asyncio.run(_ask(config_file, server, data, "POST", "/api/classes", body))
    click.echo(
        json.dumps(item, ensure_ascii=False) if as_json else f"{item['id']}  {item['title']}  /watch/{item['id']}"
    )


@classes.command()
@click.argument("item")
@_server_options
@click.pass_obj
def end(config_file: Path | None, item: str, server: str | None, data: str | None) -> None:
    """End the class ITEM; its recording stays."""
    answer = asyncio.run(_ask(config_file, server, data, "POST", f"/api/items/{quote(item, safe='')}/end"))
    click.echo(say(f"Ended: {answer['title']}", f"已结束：{answer['title']}"))


@classes.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_server_options
@click.pass_obj
def list_classes(config_file: Path | None, as_json: bool, server: str | None, data: str | None) -> None:
    """List the classes, the running ones first."""
    courses = asyncio.run(_ask(config_file, server, data, "GET", "/api/courses"))["courses"]
    found = [item | {"course": course["title"]} for course in courses for item in course["items"]]
    found = sorted((item for item in found if item["kind"] == "class"), key=lambda item: item["state"] != "live")
    if as_json:
        click.echo(json.dumps({"classes": found}, ensure_ascii=False))
        return
    for item in found:
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(item["created"] / 1000))
        click.echo(f"{item['id']}  {item['state']:<9} {started}  {item['course']}: {item['title']}")
    if not found:
        click.echo(say("No classes yet.", "还没有直播课。"))
