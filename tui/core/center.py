"""One operations center, put together: what the app and the command line are started with."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tui.core import catalog, links, resources
from tui.core.board import Board
from tui.core.library import Library
from tui.model.catalog import Catalog
from tui.model.clock import Clock
from tui.model.identity import Identity
from tui.model.profile import Profile
from tui.sources.protocols import AlertSource, Disturbable, LogSource, MetricSource, WorkloadSource

if TYPE_CHECKING:
    from tui.core.gate import Gate, Performer
    from tui.core.journal import Journal
    from tui.sources.demo.runtime import DemoRuntime


async def _nothing_to_close() -> None:
    """A source without connections."""


class Center(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is injected. `grafana` and `jaeger` are base URLs, empty when there is none."""

    catalog: Catalog
    identity: Identity
    metrics: MetricSource
    alerts: AlertSource
    clock: Clock
    rng: random.Random
    workloads: WorkloadSource | None = None
    logs: LogSource | None = None
    timeout_s: float = 5.0
    log_lines: int = 1_000_000
    demo: Disturbable | None = None
    alerts_note: str = ""
    library: Library
    grafana: str = ""
    jaeger: str = ""
    aclose: Callable[[], Awaitable[None]] = _nothing_to_close

    def board(self) -> Board:
        """A board that nobody polls yet."""
        return Board(self.catalog, self.metrics, self.alerts, clock=self.clock, rng=self.rng, timeout_s=self.timeout_s)

    def journal(self) -> Journal:
        """Where changes of this platform are recorded; the simulated one has a journal of its own."""
        from tui.core.journal import Journal, default_path

        return Journal(default_path(os.environ, demo=self.identity.demo))

    def gate(self, journal: Journal) -> Gate:
        """The one way to change anything; without a platform to change it refuses with the reason."""
        from tui.core.gate import Gate

        performers: dict[str, Performer] = {}
        if self.workloads is not None:
            performers = dict.fromkeys(("restart", "undo", "scale", "delete-pod"), self.workloads)
        return Gate(journal, self.identity, performers, clock=self.clock)

    def runbook_titles(self) -> dict[str, str]:
        """What the tiles' runbooks are called, by target: the section's title where the target names one.

        Blocking, after the library's scan.
        """
        titles = {entry.runbook: entry.title for entry in self.catalog.runbook}
        for tile in self.catalog.tile:
            target = links.resolve(tile.runbook, self.library)
            if target.entry is None or tile.runbook in titles:
                continue
            section = self.library.read(target.entry).runbook.section(target.anchor) if target.anchor else None
            titles[tile.runbook] = section.title if section else target.entry.title
        return titles


def build(profile: Profile, *, clock: Clock, rng: random.Random) -> Center:
    """The center of a profile.

    Raises:
        ConfigError: the catalog has a mistake.
    """
    from tui.core.wiring import connect

    backends = connect(profile)
    known = catalog.load(profile.catalog or resources.catalog())
    return Center(
        catalog=known,
        identity=Identity(
            title=known.title,
            profile=profile.name,
            platform=profile.platform or None,
            read_only=profile.read_only,
        ),
        metrics=backends.metrics,
        alerts=backends.alerts,
        workloads=backends.workloads,
        logs=backends.logs,
        clock=clock,
        rng=rng,
        log_lines=profile.log_lines,
        timeout_s=profile.prometheus.timeout_s + 1,  # the client's own comes first, and says more
        library=Library((*profile.runbooks, resources.runbooks())),
        aclose=backends.aclose,
        grafana=profile.grafana.url,
        jaeger=profile.jaeger.url,
    )


def demo(
    *,
    seed: int,
    clock: Clock = time.time,
    catalog_file: Path | None = None,
    runbooks: tuple[Path, ...] = (),
    read_only: bool = False,
) -> Center:
    """The center of the simulated platform; reads no settings file and opens no connection.

    Raises:
        ConfigError: the catalog has a mistake.
    """
    from tui.core.on_demand import OnDemand
    from tui.sources.demo import DemoSource, Platform
    from tui.sources.demo.rules import FOR_DIVISOR

    known = catalog.load(catalog_file or resources.catalog())
    known = msgspec.structs.replace(known, interval_s=min(known.interval_s, _DEMO_INTERVAL_S))
    platform = Platform(seed=seed, clock=clock)
    source = DemoSource(platform, known)

    def make() -> DemoRuntime:
        from tui.sources.demo.runtime import DemoRuntime

        return DemoRuntime(platform, seed=seed)

    runtime = OnDemand(make)
    return Center(
        catalog=known,
        identity=Identity(
            title=known.title, profile="simulated", platform="kubernetes", read_only=read_only, demo=True
        ),
        metrics=source,
        alerts=source,
        workloads=runtime,
        logs=runtime,
        clock=clock,
        rng=random.Random(seed),  # noqa: S311 - jitter of a simulation
        demo=source,
        alerts_note=f"their waits are {FOR_DIVISOR} times shorter in the demo",
        library=Library((*runbooks, resources.runbooks())),
    )


_DEMO_INTERVAL_S = 5.0
"""Nothing is asked over a wire, and who tries a fault wants to see it."""
