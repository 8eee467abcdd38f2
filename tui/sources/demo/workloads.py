"""The simulated platform's workloads: what there is, and what can be changed of it.

Restarting, undoing and scaling `celery-worker` and deleting its pods stop and start the platform's workers, and so show
in worker_active_count and in the queue. Nothing runs in the background: whoever asks draws up the present.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec

from tui.model.errors import SourceError
from tui.model.text import sanitise_line
from tui.model.workload import (
    Change,
    Condition,
    Container,
    ContainerState,
    Happening,
    Kind,
    Permission,
    Pod,
    Ref,
    Revision,
    Snapshot,
    Workload,
)
from tui.sources.demo.metrics import OTHERS, WORKERS
from tui.sources.demo.platform import Platform
from tui.sources.demo.timeline import PULL_S, Life, Timeline, Version
from tui.sources.kubectl import command

_DAY_S = 86_400
_MOST_REPLICAS = 20
_MOST_EVENTS = 200
_OOM = 137
_LIMITS = {
    "celery-worker": ("500m", "512Mi", "1Gi"),
    "api": ("250m", "256Mi", "512Mi"),
    "redis": ("100m", "128Mi", "256Mi"),
    "postgres": ("500m", "1Gi", "2Gi"),
}
"""CPU and memory requested, memory allowed."""
_IMAGES: dict[str, tuple[tuple[str, str], ...]] = {
    "celery-worker": (
        ("ai-agents/worker:1.8.0", ""),
        ("ai-agents/worker:1.8.1", "retry ServiceDesk Plus on 502"),
        ("ai-agents/worker:1.8.2", "circuit breaker for the LLM"),
    ),
    "api": (("ai-agents/api:1.8.1", ""), ("ai-agents/api:1.8.2", "circuit breaker for the LLM")),
    "redis": (("redis:7.2", ""),),
    "postgres": (("postgres:15.8", ""), ("postgres:15.9", "")),
}


class DemoWorkloads:
    """A WorkloadSource on the simulated platform, the same for the same seed, clock and changes.

    Args:
        platform: Whose workers are stopped and started.
        seed: Names of new pods come from it.
        look_s: Seconds between two looks of `watch`.
    """

    def __init__(self, platform: Platform, *, seed: int, look_s: float = 1.0) -> None:
        self._platform, self._look_s = platform, look_s
        platform.advance()
        self._born = platform.age
        rng = random.Random(seed)  # noqa: S311 - a simulation has to be repeatable
        pods: dict[tuple[Kind, str, str], tuple[str, ...]] = {("Deployment", "celery-worker", "worker"): WORKERS}
        for pod, name in OTHERS:
            pods["StatefulSet" if name == "postgres" else "Deployment", name, name] = (pod,)
        self._timelines = {
            str(Ref(kind, name)): _timeline(Ref(kind, name), container, names, platform.at(self._born), rng)
            for (kind, name, container), names in pods.items()
        }

    # ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def watch(self) -> AsyncGenerator[Snapshot]:
        """See `WorkloadSource`: the present, then whatever has changed at each look."""
        shown: Snapshot | None = None
        while True:
            snapshot = self.snapshot()
            if shown is None or msgspec.structs.replace(snapshot, at=shown.at) != shown:
                shown = snapshot
                yield snapshot
            await asyncio.sleep(self._look_s)

    def snapshot(self) -> Snapshot:
        """What there is now."""
        now = self._platform.advance()
        timelines = self._timelines.values()
        pods = [self._pod(timeline, life) for timeline in timelines for life in timeline.pods if life.there(self._age)]
        events = [event for timeline in timelines for event in self._events(timeline)]
        return Snapshot(
            at=now,
            workloads=tuple(sorted(map(self._workload, timelines), key=lambda workload: workload.ref)),
            pods=tuple(sorted(pods, key=lambda pod: pod.name)),
            events=tuple(sorted(events, key=lambda event: event.at or 0)[-_MOST_EVENTS:]),
        )

    @property
    def _age(self) -> int:
        return self._platform.age - self._born

    def _at(self, age: int) -> float:
        return self._platform.at(self._born + age)

    def _crashed(self, timeline: Timeline, life: Life) -> bool:
        return timeline.container == "worker" and self._platform.died_at(life.slot) is not None

    def _ready(self, timeline: Timeline, life: Life) -> bool:
        return life.ready <= self._age and not self._crashed(timeline, life)

    def _restarts(self, timeline: Timeline, slot: int) -> int:
        return self._platform.restarts(slot) if timeline.container == "worker" else 0

    def _workload(self, timeline: Timeline) -> Workload:
        age, version = self._age, timeline.versions[-1]
        active = [life for life in timeline.pods if life.active(age)]
        ready = sum(self._ready(timeline, life) for life in active)
        seen = timeline.generation if age > timeline.changed or not timeline.changed else timeline.generation - 1
        labels = {"app": timeline.ref.name}
        progressed = max((life.ready for life in timeline.pods if life.ready <= age), default=0)
        cpu, memory, limit = _LIMITS[timeline.ref.name]
        stateful = timeline.kind == "StatefulSet"
        updated = sum(life.digest == version.digest for life in active)
        older = next((life.digest for life in active if life.digest != version.digest), version.digest)
        return Workload(
            ref=timeline.ref,
            selector=labels,
            desired=timeline.desired,
            current=len(active),
            updated=updated,
            ready=ready,
            available=ready,
            generation=timeline.generation,
            observed_generation=seen,
            created_at=self._at(-30 * _DAY_S),
            restarted_at=version.restarted_at,
            current_revision=f"{timeline.ref.name}-{older}" if stateful else "",
            update_revision=f"{timeline.ref.name}-{version.digest}" if stateful else "",
            strategy="RollingUpdate",
            template=version.digest,
            containers=(
                Container(
                    name=timeline.container,
                    image=version.image,
                    requests={"cpu": cpu, "memory": memory},
                    limits={"memory": limit},
                ),
            ),
            conditions=() if stateful else self._conditions(ready, timeline, max(progressed, timeline.changed)),
        )

    def _conditions(self, ready: int, timeline: Timeline, progressed: int) -> tuple[Condition, ...]:
        enough = ready >= timeline.desired - 1
        reason = "NewReplicaSetAvailable" if ready >= timeline.desired else "ReplicaSetUpdated"
        return (
            Condition(
                type="Available",
                status="True" if enough else "False",
                reason="MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
                message=f"Deployment {'has' if enough else 'does not have'} minimum availability.",
                changed_at=self._at(progressed),
            ),
            Condition(
                type="Progressing",
                status="True",
                reason=reason,
                changed_at=self._at(0),
                updated_at=self._at(progressed),
            ),
        )

    def _pod(self, timeline: Timeline, life: Life) -> Pod:
        age, crashed = self._age, self._crashed(timeline, life)
        ready, created = self._ready(timeline, life), age < life.created + PULL_S
        phase = "CrashLoopBackOff" if crashed else "ContainerCreating" if created else "Running"
        restarts = max(self._restarts(timeline, life.slot) - life.restarts_before, 0)
        died = self._platform.died_at(life.slot) if crashed else None
        oom = crashed or restarts > 0
        return Pod(
            name=life.name,
            owner=timeline.ref,
            labels={"app": timeline.ref.name, "pod-template-hash": life.digest},
            phase="Terminating" if not life.active(age) else phase,
            ready=ready,
            node=f"node-{1 + life.slot % 3}",
            created_at=self._at(life.created),
            revision=life.digest,
            containers=(
                ContainerState(
                    name=timeline.container,
                    ready=ready,
                    restarts=restarts,
                    state="waiting" if crashed or created else "running",
                    reason=phase if crashed or created else "",
                    started_at=None if crashed or created else self._at(life.created + PULL_S),
                    last_reason="OOMKilled" if oom else "",
                    last_exit_code=_OOM if oom else None,
                    last_finished_at=self._platform.at(died) if died is not None else None,
                ),
            ),
            conditions=(
                Condition(
                    type="Ready",
                    status="True" if ready else "False",
                    reason="" if ready else "ContainersNotReady",
                    changed_at=self._platform.at(died) if died is not None else self._at(min(life.ready, age)),
                ),
            ),
        )

    def _events(self, timeline: Timeline) -> list[Happening]:
        found = [
            Happening(about=note.about, type="Normal", reason=note.reason, message=note.message, at=self._at(note.age))
            for note in timeline.notes
            if note.age <= self._age
        ]
        for life in timeline.pods:
            if life.active(self._age) and self._crashed(timeline, life):
                restarts = self._restarts(timeline, life.slot) - life.restarts_before
                died = self._platform.died_at(life.slot) or 0
                message = f"Back-off restarting failed container {timeline.container} in pod {life.name}"
                found.append(
                    Happening(
                        about=f"pod/{life.name}",
                        type="Warning",
                        reason="BackOff",
                        message=message,
                        count=max(restarts, 1),
                        at=self._platform.at(died),
                    )
                )
        return found

    # ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:
        """See `WorkloadSource`."""
        timeline = self._timeline(str(ref))
        return tuple(
            Revision(
                number=version.number,
                created_at=version.created_at,
                cause=version.cause,
                images=(version.image,),
                template=_template(timeline, version),
                current=version is timeline.versions[-1],
            )
            for version in reversed(timeline.versions)
        )

    async def permission(self, change: Change) -> Permission:
        """Everything is allowed here."""
        return Permission(allowed=bool(change.target))

    def equivalent(self, change: Change) -> str:
        """The kubectl command that does the same on a real one."""
        return command(change)

    async def perform(self, change: Change) -> str:
        """Do it; how far it is, `watch` shows."""
        now = self._platform.advance()
        if change.verb == "delete-pod":
            return self._delete(change)
        timeline = self._timeline(change.target)
        match change.verb:
            case "restart":
                said = self._restart(timeline, now)
            case "undo":
                said = self._undo(timeline, change.argument)
            case "scale":
                said = self._scale(timeline, change.argument)
        timeline.draw_up(self._age, partial(self._restarts, timeline))
        self._tell_platform()
        return f"{change.target} {said}"

    def _restart(self, timeline: Timeline, now: float) -> str:
        last = timeline.versions[-1]
        if last.restarted_at == int(now):
            raise _refused("a restart was already asked for in this very second", "it is under way")
        digest, number = timeline.digest(), last.number + 1
        version = Version(
            number=number, digest=digest, image=last.image, created_at=now, cause=last.cause, restarted_at=int(now)
        )
        timeline.versions.append(version)
        return "restarted"

    def _undo(self, timeline: Timeline, argument: str) -> str:
        earlier = timeline.versions[:-1]
        if argument == str(timeline.versions[-1].number):
            raise _refused(f"it is at revision {argument} already", "choose another revision")
        found = [version for version in earlier if argument in ("", str(version.number))]
        if not found:
            there_are = ", ".join(str(version.number) for version in reversed(timeline.versions))
            raise _refused(f"it has no revision {sanitise_line(argument, 20)}", f"there are: {there_are}")
        back = found[-1]
        timeline.versions.remove(back)
        timeline.versions.append(msgspec.structs.replace(back, number=timeline.versions[-1].number + 1))
        return f"rolled back to revision {back.number}"

    def _scale(self, timeline: Timeline, argument: str) -> str:
        if not (argument.isascii() and argument.isdigit()) or int(argument) > _MOST_REPLICAS:
            why = f"{sanitise_line(argument, 20) or 'nothing'} is no number of replicas the demo has room for"
            raise _refused(why, f"give a whole number from 0 to {_MOST_REPLICAS}")
        timeline.desired = int(argument)
        return f"scaled to {argument}"

    def _delete(self, change: Change) -> str:
        name = change.target.removeprefix("pod/")
        for timeline in self._timelines.values():
            for life in timeline.pods:
                if life.name == name and life.active(self._age):
                    timeline.replace(life, self._age, partial(self._restarts, timeline))
                    self._tell_platform()
                    return f"{change.target} deleted"
        raise _refused(f"there is no {sanitise_line(change.target, 80)}", "it may have been replaced meanwhile")

    def _tell_platform(self) -> None:
        workers = self._timelines["deployment/celery-worker"]
        born = self._born
        self._platform.plan((born + age, slot, up) for age, slot, up in workers.turns(self._age - 1))

    def _timeline(self, target: str) -> Timeline:
        timeline = self._timelines.get(target)
        if timeline is None:
            raise _refused(f"there is no {sanitise_line(target, 80)}", "look at the list")
        return timeline


def _refused(why: str, hint: str) -> SourceError:
    return SourceError("simulated platform", why, hint, up=True)


def _timeline(ref: Ref, container: str, names: Sequence[str], now: float, rng: random.Random) -> Timeline:
    """With the revisions it had until now, the last as its pods are named."""
    images = _IMAGES[ref.name]
    digests = ["".join(rng.choices("bcdfghjklmnpqrstvwxz2456789", k=10)) for _ in images]
    if ref.kind == "Deployment":
        digests[-1] = names[0].split("-")[-2]
    versions = [
        Version(
            number=number,
            digest=digest,
            image=image,
            cause=cause,
            created_at=now - (len(images) + 1 - number) * 9 * _DAY_S,
        )
        for number, (digest, (image, cause)) in enumerate(zip(digests, images, strict=True), start=1)
    ]
    return Timeline(ref, container, versions, tuple(names), rng)


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _template(timeline: Timeline, version: Version) -> str:
    cpu, memory, limit = _LIMITS[timeline.ref.name]
    stamp = ""
    if version.restarted_at is not None:
        stamp = f"  annotations:\n    kubectl.kubernetes.io/restartedAt: '{_rfc3339(version.restarted_at)}'\n"
    return (
        f"metadata:\n{stamp}  labels:\n    app: {timeline.ref.name}\n"
        f"spec:\n  containers:\n  - image: {version.image}\n    name: {timeline.container}\n    resources:\n"
        f"      limits:\n        memory: {limit}\n      requests:\n        cpu: {cpu}\n        memory: {memory}\n"
        f"  terminationGracePeriodSeconds: {180 if timeline.container == 'worker' else 30}\n"
    )
