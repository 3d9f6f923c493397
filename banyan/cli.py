"""The command line: `banyan COMMAND`. The one place that tells a person's mistakes in plain words."""

import importlib
from importlib.metadata import version as package_version
from pathlib import Path
from typing import IO, Any

import click

from banyan.language import language
from swarm.errors import PlainError

# Imported when asked for: media and peer libraries take seconds to load, `banyan version` should not.
_COMMANDS = {
    "class": "banyan.commands.classes:classes",
    "config": "banyan.commands.config:config",
    "demo": "banyan.commands.demo:demo",
    "doctor": "banyan.commands.doctor:doctor",
    "publish": "banyan.commands.publish:publish",
    "seeder": "banyan.commands.peers:seeder",
    "serve": "banyan.commands.serve:serve",
    "version": "banyan.cli:version",
    "viewer": "banyan.commands.peers:viewer",
}


class PlainMistake(click.ClickException):
    """A person's mistake as one sentence on standard error, without a traceback; exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"banyan: {self.message}", file=file, err=file is None)


class FrontDoor(click.Group):
    """Loads each command when it is called, and turns PlainError into its sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PlainError as error:
            raise PlainMistake(error.text(language())) from error


@click.group(cls=FrontDoor, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="Configuration in TOML; banyan.toml of the current folder when left out.",
)
@click.pass_context
def banyan(ctx: click.Context, config_file: Path | None) -> None:
    """Peer-to-peer assisted delivery of course video. Start with 'banyan demo'."""
    ctx.obj = config_file


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(package_version("banyan-video"))


def main() -> None:
    """Entry point of the program `banyan`."""
    banyan(prog_name="banyan")
