"""The tiles for scripts: one reading of each, as lines or JSON, and the exit code that sums them up."""

from __future__ import annotations

import datetime as dt
import math

import msgspec

from tui.core.board import Board
from tui.model.thresholds import State
from tui.model.tile import worst
from tui.model.units import format_value

EXIT_CODES = {State.OK: 0, State.WARN: 1, State.CRIT: 2, State.NO_DATA: 3, State.NAN: 3, State.ERROR: 3}
"""As monitoring plugins have them: 0 OK, 1 WARN, 2 CRIT, 3 unknown; CRIT over unknown over WARN."""


class TileReport(msgspec.Struct, frozen=True, kw_only=True):
    """One tile. `value` is null unless it is a finite number of now; `text` is it in the tile's unit."""

    id: str
    title: str
    state: str
    value: float | None
    text: str
    unit: str
    runbook: str
    error: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All tiles at one instant (`at`, ISO 8601 UTC)."""

    title: str
    profile: str
    at: str
    state: str
    exit_code: int
    tiles: tuple[TileReport, ...]
    alerts_firing: int | None
    alerts_pending: int | None


async def report(board: Board, *, profile: str, now: float) -> Report:
    """Poll every tile and the alerts once.

    Args:
        board: Of the catalog to report.
        profile: Its profile's name.
        now: Unix seconds.
    """
    await board.poll_values()
    return summarise(board, profile=profile, now=now)


def summarise(board: Board, *, profile: str, now: float) -> Report:
    """What the board knows, without asking."""
    tiles = []
    states = []
    for tile in board.catalog.tile:
        known = board.tiles[tile.id]
        state = known.state or State.NO_DATA
        states.append(state)
        value = known.good.value if known.good is not None and known.current else None
        error = known.error
        tiles.append(
            TileReport(
                id=tile.id,
                title=tile.title,
                state=state.word,
                value=value if value is not None and math.isfinite(value) else None,
                text="" if value is None else str(format_value(value, tile.unit, tile.decimals)),
                unit=tile.unit,
                runbook=tile.runbook,
                error="" if error is None else f"{error.what}: {error.why}",
                hint="" if error is None else error.hint,
                warnings=known.warnings,
            )
        )
    overall = worst(states)
    alerts = board.alerts
    firing = sum(alert.phase.value == "firing" for alert in alerts.alerts)
    known_alerts = alerts.error is None and alerts.at is not None
    return Report(
        title=board.catalog.title,
        profile=profile,
        at=dt.datetime.fromtimestamp(now, dt.UTC).isoformat(timespec="seconds"),
        state=overall.word,
        exit_code=EXIT_CODES[overall],
        tiles=tuple(tiles),
        alerts_firing=firing if known_alerts else None,
        alerts_pending=len(alerts.alerts) - firing if known_alerts else None,
    )


def lines(report: Report) -> list[str]:
    """The report for a terminal: a line a tile, with error and hint below the tile they belong to."""
    glyphs = {state.word: state.glyph for state in State}
    width = max((len(tile.title) for tile in report.tiles), default=0)
    told = [f"{report.title} · {report.profile} · {report.at}"]
    for tile in report.tiles:
        told.append(f"{glyphs[tile.state]} {tile.state:8} {tile.title:{width}}  {tile.text or '-':>12}  {tile.runbook}")
        if tile.error:
            told += [f"    {tile.error}", f"    hint: {tile.hint}"]
        told += [f"    warning: {warning}" for warning in tile.warnings]
    if report.alerts_firing is None:
        told.append("alerts: not known")
    else:
        told.append(f"alerts: {report.alerts_firing} firing, {report.alerts_pending} pending")
    return told
