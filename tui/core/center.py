"""One operations center, put together: what the app and the command line are started with."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec

from tui.model.catalog import Catalog
from tui.model.clock import Clock
from tui.model.identity import Identity
from tui.sources.protocols import AlertSource, Disturbable, MetricSource


class Center(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is injected. `grafana` and `jaeger` are base URLs, empty when the profile names none."""

    catalog: Catalog
    identity: Identity
    metrics: MetricSource
    alerts: AlertSource
    clock: Clock
    rng: random.Random
    timeout_s: float = 5.0
    demo: Disturbable | None = None
    alerts_note: str = ""
    runbooks: tuple[Path, ...] = ()
    grafana: str = ""
    jaeger: str = ""
