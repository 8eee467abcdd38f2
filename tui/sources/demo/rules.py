"""Alert rules on the simulated platform's own time: at every scrape, whether anyone looks or not."""

from __future__ import annotations

from bisect import bisect_right

from tui.model.alert import Alert, Phase
from tui.model.catalog import AlertRule
from tui.model.errors import SourceError
from tui.sources.demo.binary import Elements
from tui.sources.demo.promql import Query, compile_query
from tui.sources.demo.store import NAME, Labels, Store, label_set, without
from tui.sources.demo.templates import render

FOR_DIVISOR = 20
"""The demo waits this many times shorter than a rule's `for`: nobody watches a demo for ten minutes."""
SHORTEST_FOR_S = 10
"""It waits at least this long, so that pending is seen."""


def demo_for(for_s: float) -> float:
    """Seconds a condition has to hold in the demo before the alert fires, given the rule's own `for`."""
    return max(for_s / FOR_DIVISOR, SHORTEST_FOR_S)


class Rule:
    """One alert rule and the alerts it has raised."""

    def __init__(self, rule: AlertRule, runbook_base: str, store: Store) -> None:
        self._rule, self._runbook_base, self._store = rule, runbook_base, store
        self._query: Query | None = None
        self._evaluated = store.times[-1]
        self._active: dict[Labels, tuple[int, float]] = {}
        """When each began, in Unix milliseconds, and its newest value."""
        self._error: SourceError | None = None

    def evaluate(self) -> None:
        """Catch up with every scrape since the last call; an expression that fails changes nothing, `alerts` tells."""
        times = self._store.times
        for at in times[bisect_right(times, self._evaluated) :]:
            try:
                self._query = self._query or compile_query(self._rule.expr, self._store)
                self._advance(at, self._query.at(at))
            except SourceError as error:
                self._error = SourceError(f"alert rule {self._rule.name}: {error.what}", error.why, error.hint, up=True)
            else:
                self._error = None
            self._evaluated = at

    def _advance(self, at: int, elements: Elements) -> None:
        before = self._active
        values = {without(labels, (NAME,)): value for labels, value in elements}
        self._active = {labels: (before.get(labels, (at, 0.0))[0], value) for labels, value in values.items()}

    def alerts(self) -> list[Alert]:
        """The active alerts of this rule.

        Raises:
            SourceError: its expression could not be evaluated.
        """
        if self._error:
            raise self._error
        return [self._alert(labels, began, value) for labels, (began, value) in self._active.items()]

    def _alert(self, element: Labels, began: int, value: float) -> Alert:
        rule = self._rule
        labels = dict(label_set({**dict(element), "alertname": rule.name, "severity": rule.severity}.items()))
        fired = self._evaluated - began >= demo_for(rule.for_s) * 1000
        return Alert(
            name=rule.name,
            phase=Phase.FIRING if fired else Phase.PENDING,
            active_at=began / 1000,
            value=value,
            labels=labels,
            annotations={
                "summary": render(rule.summary, value, labels),
                "description": render(rule.description, value, labels),
                "runbook_url": f"{self._runbook_base}/{rule.runbook}",
            },
        )
