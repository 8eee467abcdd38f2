"""`ops-center logs`: read the platform's logs, a file, or what is piped in; on a screen or as text."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from tui.cli import options
from tui.model.text import sanitise_line

if TYPE_CHECKING:
    from tui.core.log_filter import LogFilter
    from tui.core.log_targets import LogTarget
    from tui.model.identity import Identity
    from tui.sources.protocols import LogSource

_LEVELS = ("debug", "info", "warn", "error", "critical")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_STDIN = "-"


class Duration(click.ParamType[float]):
    """`90s`, `15m`, `6h`, `1d`, in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Fails with what a duration looks like."""
        match = re.fullmatch(r"(\d+)([smhd])", str(value))
        if match is None:
            self.fail(f"{value!r} is no duration\nhint: 90s, 15m, 6h or 1d", param, ctx)
        return float(int(match[1]) * _UNITS[match[2]])


class Pattern(click.ParamType[str]):
    """A regular expression."""

    name = "regex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Fails with what is wrong with it."""
        try:
            re.compile(str(value))
        except re.error as error:
            self.fail(f"{value!r}: {error}\nhint: \\ before ( [ * + ? . takes them as they are", param, ctx)
        return str(value)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was said on the command line; None and empty for what was not."""

    file: str | None
    selector: str
    container: str
    since_s: float | None
    previous: bool
    tail: int | None
    follow: bool | None
    level: str | None
    include: str | None
    exclude: str | None


@click.command()
@click.argument("file", required=False, metavar="[FILE|-]")
@click.option("--selector", default="", metavar="SELECTOR", help="Pods by label (app=api), or a compose service.")
@click.option("--container", default="", metavar="NAME", help="Container, instead of each pod's default.")
@click.option("--since", "since_s", type=Duration(), metavar="DURATION", help="Not older than 90s, 15m, 6h or 1d.")
@click.option("--previous", is_flag=True, help="The log of the container before its last restart.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="At first the last N lines of each source.")
@click.option("--follow/--no-follow", default=None, help="Go on with what comes; a screen does unless told otherwise.")
@click.option("--level", type=click.Choice(_LEVELS), help="This level and graver ones.")
@click.option(
    "--include", type=Pattern(), metavar="REGEX", help="Only entries that match; capitals count if there are any."
)
@click.option("--exclude", type=Pattern(), metavar="REGEX", help="No entries that match.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per entry instead of showing a screen.")
@click.option("--plain", is_flag=True, help="Print lines as they are instead of showing a screen.")
@click.pass_context
def logs(context: click.Context, /, *, as_json: bool, plain: bool, **said: object) -> None:
    """Read the workers' logs merged by time, or those of --selector; or FILE, or what is piped in (-).

    Without a terminal to show a screen on, lines are printed. Printing a file follows it only with --follow.
    """
    asked = msgspec.convert(said, Asked)
    printing = as_json or plain or not sys.stdout.isatty()
    source, target, identity = _source(context, asked, printing=printing)
    if printing:
        from tui.cli.log_print import Printer
        from tui.model.errors import SourceError

        printer = Printer(_filter(asked), as_json=as_json)
        try:
            asyncio.run(printer.run(source, target))
        except SourceError as error:
            options.fail(error)
        except KeyboardInterrupt:
            context.exit(130)
        except BrokenPipeError:  # `| head` has seen enough; what is left in the buffer has nowhere to go
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    from tui.cli.log_viewer import LogViewer
    from tui.screens.logs import LogsScreen

    held = options.read_settings(context).profile.log_lines
    screen = LogsScreen(source, (target,), identity, time.time, wanted=_filter(asked), most_lines=held)
    LogViewer(screen).run(mouse=options.flags(context).mouse)


def _source(context: click.Context, asked: Asked, *, printing: bool) -> tuple[LogSource, LogTarget, Identity]:
    from tui.core.log_targets import LogTarget
    from tui.model.identity import Identity
    from tui.model.log import LogRequest
    from tui.sources.files import FileLogs, StdinLogs

    follow = asked.follow if asked.follow is not None else not printing
    if asked.file is None:
        return _platform(context, asked, follow=follow)
    foreign = {"--selector": asked.selector, "--container": asked.container, "--previous": asked.previous}
    for option, value in foreign.items():
        if value:
            raise click.UsageError(f"{option} is for the platform's logs, not for a file\nhint: leave one of them out")
    request = LogRequest(selector="", since_s=asked.since_s, tail=asked.tail, follow=follow)
    if asked.file == _STDIN:
        if sys.stdin.isatty():
            raise click.UsageError(
                "nothing is piped in\nhint: kubectl logs deployment/celery-worker | ops-center logs -"
            )
        target = LogTarget(title="stdin", request=request, merged=False)
        return StdinLogs(0 if printing else _give_keyboard(), time.time), target, Identity(title="piped in", profile="")
    path = Path(asked.file)
    target = LogTarget(title=sanitise_line(path.name, 200), request=request, merged=False)
    return FileLogs(path, time.time), target, Identity(title=sanitise_line(str(path), 500), profile="")


def _platform(context: click.Context, asked: Asked, *, follow: bool) -> tuple[LogSource, LogTarget, Identity]:
    from tui.core.log_targets import TARGETS
    from tui.model.errors import SourceError

    center = options.read_center(context)
    if center.logs is None or center.identity.platform is None:
        options.fail(
            SourceError(
                f"logs of profile {center.identity.profile}",
                "it names neither Kubernetes nor docker compose",
                "`ops-center logs FILE` reads a file; `ops-center doctor` says what a profile lacks",
            )
        )
    target = TARGETS[center.identity.platform][0]
    named = asked.since_s is not None or asked.tail is not None
    request = msgspec.structs.replace(
        target.request,
        selector=asked.selector or target.request.selector,
        container=asked.container,
        previous=asked.previous,
        since_s=asked.since_s,
        tail=asked.tail if named else target.request.tail,
        follow=follow and not asked.previous,
    )
    return (
        center.logs,
        msgspec.structs.replace(target, title=asked.selector or target.title, request=request),
        center.identity,
    )


def _give_keyboard() -> int:
    """Put the terminal where the pipe is, since that is where Textual reads keys; the pipe's new descriptor."""
    from tui.model.errors import SourceError

    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        options.fail(SourceError("/dev/tty", error.strerror or str(error), "--plain prints without a screen"))
    pipe = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    return pipe


def _filter(asked: Asked) -> LogFilter:
    from tui.core.log_filter import ALL_LEVELS, LinePattern, LogFilter
    from tui.model.log_levels import Level

    least = Level[asked.level.upper()] if asked.level else Level.NONE
    return LogFilter(
        levels=frozenset(level for level in ALL_LEVELS if level >= least),
        include=LinePattern(asked.include) if asked.include else None,
        exclude=LinePattern(asked.exclude) if asked.exclude else None,
    )
