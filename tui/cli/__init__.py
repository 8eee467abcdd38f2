"""The command line. Imports neither Textual nor a client library: a command that needs one imports it when it runs."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path

import click

from tui.cli import options


class Assignment(click.ParamType[tuple[str, str]]):
    """`NAME=VALUE`."""

    name = "assignment"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The two halves; whether there is such a setting is for the settings to say."""
        name, equals, text = value.partition("=")
        if not equals or not name:
            self.fail(f'expected NAME=VALUE, got "{value}"', param, ctx)
        return name, text


class Commands(click.Group):
    """The commands by name, each imported when it is asked for: starting the screen pays for none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """All of them, in order."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """One of them."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"tui.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - each module names its command as itself
        return command


_COMMANDS = ("catalog", "demo", "doctor", "journal", "logs", "mirror", "runbook", "status", "workloads")
"""Each is a module of this package."""


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--profile", metavar="NAME", help="Profile of the settings file.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file.")
@click.option("--prometheus", metavar="URL", help="Prometheus, or any server that speaks its API.")
@click.option("--catalog", type=click.Path(path_type=Path), metavar="FILE", help="Catalog instead of the shipped one.")
@click.option(
    "--runbooks",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Folder of runbooks besides the shipped ones; may be given several times.",
)
@click.option("--read-only", is_flag=True, help="Refuse every action that changes something.")
@click.option(
    "--set",
    "settings",
    type=Assignment(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Any setting by name, such as redis.url=redis://cache:6379/0; may be given several times.",
)
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal, so that it selects text.")
@click.version_option(package_name="ops-center", prog_name="ops-center")
@click.pass_context
def main(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    profile: str | None,
    config: Path | None,
    prometheus: str | None,
    catalog: Path | None,
    runbooks: tuple[Path, ...],
    read_only: bool,
    settings: tuple[tuple[str, str], ...],
    no_mouse: bool,
) -> None:
    """A terminal operations center: tiles, alerts and runbooks of one platform.

    Without a command it starts full-screen on the chosen profile. Exit codes: 0 done, 1 something is wrong with what
    was asked about, 2 wrong usage or settings.
    """
    context.obj = options.Flags(
        config=config,
        profile=profile,
        prometheus=prometheus,
        catalog=catalog,
        runbooks=runbooks,
        read_only=read_only,
        settings=settings,
        mouse=not no_mouse,
    )
    if context.invoked_subcommand is None:
        options.start(context, partial(options.make_center, context))
