"""`ops-center demo`: the operations center on a simulated platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import options

if TYPE_CHECKING:
    from tui.core.center import Center


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another day on the platform.")
@click.pass_context
def demo(context: click.Context, seed: int) -> None:
    """Start on a small simulated platform that needs nothing and can be disturbed (key f)."""
    said = options.flags(context)

    def make() -> Center:
        from tui.core import center

        return center.demo(seed=seed, catalog_file=said.catalog, runbooks=said.runbooks, read_only=said.read_only)

    options.start(context, make)
