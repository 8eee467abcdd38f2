"""`ops-center status`: the tiles for scripts."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from tui.cli import options

if TYPE_CHECKING:
    from tui.core.center import Center


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per reading, on one line.")
@click.option("--watch", is_flag=True, help="Read again at the catalog's interval until interrupted.")
@click.pass_context
def status(context: click.Context, *, as_json: bool, watch: bool) -> None:
    """Read every tile once. Exit code: 0 OK, 1 WARN, 2 CRIT, 3 unknown, the worst of all tiles."""
    center = options.read_center(context)
    try:
        code = asyncio.run(_read(center, as_json=as_json, watch=watch))
    except KeyboardInterrupt:
        code = 130
    context.exit(code)


async def _read(center: Center, *, as_json: bool, watch: bool) -> int:
    import msgspec

    from tui.core import status as core

    board = center.board()
    while True:
        report = await core.report(board, profile=center.identity.profile, now=time.time())
        if as_json:
            click.echo(msgspec.json.encode(report).decode())
        else:
            click.echo("\n".join(core.lines(report)))
        if not watch:
            return report.exit_code
        await asyncio.sleep(center.catalog.interval_s)
