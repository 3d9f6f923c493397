"""`banyan publish`: make a lecture of a file."""

import asyncio
import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from banyan.config_sources import load_config
from banyan.errors import ConfigError
from banyan.language import say
from banyan.log import configure_log
from origin.publish import OnProgress, PublishReport
from origin.publish import publish as publish_file


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--course", required=True, help="Title of the course; it is made when there is none.")
@click.option("--title", help="Title of the lecture; the file's name when left out.")
@click.option("--data", metavar="FOLDER", help="The server's data folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def publish(
    config_file: Path | None, file: Path, course: str, title: str | None, data: str | None, as_json: bool
) -> None:
    """Prepare FILE and list it as a lecture. A running server on the same data folder shows it at once."""
    config = load_config(config_file, flags={"data.path": data})
    configure_log("warning", config.log.format)
    if not file.is_file():
        raise ConfigError(f"There is no file {file}.", f"没有 {file} 这个文件。")
    report = asyncio.run(publish_with_bar(Path(config.data.path), file.absolute(), course, title or file.stem))
    click.echo(json.dumps(_facts(report), ensure_ascii=False) if as_json else _sentence(report))
    for warning in report.warnings:
        click.echo(warning, err=True)


async def publish_with_bar(data: Path, file: Path, course: str, title: str) -> PublishReport:
    """Publish with a progress bar on standard error, when that is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        return await publish_file(data, file, course, title, _on_progress(bar, file.name))


def _on_progress(bar: Progress, name: str) -> OnProgress:
    task = bar.add_task(name, total=None)

    def show(done_ms: int, total_ms: int | None) -> None:
        bar.update(task, completed=done_ms, total=total_ms)

    return show


def _sentence(report: PublishReport) -> str:
    tracks = ", ".join(track.id for track in report.tracks)
    size, took, length = report.bytes / 1e6, report.took_ms / 1000, report.duration_ms / 1000
    return say(
        f"Published '{report.title}': {length:.1f} s, {tracks}, {report.segments} segments, {size:.1f} MB, "
        f"in {took:.1f} s ({report.speed:.1f} times real time). Watch it at /watch/{report.item}",
        f"已发布“{report.title}”：时长 {length:.1f} 秒，{tracks}，{report.segments} 个分片，{size:.1f} MB，"
        f"用时 {took:.1f} 秒（{report.speed:.1f} 倍速）。观看地址：/watch/{report.item}",
    )


def _facts(report: PublishReport) -> dict[str, object]:
    return {
        "item": report.item,
        "title": report.title,
        "duration_ms": report.duration_ms,
        "tracks": [track.id for track in report.tracks],
        "segments": report.segments,
        "bytes": report.bytes,
        "took_ms": report.took_ms,
        "speed": round(report.speed, 2),
        "warnings": list(report.warnings),
    }
