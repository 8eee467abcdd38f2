"""How a workload and a pod are, in a glyph and a word, and what belongs to which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter

import msgspec

from tui.model.rollout import progress
from tui.model.thresholds import State
from tui.model.workload import ContainerState, Happening, Pod, Ref, Snapshot, Workload

OOM_KILLED = "OOMKilled"
_SHORT = {"Deployment": "deploy", "StatefulSet": "sts", "Service": "svc"}
_BAD_PHASES = {OOM_KILLED, "Failed", "Evicted", "Dead", "Unhealthy", "ContainerStatusUnknown", "NodeLost"}
_BAD_ENDINGS = ("BackOff", "Error", "NeverPull", "InvalidImageName")
_OVER = {"Succeeded", "Completed"}


class Health(msgspec.Struct, frozen=True):
    """A state gives colour and glyph, the word says more than it."""

    state: State
    word: str


def health(workload: Workload, now: float) -> Health:
    """Grade a workload; `now` is Unix seconds."""
    serving = workload.ready if workload.ref.kind == "Service" else workload.available
    found = progress(workload, now).state
    verdicts = (
        (workload.desired == 0, Health(State.NO_DATA, "AT ZERO")),
        (serving == 0, Health(State.CRIT, "DOWN")),
        (found == "failed", Health(State.CRIT, "STUCK")),
        (workload.paused, Health(State.WARN, "PAUSED")),
        (found == "waiting" and rolling(workload), Health(State.WARN, "ROLLING")),
        (serving < workload.desired, Health(State.WARN, "DEGRADED")),
        (found == "waiting", Health(State.WARN, "SETTLING")),
    )
    return next((verdict for holds, verdict in verdicts if holds), Health(State.OK, "OK"))


def rolling(workload: Workload) -> bool:
    """Whether pods of another template than the newest are still to be replaced, or the change is yet to be seen."""
    if workload.generation > workload.observed_generation:
        return True
    target = max(workload.desired - workload.partition, 0)
    return workload.updated < target or workload.current > max(workload.updated, workload.desired)


def pod_state(pod: Pod) -> State:
    """Grade a pod by what kubectl prints under STATUS."""
    if pod.phase in _BAD_PHASES or pod.phase.endswith(_BAD_ENDINGS):
        return State.CRIT
    if pod.phase == "Running" and pod.ready:
        return State.OK
    return State.NO_DATA if pod.phase in _OVER else State.WARN


def last_end(pod: Pod) -> ContainerState | None:
    """The container that ended last, or None when none of them ever did."""
    ended = [one for one in pod.containers if one.last_reason or one.last_exit_code is not None]
    return max(ended, key=lambda one: one.last_finished_at or 0.0, default=None)


def last_restart(workload: Workload, pods: Sequence[Pod]) -> float | None:
    """When it was last restarted: by request, or because a container of one of `pods` ended."""
    ends = [one.last_finished_at for pod in pods for one in pod.containers if one.last_finished_at is not None]
    asked = [] if workload.restarted_at is None else [workload.restarted_at]
    return max([*ends, *asked], default=None)


def by_owner(snapshot: Snapshot) -> dict[Ref, list[Pod]]:
    """The pods of each workload, in one pass."""
    found: dict[Ref, list[Pod]] = {workload.ref: [] for workload in snapshot.workloads}
    for pod in snapshot.pods:
        if pod.owner in found:
            found[pod.owner].append(pod)
    return found


def pods_of(ref: Ref, snapshot: Snapshot) -> tuple[Pod, ...]:
    """Its pods, the worst first, then by name."""
    return worst_first([pod for pod in snapshot.pods if pod.owner == ref])


def worst_first(pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """By state, then by name."""
    graded: dict[State, list[Pod]] = {state: [] for state in (State.CRIT, State.WARN, State.OK, State.NO_DATA)}
    for pod in sorted(pods, key=attrgetter("name")):
        graded[pod_state(pod)].append(pod)
    return tuple(chain.from_iterable(graded.values()))


def events_of(ref: Ref, pods: Sequence[Pod], events: Sequence[Happening]) -> tuple[Happening, ...]:
    """What happened to a workload, to its replica sets and its pods, also to those that are gone; the newest first."""
    names = {f"pod/{pod.name}" for pod in pods}
    kin = _kin(ref)
    found = [one for one in events if one.about == str(ref) or one.about in names or kin.fullmatch(one.about)]
    return tuple(sorted(found, key=lambda one: one.at or 0.0, reverse=True))


def _kin(ref: Ref) -> re.Pattern[str]:
    """What Kubernetes and compose call what belongs to a workload."""
    name = re.escape(ref.name)
    if ref.kind == "Deployment":
        return re.compile(rf"replicaset/{name}-[a-z0-9]{{1,10}}|pod/{name}-[a-z0-9]{{1,10}}-[a-z0-9]{{5}}")
    return re.compile(rf"pod/{name}-\d+" if ref.kind == "StatefulSet" else rf"pod/.*[-_]{name}[-_]\d+")


def short_ref(ref: Ref) -> str:
    """`deploy/celery-worker`, as one types it."""
    return f"{_SHORT[ref.kind]}/{ref.name}"


def short_image(image: str) -> str:
    """`worker:1.4.2` of `registry.example:5000/team/worker:1.4.2@sha256:…`; a digest alone is cut to 12 digits."""
    name, _, digest = image.rpartition("/")[2].partition("@")
    return f"{name}@{digest.removeprefix('sha256:')[:12]}" if digest and ":" not in name else name


def selector_of(workload: Workload) -> str:
    """What its logs are asked by: `app=celery-worker`, or a compose service's name."""
    if workload.ref.kind == "Service":
        return workload.ref.name
    return ",".join(f"{key}={value}" for key, value in sorted(workload.selector.items()))
