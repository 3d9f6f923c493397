"""`banyan demo`: everything at once on this machine, to look at or to measure."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live
from rich.progress import Progress

from banyan.config import Config
from banyan.config_sources import load_config
from banyan.demo import Demo, demonstration, measured, swarm
from banyan.demo_report import DemoReport
from banyan.errors import ConfigError
from banyan.language import say
from banyan.lifecycle import until_stopped
from banyan.log import configure_log
from origin.messages import Figures

_DATA = ".data/demo"


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--seconds", type=click.FloatRange(5, 86_400), help="Measure for so long, then end.")
@click.option("--json", "as_json", is_flag=True, help="Print the measurement as one JSON object, on the last line.")
@click.option("--port", type=int, help="TCP port; a free one is taken when it is busy.")
@click.option("--data", metavar="FOLDER", default=_DATA, show_default=True, help="The data folder.")
@click.pass_obj
def demo(
    config_file: Path | None, file: Path | None, seconds: float | None, as_json: bool, port: int | None, data: str
) -> None:
    """Show a lecture (FILE, or a sample) and a live class with a seeder and four viewers, on this machine."""
    flags = {"data.path": data, "server.port": port, "tracker.stun_port": 0}
    config = load_config(config_file, flags=flags)
    configure_log("warning", config.log.format)
    if file is not None and not file.is_file():
        raise ConfigError(f"There is no file {file}.", f"没有 {file} 这个文件。")
    asyncio.run(until_stopped(_run(config, config_file, file, seconds, as_json)))


async def _run(
    config: Config, config_file: Path | None, file: Path | None, seconds: float | None, as_json: bool
) -> None:
    async with _prepared(config, config_file, file) as shown:
        if seconds is None:
            _greet(shown)
            try:
                await asyncio.gather(swarm(shown), _watch(shown))
            finally:
                click.echo(say("Stopping ...", "正在停止……"))
            return
        figures = await measured(shown, seconds)
    click.echo(json.dumps(asdict(figures)) if as_json else _sentence(figures))


@asynccontextmanager
async def _prepared(config: Config, config_file: Path | None, file: Path | None) -> AsyncIterator[Demo]:
    """The demonstration, with a progress bar while its lecture is prepared."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(say("Preparing the lecture", "正在准备课程视频"), total=None)
        async with demonstration(
            config, file, lambda done, total: bar.update(task, completed=done, total=total), config_file
        ) as demo:
            bar.stop()
            yield demo


def _greet(demo: Demo) -> None:
    url = demo.server.url
    rows = (
        (say("Live class", "直播课"), demo.student_url),
        (say("Lecture", "课程视频"), f"{url}/watch/{demo.lecture}"),
        (say("All courses", "全部课程"), f"{url}/"),
        (say("Operators", "运维面板"), f"{url}/operators"),
    )
    for name, address in rows:
        click.echo(f"  {name:<12} {address}")
    click.echo(
        say(
            "Open the live class in two tabs and watch the savings rise on the operators' page. Ctrl-C ends.",
            "请用两个标签页打开直播课，在运维面板上观察节省的流量。按 Ctrl-C 结束。",
        )
    )


async def _watch(demo: Demo) -> None:
    """One line of figures, once a second, on a terminal."""
    console = Console()
    if not console.is_terminal or demo.server.origin is None:
        return
    with Live(console=console, transient=True, auto_refresh=False) as live:
        async for snapshot in demo.server.origin.telemetry.snapshots():
            live.update(_line(snapshot.total), refresh=True)


def _line(now: Figures) -> str:
    saved = "-" if now.offload is None else f"{now.offload:.0%}"
    rates = tuple(rate / 1e6 for rate in (now.origin_bps, now.seeder_bps, now.peer_bps))
    return say(
        f"{now.viewers} viewers, {now.p2p_viewers} on P2P | saved {saved} | origin {rates[0]:.1f}, "
        f"seeder {rates[1]:.1f}, peers {rates[2]:.1f} Mbit/s",
        f"观众 {now.viewers}，其中 P2P {now.p2p_viewers} | 节省 {saved} | 源站 {rates[0]:.1f}，"
        f"种子节点 {rates[1]:.1f}，观众互传 {rates[2]:.1f} Mbit/s",
    )


def _sentence(figures: DemoReport) -> str:
    saved = "-" if figures.offload_total is None else f"{figures.offload_total:.1%}"
    sent = tuple(size / 1e6 for size in (figures.bytes.origin, figures.bytes.seeder, figures.bytes.peers))
    return say(
        f"{figures.viewers} viewers: {saved} saved; origin {sent[0]:.2f} MB, seeder {sent[1]:.2f} MB, "
        f"peers {sent[2]:.2f} MB; stalled {figures.stalled_ms} ms; start-up {figures.startup_ms_p50} ms.",
        f"{figures.viewers} 名观众：节省 {saved}；源站 {sent[0]:.2f} MB，种子节点 {sent[1]:.2f} MB，"
        f"互传 {sent[2]:.2f} MB；卡顿 {figures.stalled_ms} 毫秒；启动 {figures.startup_ms_p50} 毫秒。",
    )
