"""The catalog: the one place that names a metric, a threshold, a unit, an action, a link or an alert.

Written by hand as TOML (`dashboards/operations-center.toml`), decoded strictly into these structs: an unknown key is a
mistake, not a comment. What msgspec cannot see (steps that ascend, unique ids, PromQL, runbooks that exist) is checked
by `tui.core.catalog`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tui.model.thresholds import Step

Risk = Literal["read", "change", "danger"]
"""What a command may do to the platform: nothing, a change users may notice, loss of data or service."""


class Tile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stat tile: an expression that yields one number, graded by `steps`."""

    id: str
    title: str
    expr: str
    """PromQL with a single-element result."""
    unit: str
    """A Grafana unit id: `short`, `percentunit`, `s`, …"""
    steps: tuple[Step, ...]
    """Ascending; the first is the base and has no `at`."""
    runbook: str
    """Path below `runbooks/`, with `#section` where one is meant."""
    description: str
    """What the number means and what to do when it is not green."""
    decimals: int | None = None


class Trend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A graph over time on the overview."""

    id: str
    title: str
    expr: str
    unit: str
    lookback_s: float = 3600


class Explore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Grafana Explore link with its query filled in."""

    datasource: Literal["prometheus", "loki"]
    expr: str


class Pane(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pane that does an action, for a profile that says what the platform runs on."""

    name: Literal["logs", "workloads"]
    kubernetes: str = ""
    """The workload to begin with under Kubernetes (`deployment/celery-worker`); empty for the pane's own choice."""
    compose: str = ""
    """The same under docker compose (`service/worker`)."""
    begin: Literal["", "restart", "undo", "scale"] = ""
    """What to begin with it; it is confirmed like any other."""


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quick action: what an on-call engineer reaches for first, without knowing kubectl or docker."""

    id: str
    key: str
    """The key on the overview, one character."""
    title: str
    description: str
    runbook: str
    kubernetes: str = ""
    """The command under Kubernetes; empty when there is none."""
    compose: str = ""
    """The command under docker compose; empty when there is none."""
    risk: Risk = "read"
    warning: str = ""
    """What users notice; required unless `risk` is `read`."""
    expr: str = ""
    """PromQL shown beside the action."""
    unit: str = "short"
    pane: Pane | None = None
    explore: Explore | None = None
    jaeger: str = ""
    """Path and query below the Jaeger UI, for example `/search?service=celery-worker`."""


class RunbookEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A runbook as the overview offers it, in few words."""

    title: str
    when: str
    runbook: str
    """Path below `runbooks/`."""


class AlertRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Prometheus alerting rule."""

    name: str
    expr: str
    for_s: float = msgspec.field(name="for")
    """Seconds the expression must hold before the alert fires."""
    severity: Literal["critical", "warning", "info"]
    summary: str
    description: str
    runbook: str
    """Path below `runbooks/` with `#section`."""
    related: tuple[str, ...] = ()
    """Further runbooks, as paths below `runbooks/`."""


class Catalog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operations center."""

    title: str
    runbook_base: str
    """The URL under which `runbooks/` is published; alert rules carry `runbook_base/<runbook>`."""
    interval_s: float = 15
    """Seconds between two polls of a tile."""
    tile: tuple[Tile, ...]
    trend: tuple[Trend, ...] = ()
    action: tuple[Action, ...] = ()
    alert: tuple[AlertRule, ...] = ()
    runbook: tuple[RunbookEntry, ...] = ()
