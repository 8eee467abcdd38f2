"""A Kubernetes cluster behind WorkloadSource and LogSource.

    kubernetes           this: the parts put together
    kubernetes_config    which cluster, and who we are
    kubernetes_api       one call; errors
    kubernetes_objects   the fields we use, decoded by msgspec; kubernetes_pods, those of pods
    kubernetes_watch     lists that stay current
    kubernetes_logs      the logs of all pods of a selector
    kubernetes_actions   restart, undo, scale, delete; revisions; permissions

The official client is used for configuration, authentication and its connection (`kubernetes.aio`), not for its models:
what comes back is decoded by msgspec, and the generated modules (`core_v1_api` alone is 0.7 s) are never loaded. To
list 10,000 small pods is 0.15 s of CPU, 73 MB and no gap in the event loop above 35 ms; typed it is 1.9 s, 345 MB and
one gap of two seconds (`python -m tests.bench.pods`).

What is left to import, `kubernetes.aio.config`, is 0.3–0.5 s of CPU, in a thread. Meanwhile a key takes 20 ms to its
repaint instead of 18 (p95 48 instead of 31, worst 81 instead of 48): felt by nobody, over in half a second. Since
version 37 the package loads its thousand models on demand; the longest stretch that holds the interpreter, 45 ms, is
aiohttp reading the system's certificates. Tried and not better: a shorter switch interval (p95 56–70 ms, since it cuts
the screen's own work in pieces too), pauses between the modules (48–55 ms, for three times as long), a lower priority
(69 ms), and loading neither package's `__init__` (a third less CPU, for a trick with `sys.modules`).

Nothing here asks beyond the namespace: a Role in it is enough (see `k8s/rbac.yaml`).
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator

from tui.model.clock import Clock
from tui.model.log import LogItem, LogRequest
from tui.model.profile import KubernetesBackend
from tui.model.workload import Change, Permission, Ref, Revision, Snapshot
from tui.sources.kubernetes_actions import Actions
from tui.sources.kubernetes_api import Api
from tui.sources.kubernetes_logs import Logs
from tui.sources.kubernetes_watch import Watched
from tui.sources.pace import Pace


class Kubernetes:
    """One namespace of one cluster. Every `watch` is a set of watches of its own: share one.

    Args:
        backend: Which.
        clock: Unix seconds.
        rng: Draws the jitter of retries.
        pace: How long to wait between them.
    """

    def __init__(
        self,
        backend: KubernetesBackend,
        *,
        clock: Clock = time.time,
        rng: random.Random | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._api = Api(backend)
        self._clock, self._rng, self._pace = clock, rng or random.Random(), pace or Pace()  # noqa: S311 - jitter
        self._actions = Actions(self._api, clock)

    def watch(self) -> AsyncGenerator[Snapshot]:
        """The namespace's workloads, pods and events, from now on."""
        return Watched(self._api, clock=self._clock, rng=self._rng, pace=self._pace).snapshots()

    def stream(self, request: LogRequest) -> AsyncGenerator[LogItem]:
        """The logs of all pods of a selector."""
        return Logs(self._api, request, clock=self._clock, rng=self._rng, pace=self._pace).items()

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:
        """What `ref` can be rolled back to, newest first."""
        return await self._actions.revisions(ref)

    async def permission(self, change: Change) -> Permission:
        """Ask the server whether it would let us."""
        return await self._actions.permission(change)

    async def perform(self, change: Change) -> str:
        """Do it as kubectl does."""
        return await self._actions.perform(change)

    def equivalent(self, change: Change) -> str:
        """The kubectl command that does the same."""
        return self._actions.equivalent(change)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()
