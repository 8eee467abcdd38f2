"""What a tile, a trend and the alert list know: the last answer, how old it is, and why there is no newer one.

A failed poll never erases a value: `failed` keeps the last good one, with its time, beside the error.
"""

from __future__ import annotations

import math

import msgspec

from tui.model.alert import Alert
from tui.model.catalog import Tile
from tui.model.errors import SourceError
from tui.model.samples import Sample, Series, Vector
from tui.model.thresholds import State, grade


class Good(msgspec.Struct, frozen=True):
    """A graded value and when we received it, in Unix seconds."""

    value: float
    state: State
    at: float


class TileState(msgspec.Struct, frozen=True, kw_only=True):
    """One tile's knowledge. `state` is None until the first poll ends."""

    state: State | None = None
    good: Good | None = None
    """The last value that could be graded; it is current when `state` is its state and there is no error."""
    error: SourceError | None = None
    since: float | None = None
    """When the present trouble (no data, NaN or an error) began."""
    warnings: tuple[str, ...] = ()
    history: Series | None = None
    """The sparkline's points; None until they arrive."""

    @property
    def current(self) -> bool:
        """Whether `good` is what the platform says now."""
        return self.state is not None and self.state.known

    def answered(self, tile: Tile, answer: Vector, now: float) -> TileState:
        """After an answer, empty or not; a second series is an error of the catalog."""
        try:
            sample: Sample = answer.single(tile.expr)
        except SourceError as error:
            return self.failed(error, now)
        state = grade(sample.value, tile.steps)
        fresh = msgspec.structs.replace(self, state=state, error=None, warnings=answer.warnings)
        if sample.value is None or math.isnan(sample.value):
            since = self.since if self.state is state else now
            return msgspec.structs.replace(fresh, since=since)
        return msgspec.structs.replace(fresh, good=Good(sample.value, state, now), since=None)

    def failed(self, error: SourceError, now: float) -> TileState:
        """After a poll without an answer."""
        since = self.since if self.state is State.ERROR else now
        return msgspec.structs.replace(self, state=State.ERROR, error=error, since=since, warnings=())


class TrendState(msgspec.Struct, frozen=True, kw_only=True):
    """A graph's points and, when the last poll failed, why."""

    series: Series | None = None
    at: float | None = None
    error: SourceError | None = None


class AlertsState(msgspec.Struct, frozen=True, kw_only=True):
    """The active alerts as last heard. `at` is None until the first answer."""

    alerts: tuple[Alert, ...] = ()
    at: float | None = None
    error: SourceError | None = None


def worst(states: list[State]) -> State:
    """The state that decides for many: CRIT over what is unknown over WARN over OK."""
    order = (State.CRIT, State.ERROR, State.NO_DATA, State.NAN, State.WARN, State.OK)
    return min(states, key=order.index, default=State.NO_DATA)
