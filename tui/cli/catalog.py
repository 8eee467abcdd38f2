"""`ops-center catalog`: what the operations center is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tui.cli import options
from tui.model.text import sanitise_line


@click.group()
def catalog() -> None:
    """The catalog: the file that names every tile, trend, action and alert."""


@catalog.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path), required=False)
@click.option(
    "--runbooks",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Look for runbooks here first; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all mistakes.")
@click.pass_context
def check(context: click.Context, *, file: Path | None, runbooks: tuple[Path, ...], as_json: bool) -> None:
    """Find every mistake in FILE, one on a line, each with its place.

    FILE is a catalog; without it, the profile's or the shipped one. Places count from 0: tile[2] is the third tile.
    Exit code 0: no mistakes, 1: mistakes, 2: the file cannot be read.
    """
    from tui.core import catalog as core
    from tui.core import resources

    path = file or options.read_settings(context).profile.catalog or resources.catalog()
    name = sanitise_line(path.name)
    found, problems = core.check(path, (*runbooks, *options.runbook_folders(context)))
    if as_json:
        import msgspec

        report = {
            "file": sanitise_line(str(path), 4_096),
            "ok": not problems,
            "problems": [{"place": problem.place, "why": problem.why, "hint": problem.hint} for problem in problems],
        }
        click.echo(msgspec.json.encode(report).decode())
    else:
        for problem in problems:
            click.echo(f"{problem.place}: {problem.why}" + (f"; hint: {problem.hint}" if problem.hint else ""))
    if problems:
        click.echo(f"{name}: {_count('mistake', problems)}", err=True)
    elif found is not None and not as_json:
        sections = {"tile": found.tile, "trend": found.trend, "action": found.action, "alert": found.alert}
        click.echo(f"{name}: {', '.join(_count(name, of) for name, of in sections.items())}: no mistakes")
    context.exit(1 if problems else 0)


def _count(name: str, of: Sequence[object]) -> str:
    return f"{len(of)} {name}{'' if len(of) == 1 else 's'}"
