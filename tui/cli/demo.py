"""`ops-center demo`: the operations center on a simulated platform."""

from __future__ import annotations

import click

from tui.cli import options


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another day on the platform.")
@click.pass_context
def demo(context: click.Context, seed: int) -> None:
    """Start on a small simulated platform that needs nothing and can be disturbed (key f)."""
    from tui.core import center
    from tui.model.errors import ConfigError

    said = options.flags(context)
    try:
        built = center.demo(seed=seed, catalog_file=said.catalog, runbooks=said.runbooks, read_only=said.read_only)
    except ConfigError as error:
        options.fail(error)
    options.start(context, built)
