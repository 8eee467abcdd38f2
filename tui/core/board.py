"""The board: what the tiles, trends and alerts of a catalog say now, kept fresh, without a screen.

Three loops, each of which re-arms after it completes: instant values and alerts every `interval_s`, the points of
sparklines and graphs once a minute. All requests of a round are concurrent and each has its own timeout, shorter than
the interval; a backend that is down is guarded by a circuit (`tui.core.circuit`).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Literal

import msgspec

from tui.core.circuit import Circuit, GuardedAlerts, GuardedMetrics
from tui.model.alert import Alert, by_urgency
from tui.model.catalog import Catalog, Tile, Trend
from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.samples import Matrix, Series
from tui.model.tile import AlertsState, TileState, TrendState
from tui.model.units import format_value
from tui.sources.protocols import AlertSource, MetricSource

Changed = tuple[Literal["tile", "trend", "alerts"], str]
"""What has changed: the kind, and the id of the tile or trend (empty for alerts)."""

SPARK_LOOKBACK_S = 3600.0
_HISTORY_EVERY_S = 60.0
_POINTS = 120
_JITTER = 0.1
MAX_ALERTS = 500
"""Alerts kept; an installation with more has a problem that a longer list does not show better."""


class Board:
    """Knows the state of every tile, trend and alert.

    Args:
        catalog: What to ask.
        metrics: Answers PromQL.
        alerts: Knows the active alerts.
        clock: Unix seconds.
        rng: Spreads the polls of many operators.
        timeout_s: Bound of one request; cut to four fifths of the interval.
    """

    def __init__(
        self,
        catalog: Catalog,
        metrics: MetricSource,
        alerts: AlertSource,
        *,
        clock: Clock,
        rng: random.Random,
        timeout_s: float = 5.0,
    ) -> None:
        self.catalog = catalog
        self.tiles = {tile.id: TileState() for tile in catalog.tile}
        self.trends = {trend.id: TrendState() for trend in catalog.trend}
        self.alerts = AlertsState()
        self.circuit = Circuit(clock, rng)
        timeout_s = min(timeout_s, catalog.interval_s * 0.8)
        self._metrics = GuardedMetrics(metrics, self.circuit, timeout_s)
        self._alerts = GuardedAlerts(alerts, self.circuit, timeout_s)
        self._clock, self._rng = clock, rng
        self._watchers: list[Callable[[Changed], None]] = []
        self._values_due = asyncio.Event()
        self._history_due = asyncio.Event()

    def watch(self, watcher: Callable[[Changed], None]) -> Callable[[], None]:
        """Call `watcher` after every change; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def refresh(self) -> None:
        """Start the next round now, also against a backend that is being left alone."""
        self.circuit.retry_now()
        self._values_due.set()
        self._history_due.set()

    @property
    def trouble(self) -> tuple[SourceError, float] | None:
        """Why nothing comes from the backend and since when (Unix seconds), or None when something does."""
        failing = [s for s in self.tiles.values() if s.error is not None and s.since is not None and not s.error.up]
        if not failing:
            return None
        first = min(failing, key=lambda state: state.since or 0.0)
        assert first.error is not None  # noqa: S101 - narrows what the list above selected
        assert first.since is not None  # noqa: S101
        return first.error, first.since

    async def ask(self, expr: str, unit: str) -> str:
        """The present value of any expression, in `unit`; "no data" for an empty answer.

        Raises:
            SourceError: the backend does not answer, or with more than one series.
        """
        sample = (await self._metrics.instant(expr)).single(expr)
        return "no data" if sample.value is None else str(format_value(sample.value, unit))

    async def run(self) -> None:
        """Keep polling until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._values())
            group.create_task(self._history())

    async def poll_values(self) -> None:
        """One round of all instant values and the alerts."""
        tiles = [self._poll_tile(tile) for tile in self.catalog.tile]
        await asyncio.gather(*tiles, self._poll_alerts())

    async def poll_history(self) -> bool:
        """One round of all sparklines and graphs; tells whether every one was answered."""
        sparks = [self._poll_spark(tile) for tile in self.catalog.tile]
        return all(await asyncio.gather(*sparks, *(self._poll_trend(trend) for trend in self.catalog.trend)))

    async def _values(self) -> None:
        while True:
            await self.poll_values()
            spread = self._rng.uniform(1 - _JITTER, 1 + _JITTER)
            await _pause(self._values_due, self.catalog.interval_s * spread)

    async def _history(self) -> None:
        while True:
            complete = await self.poll_history()
            await _pause(self._history_due, _HISTORY_EVERY_S if complete else self.catalog.interval_s)

    async def _poll_tile(self, tile: Tile) -> None:
        try:
            answer = await self._metrics.instant(tile.expr)
        except SourceError as error:
            state = self.tiles[tile.id].failed(error, self._clock())
        else:
            state = self.tiles[tile.id].answered(tile, answer, self._clock())
        self.tiles[tile.id] = state
        self._tell(("tile", tile.id))

    async def _poll_spark(self, tile: Tile) -> bool:
        try:
            series = await self._one_series(tile.expr, SPARK_LOOKBACK_S)
        except SourceError:
            return False  # the instant query of the same expression says why; the last points stay
        self.tiles[tile.id] = msgspec.structs.replace(self.tiles[tile.id], history=series)
        self._tell(("tile", tile.id))
        return True

    async def _poll_trend(self, trend: Trend) -> bool:
        state = self.trends[trend.id]
        try:
            series = await self._one_series(trend.expr, trend.lookback_s)
        except SourceError as error:
            state = msgspec.structs.replace(state, error=error)
        else:
            state = TrendState(series=series, at=self._clock())
        self.trends[trend.id] = state
        self._tell(("trend", trend.id))
        return state.error is None

    async def _one_series(self, expr: str, lookback_s: float) -> Series:
        step = lookback_s / (_POINTS - 1)
        start = self._clock() - lookback_s
        answer: Matrix = await self._metrics.window(expr, start=start, step=step, points=_POINTS)
        if not answer.series:
            return Series(start=start, step=step, values=(None,) * _POINTS)
        return answer.series[0]

    async def _poll_alerts(self) -> None:
        try:
            alerts: tuple[Alert, ...] = await self._alerts.alerts()
        except SourceError as error:
            self.alerts = msgspec.structs.replace(self.alerts, error=error)
        else:
            self.alerts = AlertsState(alerts=tuple(by_urgency(alerts)[:MAX_ALERTS]), at=self._clock())
        self._tell(("alerts", ""))

    def _tell(self, changed: Changed) -> None:
        for watcher in tuple(self._watchers):
            watcher(changed)


async def _pause(due: asyncio.Event, seconds: float) -> None:
    """Wait `seconds`, or less when somebody asks for the next round."""
    due.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await due.wait()
