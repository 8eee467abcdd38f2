"""Alerts as Prometheus reports them."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec


class Phase(enum.Enum):
    """Where an active alert stands: its expression holds (pending), and has held for its `for` (firing)."""

    PENDING = "pending"
    FIRING = "firing"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One active alert; every text is sanitised.

    `active_at` is Unix seconds UTC when *pending* began, also for a firing alert. `value` is the expression's value,
    None when the server sent none that is a number.

    Source: https://prometheus.io/docs/prometheus/latest/querying/api/#alerts
    """

    name: str
    phase: Phase
    active_at: float
    value: float | None = None
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}

    @property
    def severity(self) -> str:
        """The `severity` label, empty when the rule has none."""
        return self.labels.get("severity", "")

    @property
    def runbook_url(self) -> str:
        """The `runbook_url` annotation without stray white space, empty when the rule has none."""
        return self.annotations.get("runbook_url", "").strip()

    @property
    def summary(self) -> str:
        """What to show in one line."""
        return self.annotations.get("summary", "") or self.annotations.get("description", "")


_SEVERITIES = ("critical", "page", "error", "high", "warning", "medium", "info", "low", "none")


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """Firing before pending, graver before lighter, older before newer, then by name."""

    def key(alert: Alert) -> tuple[bool, int, float, str]:
        severity = alert.severity.lower()
        rank = _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)
        return alert.phase is Phase.PENDING, rank, alert.active_at, alert.name

    return sorted(alerts, key=key)
