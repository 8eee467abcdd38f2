"""Workloads of the platform as both Kubernetes and docker compose can tell them.

Times are Unix seconds UTC; every text is sanitised. What a platform does not know is None or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Kind = Literal["Deployment", "StatefulSet", "Service"]
"""`Service` is docker compose's."""


class Ref(msgspec.Struct, frozen=True, order=True):
    """Which workload."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        """As kubectl says it: `deployment/celery-worker`."""
        return f"{self.kind.lower()}/{self.name}"


def ref_of(text: str) -> Ref:
    """The `Ref` that `deployment/celery-worker` says.

    Raises:
        ValueError: there is no such kind, or no name.
    """
    kind, _, name = text.partition("/")
    kinds: dict[str, Kind] = {"deployment": "Deployment", "statefulset": "StatefulSet", "service": "Service"}
    if kind.lower() not in kinds or not name:
        raise ValueError(f"{text} is none of deployment/NAME, statefulset/NAME, service/NAME")
    return Ref(kinds[kind.lower()], name)


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a workload or pod, as the server words it."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str = ""
    message: str = ""
    changed_at: float | None = None
    """When its status last became another."""
    updated_at: float | None = None
    """When the server last confirmed it: what a progress deadline counts from."""


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """One container of a template: `requests` and `limits` are by resource, in Kubernetes' notation (`512Mi`)."""

    name: str
    image: str
    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """A Deployment, StatefulSet or compose service and how far it is.

    The counts are the server's status fields; the rules that read them are `tui.model.rollout`'s.
    """

    ref: Ref
    selector: Mapping[str, str] = {}
    desired: int
    current: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    generation: int = 0
    observed_generation: int = 0
    paused: bool = False
    created_at: float | None = None
    restarted_at: float | None = None
    """When a rolling restart was last asked for."""
    deadline_s: float = 600
    """How long a rollout may make no progress before the server reports it as failed."""
    current_revision: str = ""
    update_revision: str = ""
    """StatefulSet only: equal when its rollout is complete."""
    partition: int = 0
    strategy: str = ""
    """RollingUpdate, Recreate (Deployment only) or OnDelete (StatefulSet only)."""
    template: str = ""
    """A digest of the pod template: another one is another rollout, whatever was changed in it."""
    containers: tuple[Container, ...] = ()
    conditions: tuple[Condition, ...] = ()


class ContainerState(msgspec.Struct, frozen=True, kw_only=True):
    """One container of a pod. `state` is running, waiting or terminated; `reason` says why (CrashLoopBackOff)."""

    name: str
    ready: bool = False
    restarts: int = 0
    state: Literal["running", "waiting", "terminated", ""] = ""
    reason: str = ""
    started_at: float | None = None
    last_reason: str = ""
    """Why it ended the last time: OOMKilled, Error, Completed."""
    last_exit_code: int | None = None
    last_finished_at: float | None = None


class Pod(msgspec.Struct, frozen=True, kw_only=True):
    """One pod, or one container of a compose service."""

    name: str
    owner: Ref | None = None
    labels: Mapping[str, str] = {}
    phase: str = ""
    """What `kubectl get pods` prints under STATUS: Running, Pending, CrashLoopBackOff, Terminating, …"""
    ready: bool = False
    node: str = ""
    created_at: float | None = None
    revision: str = ""
    """The pod-template-hash or controller-revision-hash."""
    containers: tuple[ContainerState, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def restarts(self) -> int:
        """Of all its containers."""
        return sum(container.restarts for container in self.containers)


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One event, as `kubectl events` lists it. `about` is `pod/celery-worker-7d4…`."""

    about: str
    type: str
    reason: str
    message: str
    count: int = 1
    at: float | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of the platform's workloads at one instant.

    `stale` says in words why it is not current (a watch that broke), empty when it is. `cut` says what was left out
    because there is too much of it.
    """

    at: float
    workloads: tuple[Workload, ...] = ()
    pods: tuple[Pod, ...] = ()
    events: tuple[Happening, ...] = ()
    stale: str = ""
    cut: str = ""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision that a workload can be rolled back to. `template` is its pod template as YAML, for a diff."""

    number: int
    created_at: float | None = None
    cause: str = ""
    images: tuple[str, ...] = ()
    template: str = ""
    current: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the platform: what the gate confirms, journals and hands to the source that does it.

    `argument` is the verb's: a replica count, a revision number; empty for none.
    """

    verb: Literal["restart", "undo", "scale", "delete-pod"]
    target: str
    """`deployment/celery-worker`, `pod/celery-worker-7d4…`."""
    argument: str = ""


class Permission(msgspec.Struct, frozen=True):
    """Whether the server would let us. `why` says why not; empty when allowed."""

    allowed: bool
    why: str = ""
