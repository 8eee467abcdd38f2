"""Doubles behind our own Protocols, for answers and faults that a real server does not produce on demand."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from tui.core import resources
from tui.core.catalog import load
from tui.core.center import Center
from tui.core.library import Library
from tui.model.alert import Alert, Phase
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.samples import Matrix, Sample, Series, Vector

NOW = 1_795_442_602.0
"""2026-11-23 14:03:22 UTC."""

DOWN = SourceError("Prometheus http://localhost:9090", "connection refused", "is it running? try `ops-center doctor`")
REFUSED = SourceError("Prometheus http://localhost:9090", "bad query", "correct the catalog", up=True)

Answer = float | None | SourceError
"""A value, an empty result, or a failure."""


class FakeClock:
    """Stands still until told."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Scripted:
    """Answers every expression as told; what it is not told is an empty result.

    `values` and `histories` are by expression and may be changed between polls; `asked` counts what was asked.
    """

    def __init__(self, values: Mapping[str, Answer], clock: Callable[[], float]) -> None:
        self.values: dict[str, Answer] = dict(values)
        self.histories: dict[str, Sequence[float | None] | SourceError] = {}
        self.active: Sequence[Alert] | SourceError = ()
        self.warnings: tuple[str, ...] = ()
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None
        self._clock = clock

    async def instant(self, expr: str) -> Vector:
        self.asked.append(expr)
        if self.gate is not None:
            await self.gate.wait()
        value = self.values.get(expr)
        if isinstance(value, SourceError):
            raise value
        at = self._clock()
        samples = () if value is None else (Sample(value=value, at=at),)
        return Vector(samples=samples, at=at, warnings=self.warnings)

    async def window(self, expr: str, *, start: float, step: float, points: int) -> Matrix:
        history = self.histories.get(expr)
        if isinstance(history, SourceError):
            raise history
        if history is None:
            return Matrix(series=())
        values = tuple(history[i * len(history) // points] for i in range(points))
        return Matrix(series=(Series(start=start, step=step, values=values),))

    async def alerts(self) -> tuple[Alert, ...]:
        if isinstance(self.active, SourceError):
            raise self.active
        return tuple(self.active)


CATALOG = load(resources.catalog())
WORKERS, QUEUE, SUCCESS, LATENCY = (tile.expr for tile in CATALOG.tile)

RUNBOOKS = Path(__file__).parent / "ui" / "runbooks"
"""A few pages under the names the catalog has, which stay as they are."""

BASE = CATALOG.runbook_base


def alert(name: str, phase: Phase, severity: str, minutes: float, *, url: str | None = None) -> Alert:
    """An alert that has been active for `minutes`."""
    rule = next((rule for rule in CATALOG.alert if rule.name == name), None)
    annotations = {"summary": rule.summary if rule else f"{name} happened"}
    where = url if url is not None else f"{BASE}/{rule.runbook}" if rule else ""
    if where:
        annotations["runbook_url"] = where
    return Alert(
        name=name,
        phase=phase,
        active_at=NOW - minutes * 60,
        labels={"alertname": name, "severity": severity},
        annotations=annotations,
    )


def disturbed(clock: Callable[[], float]) -> Scripted:
    """The platform of the drawing in the design: a queue that grows because an API is slow."""
    source = Scripted({WORKERS: 4, QUEUE: 73, SUCCESS: 0.978, LATENCY: 134.0}, clock)
    source.histories = {
        WORKERS: [3.0] * 20 + [4.0] * 100,
        QUEUE: [max(0.0, 8 + 4 * math.sin(i / 5) + max(0, i - 60) * 1.1) for i in range(120)],
        SUCCESS: [0.98 - 0.0001 * i / 6 for i in range(120)],
        LATENCY: [38 + 3 * math.sin(i / 3) + max(0, i - 80) * 2.4 for i in range(120)],
    }
    source.active = (
        alert("QueueDepthHigh", Phase.PENDING, "warning", 3),
        alert("HighLatency", Phase.FIRING, "critical", 12),
    )
    return source


def center(source: Scripted, clock: Callable[[], float], **changes: object) -> Center:
    """A center on a scripted source."""
    built = Center(
        catalog=CATALOG,
        identity=Identity(title=CATALOG.title, profile="staging", platform="kubernetes", read_only=True),
        metrics=source,
        alerts=source,
        clock=clock,
        rng=random.Random(1),
        library=Library((RUNBOOKS,)),
        grafana="http://localhost:3000",
        jaeger="http://localhost:16686",
    )
    return msgspec.structs.replace(built, **changes)
