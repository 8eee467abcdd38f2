"""A platform whose snapshots the test writes, behind the WorkloadSource Protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tests.doubles import NOW, FakeClock
from tui.core.gate import Gate
from tui.core.journal import Journal
from tui.core.rollouts import Following, Rollouts, facts
from tui.core.workload_feed import WorkloadFeed
from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.workload import (
    Change,
    Condition,
    Container,
    ContainerState,
    Happening,
    Permission,
    Pod,
    Ref,
    Revision,
    Snapshot,
    Workload,
)
from tui.sources.protocols import WorkloadSource

S = TypeVar("S", bound=msgspec.Struct)

WORKER_REF, API_REF = Ref("Deployment", "celery-worker"), Ref("Deployment", "api")
REDIS_REF, POSTGRES_REF = Ref("Deployment", "redis"), Ref("StatefulSet", "postgres")
SERVER = "Kubernetes https://10.0.0.1:6443"
DOWN = SourceError(SERVER, "connection refused", "is the cluster up? try kubectl get pods")


def timed_out() -> SourceError:
    """A request that was sent and not answered."""
    error = SourceError(SERVER, "no answer within 10 s", "look whether it was done before trying again")
    error.__cause__ = TimeoutError()
    return error


def workload(ref: Ref, count: int = 3, **changes: object) -> Workload:
    """A healthy one of `count` replicas."""
    name = {"celery-worker": "worker"}.get(ref.name, ref.name)
    healthy = Workload(
        ref=ref,
        selector={"app": ref.name},
        desired=count,
        current=count,
        updated=count,
        ready=count,
        available=count,
        generation=5,
        observed_generation=5,
        created_at=NOW - 12 * 86_400,
        strategy="RollingUpdate",
        template="a",
        containers=(
            Container(
                name=name,
                image=f"registry.example/platform/{ref.name}:1.4.2",
                requests={"cpu": "250m", "memory": "256Mi"},
                limits={"memory": "512Mi"},
            ),
        ),
        conditions=(
            Condition(type="Available", status="True", reason="MinimumReplicasAvailable", changed_at=NOW - 7200),
            Condition(
                type="Progressing",
                status="True",
                reason="NewReplicaSetAvailable",
                changed_at=NOW - 9000,
                updated_at=NOW - 108,
            ),
        )
        if ref.kind == "Deployment"
        else (),
    )
    return msgspec.structs.replace(healthy, **changes)


def pod(ref: Ref, suffix: str, **changes: object) -> Pod:
    """A running one."""
    name = f"{ref.name}-{suffix}"
    container = ContainerState(name="worker", ready=True, state="running", started_at=NOW - 3 * 86_400)
    running = Pod(
        name=name,
        owner=ref,
        labels={"app": ref.name},
        phase="Running",
        ready=True,
        node="node-a",
        created_at=NOW - 3 * 86_400,
        containers=(container,),
    )
    return msgspec.structs.replace(running, **changes)


def changed(thing: S, **changes: object) -> S:
    """Another of the same."""
    return msgspec.structs.replace(thing, **changes)


OOM = ContainerState(
    name="worker",
    ready=True,
    restarts=4,
    state="running",
    started_at=NOW - 720,
    last_reason="OOMKilled",
    last_exit_code=137,
    last_finished_at=NOW - 725,
)
CRASHED = ContainerState(
    name="worker",
    restarts=11,
    state="waiting",
    reason="CrashLoopBackOff",
    last_reason="Error",
    last_exit_code=1,
    last_finished_at=NOW - 40,
)

PLATFORM = Snapshot(
    at=NOW,
    workloads=(
        workload(API_REF, 2, restarted_at=NOW - 3 * 86_400),
        workload(WORKER_REF, 3, ready=2, available=2, restarted_at=NOW - 7000),
        workload(REDIS_REF, 1),
        workload(POSTGRES_REF, 2, current_revision="postgres-1", update_revision="postgres-1"),
    ),
    pods=(
        pod(API_REF, "5d9c7b8f6d-2kqxz"),
        pod(API_REF, "5d9c7b8f6d-w8r4t", node="node-b"),
        pod(WORKER_REF, "7c9d8b6f54-4nn5p"),
        pod(WORKER_REF, "7c9d8b6f54-k2x8p", node="node-b", containers=(OOM,)),
        pod(
            WORKER_REF, "7c9d8b6f54-zz9qd", node="node-c", phase="CrashLoopBackOff", ready=False, containers=(CRASHED,)
        ),
        pod(REDIS_REF, "6f7d9c5b8-x7v2m"),
        pod(POSTGRES_REF, "0"),
        pod(POSTGRES_REF, "1", node="node-b"),
    ),
    events=(
        Happening(
            about="pod/celery-worker-7c9d8b6f54-zz9qd",
            type="Warning",
            reason="BackOff",
            message="Back-off restarting failed container worker in pod celery-worker-7c9d8b6f54-zz9qd",
            count=14,
            at=NOW - 40,
        ),
        Happening(
            about="pod/celery-worker-7c9d8b6f54-k2x8p",
            type="Normal",
            reason="Started",
            message="Started container worker",
            at=NOW - 720,
        ),
        Happening(
            about="deployment/celery-worker",
            type="Normal",
            reason="ScalingReplicaSet",
            message="Scaled up replica set celery-worker-7c9d8b6f54 to 3",
            at=NOW - 7000,
        ),
        Happening(about="pod/api-5d9c7b8f6d-2kqxz", type="Normal", reason="Pulled", message="Pulled", at=NOW - 90),
    ),
)

TEMPLATE = """\
metadata:
  labels:
    app: celery-worker
spec:
  containers:
  - name: worker
    image: registry.example/platform/celery-worker:{image}
    resources:
      limits:
        memory: {memory}
"""
REVISIONS = (
    Revision(
        number=42,
        created_at=NOW - 7000,
        images=("registry.example/platform/celery-worker:1.4.2",),
        template=TEMPLATE.format(image="1.4.2", memory="512Mi"),
        current=True,
    ),
    Revision(
        number=41,
        created_at=NOW - 5 * 86_400,
        cause="raise the memory limit",
        images=("registry.example/platform/celery-worker:1.4.1",),
        template=TEMPLATE.format(image="1.4.1", memory="512Mi"),
    ),
    Revision(
        number=39,
        created_at=NOW - 30 * 86_400,
        images=("registry.example/platform/celery-worker:1.3.0",),
        template=TEMPLATE.format(image="1.3.0", memory="256Mi"),
    ),
)


class Cluster:
    """A WorkloadSource whose snapshots are pushed.

    `answer` is what `perform` says or raises; `hold`, when set, is waited for before it does. `denied` says by verb why
    it is not allowed. `then` is called when a change is done, to push what comes of it.
    """

    def __init__(self, snapshot: Snapshot | None = PLATFORM) -> None:
        self.present = snapshot
        self.broken: SourceError | None = None
        self.answer: str | SourceError = "restarted"
        self.hold: asyncio.Event | None = None
        self.denied: dict[str, str] = {}
        self.known: tuple[Revision, ...] | SourceError = REVISIONS
        self.done: list[Change] = []
        self.watching = 0
        self.then: Callable[[Change], None] = lambda _change: None
        self._queues: list[asyncio.Queue[Snapshot]] = []

    def push(self, *workloads: Workload, pods: tuple[Pod, ...] | None = None, **changes: object) -> None:
        """Another snapshot: these workloads instead of those of the same name."""
        before = self.present or Snapshot(at=NOW)
        fresh = {one.ref: one for one in workloads}
        kept = tuple(fresh.pop(one.ref, one) for one in before.workloads)
        changes = {"workloads": (*kept, *fresh.values()), "pods": before.pods if pods is None else pods} | changes
        self.present = changed(before, **changes)
        for queue in self._queues:
            queue.put_nowait(self.present)

    def of(self, ref: Ref) -> Workload:
        """As last pushed."""
        assert self.present is not None
        return next(one for one in self.present.workloads if one.ref == ref)

    async def watch(self) -> AsyncGenerator[Snapshot]:
        if self.broken is not None:
            raise self.broken
        queue: asyncio.Queue[Snapshot] = asyncio.Queue()
        self._queues.append(queue)
        self.watching += 1
        try:
            if self.present is not None:
                yield self.present
            while True:
                yield await queue.get()
        finally:
            self._queues.remove(queue)
            self.watching -= 1

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:  # noqa: ARG002 - one deployment has them
        if isinstance(self.known, SourceError):
            raise self.known
        return self.known

    async def permission(self, change: Change) -> Permission:
        why = self.denied.get(change.verb, "")
        return Permission(allowed=not why, why=why)

    async def perform(self, change: Change) -> str:
        if self.hold is not None:
            await self.hold.wait()
        if isinstance(self.answer, SourceError):
            raise self.answer
        self.done.append(change)
        self.then(change)
        return self.answer

    def equivalent(self, change: Change) -> str:
        return {
            "restart": f"kubectl rollout restart {change.target}",
            "undo": f"kubectl rollout undo {change.target} --to-revision={change.argument}",
            "scale": f"kubectl scale {change.target} --replicas={change.argument}",
            "delete-pod": f"kubectl delete {change.target}",
        }[change.verb]


class Bench:
    """A platform, a gate with a real journal, and what is followed.

    Args:
        path: Of the journal.
        snapshot: What the double shows first.
        read_only: Whether the profile is.
        source: A real platform instead of the double; then time passes.
    """

    def __init__(
        self,
        path: Path,
        snapshot: Snapshot | None = PLATFORM,
        *,
        read_only: bool = False,
        source: WorkloadSource | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.time: Clock = self.clock if source is None else time.time
        self.cluster = Cluster(snapshot)
        self.identity = Identity(
            title="AI Agents Platform", profile="staging", platform="kubernetes", read_only=read_only
        )
        chosen: WorkloadSource = source or self.cluster
        performers = dict.fromkeys(("restart", "undo", "scale", "delete-pod"), chosen)
        self.gate = Gate(Journal(path / "journal.jsonl"), self.identity, performers, clock=self.time)
        self.feed = WorkloadFeed(chosen, clock=self.time)
        self.rollouts = Rollouts(self.feed, self.gate, clock=self.time)
        self.told: list[Following] = []
        self.rollouts.watch(self.told.append)

    async def start(self, change: Change) -> Following:
        """Confirm a change on the present snapshot, and wait until the server has answered."""
        stop = self.feed.watch(lambda: None)
        await self.feed.first()
        started = self.rollouts.start(self.gate.propose(change, facts(change, self.feed.latest)))
        await self.until(lambda: self.now(started).state != "asked")
        stop()
        return self.now(started)

    def now(self, following: Following) -> Following:
        """As it is now."""
        return next(one for one in self.rollouts.all if one.number == following.number)

    async def push(self, *workloads: Workload, **fields: Any) -> None:  # noqa: ANN401 - fields of a snapshot
        """Another snapshot, and time to look at it."""
        self.cluster.push(*workloads, **fields)
        await self.until(lambda: self.feed.latest is self.cluster.present or not self.rollouts.running)

    async def until(self, holds: Callable[[], object]) -> None:
        """Let the loop and the journal's thread work until something holds."""
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - whatever it is, it is no event
                await asyncio.sleep(0)
