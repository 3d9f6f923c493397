"""`banyan config`: see and check the configuration."""

from pathlib import Path

import click

from banyan.config_sources import load_config
from banyan.config_text import config_text
from banyan.language import say


@click.group()
def config() -> None:
    """See and check the configuration."""


@config.command("print")
@click.pass_obj
def print_config(config_file: Path | None) -> None:
    """Print the whole configuration that is in force, with comments; it is itself a valid file."""
    click.echo(config_text(load_config(config_file)), nl=False)


@config.command()
@click.pass_obj
def check(config_file: Path | None) -> None:
    """Say whether the configuration is good; exit code 1 when it is not."""
    load_config(config_file)
    click.echo(say("The configuration is good.", "配置无误。"))
