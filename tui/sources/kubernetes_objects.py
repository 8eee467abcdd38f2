"""The fields we use of Kubernetes objects, and what they mean to us.

Decoding is msgspec's, of these fields only: 10,000 pods are 0.2 s of CPU so, and 12 s with the client's models. What
they mean is here for workloads and events, and in `tui.sources.kubernetes_pods` for pods.

Source: https://kubernetes.io/docs/reference/kubernetes-api/
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tui.model.text import sanitise_line
from tui.model.workload import Condition, Container, Happening, Ref, Workload

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
REVISION = "deployment.kubernetes.io/revision"
NAME, _WORDS = 253, 1_000
_LABELS = 40


class Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A part of an object; all that we do not name is skipped."""


class Owner(Wire, frozen=True):
    """Who made an object."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Meta(Wire, frozen=True):
    """`metadata` of anything."""

    name: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: tuple[Owner, ...] | None = None

    @property
    def controller(self) -> Owner | None:
        """The owner that manages it."""
        return next((one for one in self.owner_references or () if one.controller), None)


class _Resources(Wire, frozen=True):
    requests: dict[str, str | int | float] | None = None
    limits: dict[str, str | int | float] | None = None


class _ContainerSpec(Wire, frozen=True):
    name: str = ""
    image: str = ""
    resources: _Resources | None = None


class _TemplateMeta(Wire, frozen=True):
    annotations: dict[str, str] | None = None


class _TemplateSpec(Wire, frozen=True):
    containers: tuple[_ContainerSpec, ...] | None = None


class Template(Wire, frozen=True):
    """A pod template."""

    metadata: _TemplateMeta = _TemplateMeta()
    spec: _TemplateSpec = _TemplateSpec()


class Selector(Wire, frozen=True):
    """A label selector; `matchExpressions` are left to the server."""

    match_labels: dict[str, str] | None = None


class _Rolling(Wire, frozen=True):
    partition: int | None = None


class _Strategy(Wire, frozen=True):
    type: str = ""
    rolling_update: _Rolling | None = None


class _WorkloadSpec(Wire, frozen=True):
    replicas: int | None = None
    selector: Selector = Selector()
    template: msgspec.Raw = msgspec.Raw(b"{}")
    paused: bool | None = None
    progress_deadline_seconds: int | None = None
    strategy: _Strategy | None = None
    update_strategy: _Strategy | None = None


class ConditionObject(Wire, frozen=True):
    """One entry of `conditions`."""

    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None


class _WorkloadStatus(Wire, frozen=True):
    replicas: int | None = None
    updated_replicas: int | None = None
    ready_replicas: int | None = None
    available_replicas: int | None = None
    observed_generation: int | None = None
    current_revision: str | None = None
    update_revision: str | None = None
    conditions: tuple[ConditionObject, ...] | None = None


class WorkloadObject(Wire, frozen=True):
    """A Deployment or StatefulSet."""

    metadata: Meta = Meta()
    spec: _WorkloadSpec = _WorkloadSpec()
    status: _WorkloadStatus = _WorkloadStatus()


class _About(Wire, frozen=True):
    kind: str = ""
    name: str = ""


class _Series(Wire, frozen=True):
    count: int | None = None
    last_observed_time: datetime | None = None


class EventObject(Wire, frozen=True):
    """A core/v1 event."""

    metadata: Meta = Meta()
    involved_object: _About = _About()
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: _Series | None = None


def seconds(at: datetime | None) -> float | None:
    """Unix seconds."""
    return None if at is None else at.timestamp()


def line(text: str | None, limit: int = _WORDS) -> str:
    """Foreign text made harmless; most of it is what it was."""
    return sanitise_line(text, limit) if text else ""


@functools.lru_cache(maxsize=4096)
def word(text: str) -> str:
    """A name, a reason, a label: the same few for thousands of pods, so made harmless once."""
    return sanitise_line(text, NAME)


def words(pairs: Mapping[str, str] | None) -> dict[str, str]:
    """Labels, of which there is a reasonable number."""
    return {word(key): word(value) for key, value in list((pairs or {}).items())[:_LABELS]}


def conditions(found: Sequence[ConditionObject] | None) -> tuple[Condition, ...]:
    """As our model has them."""
    return tuple(
        Condition(
            type=word(one.type),
            status="True" if one.status == "True" else "False" if one.status == "False" else "Unknown",
            reason=word(one.reason or ""),
            message=line(one.message),
            changed_at=seconds(one.last_transition_time),
            updated_at=seconds(one.last_update_time),
        )
        for one in found or ()
    )


def deployment(found: WorkloadObject) -> Workload:
    """A Deployment as our model has it."""
    return _workload(found, Ref("Deployment", word(found.metadata.name)), found.spec.strategy)


def stateful_set(found: WorkloadObject) -> Workload:
    """A StatefulSet as our model has it."""
    return _workload(found, Ref("StatefulSet", word(found.metadata.name)), found.spec.update_strategy)


def _workload(found: WorkloadObject, ref: Ref, strategy: _Strategy | None) -> Workload:
    spec, status, raw = found.spec, found.status, bytes(found.spec.template)
    template = msgspec.json.decode(raw, type=Template)
    rolling = strategy.rolling_update if strategy is not None else None
    return Workload(
        ref=ref,
        selector=words(spec.selector.match_labels),
        desired=1 if spec.replicas is None else spec.replicas,
        current=status.replicas or 0,
        updated=status.updated_replicas or 0,
        ready=status.ready_replicas or 0,
        available=status.available_replicas or 0,
        generation=found.metadata.generation,
        observed_generation=status.observed_generation or 0,
        paused=bool(spec.paused),
        created_at=seconds(found.metadata.creation_timestamp),
        restarted_at=instant((template.metadata.annotations or {}).get(RESTARTED_AT, "")),
        deadline_s=600 if spec.progress_deadline_seconds is None else spec.progress_deadline_seconds,
        current_revision=word(status.current_revision or ""),
        update_revision=word(status.update_revision or ""),
        partition=(rolling.partition or 0) if rolling is not None else 0,
        strategy=word(strategy.type) if strategy is not None else "",
        template=f"{zlib.crc32(raw):08x}",
        containers=tuple(_container(one) for one in template.spec.containers or ()),
        conditions=conditions(status.conditions),
    )


def _container(found: _ContainerSpec) -> Container:
    resources = found.resources or _Resources()
    return Container(
        name=word(found.name),
        image=word(found.image),
        requests={word(key): line(str(value)) for key, value in (resources.requests or {}).items()},
        limits={word(key): line(str(value)) for key, value in (resources.limits or {}).items()},
    )


def instant(text: str) -> float | None:
    """Unix seconds of an RFC 3339 time in an annotation, which anybody may have written."""
    try:
        return msgspec.convert(text, datetime).timestamp()
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None


def happening(found: EventObject) -> Happening:
    """An event as our model has it."""
    series = found.series or _Series()
    at = series.last_observed_time or found.last_timestamp or found.event_time or found.first_timestamp
    about = found.involved_object
    return Happening(
        about=f"{word(about.kind).lower()}/{line(about.name, NAME)}",
        type=word(found.type or "Normal"),
        reason=word(found.reason or ""),
        message=line(found.message),
        count=series.count or found.count or 1,
        at=seconds(at or found.metadata.creation_timestamp),
    )
