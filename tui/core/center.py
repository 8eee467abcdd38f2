"""One operations center, put together: what the app and the command line are started with."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from tui.core import catalog, links, resources
from tui.core.board import Board
from tui.core.library import Library
from tui.model.catalog import Catalog
from tui.model.clock import Clock
from tui.model.identity import Identity
from tui.model.profile import Profile
from tui.sources.protocols import AlertSource, Disturbable, MetricSource


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
    timeout_s: float = 5.0
    demo: Disturbable | None = None
    alerts_note: str = ""
    library: Library
    grafana: str = ""
    jaeger: str = ""
    aclose: Callable[[], Awaitable[None]] = _nothing_to_close

    def board(self) -> Board:
        """A board that nobody polls yet."""
        return Board(self.catalog, self.metrics, self.alerts, clock=self.clock, rng=self.rng, timeout_s=self.timeout_s)

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
        clock=clock,
        rng=rng,
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
    from tui.sources.demo import DemoSource, Platform
    from tui.sources.demo.rules import FOR_DIVISOR

    known = catalog.load(catalog_file or resources.catalog())
    known = msgspec.structs.replace(known, interval_s=min(known.interval_s, _DEMO_INTERVAL_S))
    source = DemoSource(Platform(seed=seed, clock=clock), known)
    return Center(
        catalog=known,
        identity=Identity(
            title=known.title, profile="simulated", platform="kubernetes", read_only=read_only, demo=True
        ),
        metrics=source,
        alerts=source,
        clock=clock,
        rng=random.Random(seed),  # noqa: S311 - jitter of a simulation
        demo=source,
        alerts_note=f"their waits are {FOR_DIVISOR} times shorter in the demo",
        library=Library((*runbooks, resources.runbooks())),
    )


_DEMO_INTERVAL_S = 5.0
"""Nothing is asked over a wire, and who tries a fault wants to see it."""
