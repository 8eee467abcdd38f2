"""`ops-center journal`: what was changed, by whom, and what came of it."""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli import options
from tui.model.errors import SourceError

if TYPE_CHECKING:
    from tui.core.journal import Journal
    from tui.model.journal import Reading

_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_COLOURS = {"ok": "green", "failed": "red", "unknown": "magenta", "running": "yellow", "note": "blue"}


class Since(click.ParamType[float]):
    """A span back from now (`30m`, `2h`, `7d`), or a date or time, UTC unless it says otherwise."""

    name = "since"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Unix seconds."""
        if isinstance(value, float):
            return value
        text = str(value)
        if span := _SPAN.fullmatch(text):
            return time.time() - int(span[1]) * _SECONDS[span[2]]
        try:
            at = dt.datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is neither a span nor a time\nhint: 30m, 2h, 7d, 2026-11-23 or 2026-11-23T14:00", param, ctx
            )
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()


_since = click.option(
    "--since",
    type=Since(),
    metavar="WHEN",
    help="From here on: 30m, 2h, 7d, or a date or time in UTC (2026-11-23T14:00).",
)


@click.group()
def journal() -> None:
    """The journal: every change made from here, before and after, and the operators' notes."""


def _journal() -> Journal:
    from tui.core.journal import Journal, default_path

    return Journal(default_path(os.environ))


def _read(since: float | None) -> Reading:
    """All of it; what is not readable is said."""
    from tui.core import timeline

    try:
        reading = _journal().read(limit=None)
    except SourceError as error:
        options.fail(error)
    for remark in reading.remarks:
        click.echo(f"note: {remark}", err=True)
    return timeline.since(reading, since)


@journal.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all entries.")
@_since
def show(*, as_json: bool, since: float | None) -> None:
    """Print the entries, the oldest first: time (UTC), state, who, what, what came of it."""
    from tui.core import timeline
    from tui.model.journal import utc

    reading, now = _read(since), time.time()
    if as_json:
        click.echo(timeline.json(reading, now))
        return
    for entry in reading.entries:
        state = entry.state(now)
        mark = click.style(f"{timeline.MARKS[state]} {state:7}", fg=_COLOURS[state])
        who = entry.note.who if entry.note is not None else entry.intent.who if entry.intent is not None else ""
        said = "" if entry.note is not None else " ".join(entry.said(now).split())
        click.echo("  ".join(filter(None, (utc(entry.at), mark, who, entry.title, said))))
    if not reading.entries:
        click.echo("no entries" if since is None else "no entries since then", err=True)


@journal.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="A timeline to read, or data.",
)
@_since
def export(*, file: Path | None, form: str, since: float | None) -> None:
    """Write the timeline of a post-mortem to FILE, which must not exist yet, or to standard output."""
    from tui.core import timeline

    reading, now = _read(since), time.time()
    text = timeline.markdown(reading, now) if form == "markdown" else timeline.json(reading, now).decode() + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        why = error.strerror or str(error)
        options.fail(
            SourceError(f"write {file}", why, "name a file that does not exist yet, in a folder you may write")
        )
    click.echo(str(file), err=True)


@journal.command()
@click.argument("text", nargs=-1, required=True)
def note(*, text: tuple[str, ...]) -> None:
    """Add a note: what you saw, decided or told somebody."""
    said = " ".join(text).strip()
    if not said:
        click.echo("the note is empty\nhint: ops-center journal note called the database team", err=True)
        raise click.exceptions.Exit(2)
    try:
        _journal().note(said, context="command line", at=time.time())
    except SourceError as error:
        options.fail(error)
