"""A Kubernetes cluster behind WorkloadSource and LogSource.

    kubernetes           this: the parts put together
    kubernetes_config    which cluster, and who we are
    kubernetes_api       one call; errors
    kubernetes_objects   the fields we use, decoded by msgspec; kubernetes_pods, those of pods
    kubernetes_watch     lists that stay current
    kubernetes_logs      the logs of all pods of a selector
    kubernetes_actions   restart, undo, scale, delete; revisions; permissions

The official client is used for configuration, authentication and its connection (`kubernetes.aio`), not for its models:
what comes back is decoded by msgspec (0.2 s instead of 12 s of CPU for 10,000 pods), and its generated modules
(`core_v1_api` alone is 0.7 s) are never loaded. What is left to import, `kubernetes.aio.config`, takes 0.35–0.5 s of
CPU, in a thread. While it runs, a key is painted as fast as at other times (p95 38 ms against 41 ms without it, over
200 presses on the demo; `python -m tests.bench.pods` measures it again): since version 37 the client's package loads
its thousand models on demand, so no stretch holds the interpreter for long. A shorter switch interval meanwhile made
things worse (p95 56 ms), since the screen's own work is then cut in pieces too.

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
