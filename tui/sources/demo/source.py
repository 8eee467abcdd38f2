"""The simulated platform behind the Protocols of real backends."""

from __future__ import annotations

import math

from tui.model.alert import Alert
from tui.model.catalog import Catalog
from tui.model.errors import SourceError
from tui.model.samples import Matrix, Sample, Series, Vector
from tui.model.text import sanitise_line
from tui.sources.demo.platform import Platform
from tui.sources.demo.promql import Query, compile_query
from tui.sources.demo.rules import Rule
from tui.sources.demo.store import Labels
from tui.sources.protocols import Fault

MOST_POINTS = 11_000
"""Of a window, as Prometheus limits it."""
_MOST_QUERIES = 256
"""Expressions kept compiled."""


class DemoSource:
    """A MetricSource, an AlertSource and the Disturbable in one; the platform moves on whenever it is asked."""

    def __init__(self, platform: Platform, catalog: Catalog) -> None:
        self._platform = platform
        self._queries: dict[str, Query] = {}
        self._rules = [Rule(rule, catalog.runbook_base, platform.store) for rule in catalog.alert]

    async def instant(self, expr: str) -> Vector:
        """Evaluate `expr` now."""
        now = self._advance()
        at = now / 1000
        samples = (Sample(value=value, at=at, labels=dict(labels)) for labels, value in self._query(expr).at(now))
        return Vector(samples=tuple(samples), at=at)

    async def window(self, expr: str, *, start: float, step: float, points: int) -> Matrix:
        """Evaluate `expr` at `points` instants `step` seconds apart from `start` (Unix seconds) on."""
        if not (0 < points <= MOST_POINTS and 0 < step < math.inf and math.isfinite(start)):
            raise SourceError(
                f"query {sanitise_line(expr, 200)}",
                f"bad_data: {points} points every {step} s from {start}",
                f"ask for 1 to {MOST_POINTS:,} points at a positive step",
                up=True,
            )
        self._advance()
        query = self._query(expr)
        found: dict[Labels, list[float | None]] = {}
        for point in range(points):
            for labels, value in query.at(round((start + point * step) * 1000)):
                found.setdefault(labels, [None] * points)[point] = value
        return Matrix(
            series=tuple(
                Series(start=start, step=step, values=tuple(found[labels]), labels=dict(labels))
                for labels in sorted(found)
            )
        )

    async def alerts(self) -> tuple[Alert, ...]:
        """All active alerts, in the order of the catalog's rules."""
        self._advance()
        return tuple(alert for rule in self._rules for alert in rule.alerts())

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that can be switched."""
        return self._platform.faults

    @property
    def active(self) -> frozenset[str]:
        """Ids of the faults that are on."""
        return self._platform.active

    def disturb(self, fault_id: str, *, on: bool) -> None:
        """Switch one fault; raises KeyError for an unknown id."""
        self._platform.disturb(fault_id, on=on)

    def _advance(self) -> int:
        """Bring platform and alerts to the clock; now, in Unix milliseconds."""
        now = self._platform.advance()
        for rule in self._rules:
            rule.evaluate()
        return round(now * 1000)

    def _query(self, expr: str) -> Query:
        query = self._queries.get(expr)
        if query is None:
            query = compile_query(expr, self._platform.store)
            if len(self._queries) >= _MOST_QUERIES:
                self._queries.clear()
            self._queries[expr] = query
        return query
