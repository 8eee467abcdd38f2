"""What the commands share: the flags that choose a profile, and how a mistake in a file ends the program."""

from __future__ import annotations

import gc
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
import msgspec

from tui.model.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from tui.core.center import Center
    from tui.core.settings import Settings


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """What was said on the command line before the command; None and empty for what was not."""

    config: Path | None = None
    profile: str | None = None
    prometheus: str | None = None
    catalog: Path | None = None
    runbooks: tuple[Path, ...] = ()
    read_only: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    mouse: bool = True

    @property
    def overrides(self) -> dict[str, object]:
        """By setting name."""
        said = {
            "prometheus.url": self.prometheus,
            "catalog": self.catalog,
            "runbooks": self.runbooks,
            "read_only": self.read_only,
        }
        return {**dict(self.settings), **{name: value for name, value in said.items() if value}}


def flags(context: click.Context) -> Flags:
    """The flags of this call."""
    found = context.find_object(Flags)
    return found if found is not None else Flags()


def fail(error: ConfigError | SourceError) -> NoReturn:
    """End with exit code 2 and what is wrong."""
    click.echo(str(error), err=True)
    raise click.exceptions.Exit(2)


def read_settings(context: click.Context) -> Settings:
    """The settings of the chosen profile; a mistake in them ends the program."""
    from tui.core import settings

    chosen = flags(context)
    try:
        return settings.load(config=chosen.config, profile=chosen.profile, overrides=chosen.overrides, env=os.environ)
    except ConfigError as error:
        fail(error)


def runbook_folders(context: click.Context) -> tuple[Path, ...]:
    """The profile's runbook folders; the shipped ones come last, so that a user's own page wins."""
    from tui.core import resources

    return (*read_settings(context).profile.runbooks, resources.runbooks())


def read_center(context: click.Context) -> Center:
    """The operations center of the chosen profile, not yet connected to anything."""
    try:
        return make_center(context)
    except ConfigError as error:
        fail(error)


def make_center(context: click.Context) -> Center:
    """`read_center`, with the mistake as an exception."""
    from tui.core import center

    return center.build(read_settings(context).profile, clock=time.time, rng=random.Random())  # noqa: S311 - jitter


def start(context: click.Context, make: Callable[[], Center]) -> None:
    """Show the center that `make` makes full-screen until the operator leaves; a mistake in its files ends us."""
    gc.disable()  # collecting while everything is built is a tenth of the start; the app enables it again
    from tui.app import OpsCenter
    from tui.core.lost_terminal import Tolerant

    try:
        center = make()
    except ConfigError as error:
        fail(error)
    sys.__stderr__ = Tolerant(sys.stderr)  # type: ignore[misc,assignment] # where Textual draws
    OpsCenter(center).run(mouse=flags(context).mouse)
