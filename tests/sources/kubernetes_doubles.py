"""A source on a test's cluster, with waits short enough for tests."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tui.model.clock import Clock
from tui.model.profile import KubernetesBackend
from tui.model.workload import Snapshot, Workload
from tui.sources.kubernetes import Kubernetes
from tui.sources.pace import Pace

QUICK = Pace(coalesce_s=0.01, retry_s=0.02, retry_most_s=0.2, silent_s=30)
LIMIT_S = 20.0


@contextlib.asynccontextmanager
async def connected(
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    *,
    backend: KubernetesBackend | None = None,
    pace: Pace = QUICK,
    kubeconfig: Path | None = None,
    clock: Clock = time.time,
) -> AsyncIterator[Kubernetes]:
    """A source that reads the cluster's kubeconfig."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig or cluster.kubeconfig))
    source = Kubernetes(backend or KubernetesBackend(timeout_s=5), clock=clock, rng=random.Random(1), pace=pace)
    try:
        yield source
    finally:
        await source.aclose()


@contextlib.asynccontextmanager
async def watching(source: Kubernetes) -> AsyncIterator[Callable[[Callable[[Snapshot], bool]], Awaitable[Snapshot]]]:
    """Yields a function that waits until something holds of the newest snapshot."""
    async with contextlib.aclosing(source.watch()) as snapshots:
        newest: Snapshot | None = None

        async def until(holds: Callable[[Snapshot], bool]) -> Snapshot:
            nonlocal newest
            async with asyncio.timeout(LIMIT_S):
                while newest is None or not holds(newest):
                    newest = await anext(snapshots)
            return newest

        yield until


def found(snapshot: Snapshot, target: str) -> Workload:
    """The workload of that name."""
    return next(workload for workload in snapshot.workloads if str(workload.ref) == target)
