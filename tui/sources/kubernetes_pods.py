"""Pods: the fields we use, and what `kubectl get pods` makes of them.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tui.model.workload import ContainerState, Pod, Ref
from tui.sources.kubernetes_objects import NAME, ConditionObject, Owner, Wire, conditions, line, seconds, word, words

HASH = "pod-template-hash"


class PodMeta(Wire, frozen=True):
    """`metadata` of a pod, without the annotations, which can be large."""

    name: str = ""
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    owner_references: tuple[Owner, ...] | None = None


class _Running(Wire, frozen=True):
    started_at: datetime | None = None


class _Waiting(Wire, frozen=True):
    reason: str | None = None


class _Terminated(Wire, frozen=True):
    exit_code: int = 0
    signal: int | None = None
    reason: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class _State(Wire, frozen=True):
    running: _Running | None = None
    waiting: _Waiting | None = None
    terminated: _Terminated | None = None


class ContainerStatus(Wire, frozen=True):
    """One entry of `containerStatuses`."""

    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: _State | None = None
    last_state: _State | None = None


class _InitContainer(Wire, frozen=True):
    name: str = ""
    restart_policy: str | None = None


class _PodContainer(Wire, frozen=True):
    name: str = ""


class _PodSpec(Wire, frozen=True):
    node_name: str | None = None
    containers: tuple[_PodContainer, ...] | None = None
    init_containers: tuple[_InitContainer, ...] | None = None


class PodStatus(Wire, frozen=True):
    """`status` of a pod."""

    phase: str = ""
    reason: str | None = None
    conditions: tuple[ConditionObject, ...] | None = None
    container_statuses: tuple[ContainerStatus, ...] | None = None
    init_container_statuses: tuple[ContainerStatus, ...] | None = None


class PodObject(Wire, frozen=True):
    """A pod."""

    metadata: PodMeta = PodMeta()
    spec: _PodSpec = _PodSpec()
    status: PodStatus = PodStatus()


def pod(found: PodObject) -> Pod:
    """A pod as our model has it."""
    meta, status = found.metadata, found.status
    labels = meta.labels or {}
    kept = [one for one in status.init_container_statuses or () if _counts(one, found)]
    kept += status.container_statuses or ()
    ready = next((one for one in status.conditions or () if one.type == "Ready"), None)
    return Pod(
        name=line(meta.name, NAME),
        owner=_owner(meta, labels),
        labels=words(labels),
        phase=shown_status(found),
        ready=ready is not None and ready.status == "True",
        node=word(found.spec.node_name or ""),
        created_at=seconds(meta.creation_timestamp),
        revision=word(labels.get(HASH) or labels.get("controller-revision-hash") or ""),
        containers=tuple(map(_container_state, kept)),
        conditions=conditions(status.conditions),
    )


def _owner(meta: PodMeta, labels: Mapping[str, str]) -> Ref | None:
    """The Deployment or StatefulSet. A replica set of a deployment is named after it and its template's hash."""
    for owner in meta.owner_references or ():
        if owner.controller and owner.kind == "StatefulSet":
            return Ref("StatefulSet", word(owner.name))
        suffix = f"-{labels.get(HASH, '')}"
        if owner.controller and owner.kind == "ReplicaSet" and suffix != "-" and owner.name.endswith(suffix):
            return Ref("Deployment", word(owner.name.removesuffix(suffix)))
    return None


def sidecars(found: PodObject) -> frozenset[str]:
    """Names of the init containers that go on running beside the others."""
    return frozenset(one.name for one in found.spec.init_containers or () if one.restart_policy == "Always")


def _counts(init: ContainerStatus, found: PodObject) -> bool:
    """Whether an init container is worth showing: a sidecar, or one that is not done."""
    ended = init.state.terminated if init.state is not None else None
    return init.name in sidecars(found) or ended is None or ended.exit_code != 0


def _container_state(found: ContainerStatus) -> ContainerState:
    state, last = found.state or _State(), (found.last_state or _State()).terminated
    kind: Any = "running" if state.running else "terminated" if state.terminated else "waiting" if state.waiting else ""
    reason = state.terminated.reason if state.terminated else state.waiting.reason if state.waiting else None
    started = state.running or state.terminated
    ended = state.terminated or last
    return ContainerState(
        name=word(found.name),
        ready=found.ready,
        restarts=found.restart_count,
        state=kind,
        reason=word(reason or ""),
        started_at=seconds(started.started_at) if started else None,
        last_reason=word(ended.reason or "") if ended else "",
        last_exit_code=ended.exit_code if ended else None,
        last_finished_at=seconds(ended.finished_at) if ended else None,
    )


def shown_status(found: PodObject) -> str:
    """What `kubectl get pods` prints under STATUS.

    Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go (printPod)
    """
    status = found.status
    reason = status.reason or status.phase
    if any(one.type == "PodScheduled" and one.reason == "SchedulingGated" for one in status.conditions or ()):
        reason = "SchedulingGated"
    reason = _initialising(found) or _by_containers(status, reason)
    if found.metadata.deletion_timestamp is not None:
        reason = "Unknown" if status.reason == "NodeLost" else "Terminating"
    return word(reason)


def _initialising(found: PodObject) -> str:
    beside, statuses = sidecars(found), found.status.init_container_statuses or ()
    total = len(found.spec.init_containers or statuses)
    for index, one in enumerate(statuses):
        state = one.state or _State()
        if state.terminated is not None and state.terminated.exit_code == 0:
            continue
        if one.name in beside and one.started:
            continue
        if state.terminated is not None:
            return f"Init:{_ended(state.terminated)}"
        if state.waiting is not None and state.waiting.reason and state.waiting.reason != "PodInitializing":
            return f"Init:{state.waiting.reason}"
        return f"Init:{index}/{total}"
    return ""


def _by_containers(status: PodStatus, reason: str) -> str:
    running = False
    for one in reversed(status.container_statuses or ()):
        state = one.state or _State()
        if state.waiting is not None and state.waiting.reason:
            reason = state.waiting.reason
        elif state.terminated is not None:
            reason = _ended(state.terminated)
        elif one.ready and state.running is not None:
            running = True
    if reason == "Completed" and running:
        ready = any(one.type == "Ready" and one.status == "True" for one in status.conditions or ())
        return "Running" if ready else "NotReady"
    return reason


def _ended(state: _Terminated) -> str:
    if state.reason:
        return state.reason
    return f"Signal:{state.signal}" if state.signal else f"ExitCode:{state.exit_code}"
