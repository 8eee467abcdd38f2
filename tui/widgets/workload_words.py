"""A workload, a pod, an event and a change in full: paragraphs under headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from tui.core.rollouts import Following
from tui.model.clock import age
from tui.model.journal import utc
from tui.model.thresholds import State
from tui.model.workload import Condition, Container, ContainerState, Happening, Pod, Snapshot, Workload
from tui.model.workload_state import OOM_KILLED, events_of, health, pod_state
from tui.widgets.workload_note import progress_words

Block = tuple[str, Content]
"""A heading and what stands under it."""

COLOURS = {
    State.OK: "$text-success",
    State.WARN: "$text-warning",
    State.CRIT: "$text-error",
    State.NO_DATA: "$foreground-muted",
}
_FOLLOWED = {"done": State.OK, "failed": State.CRIT, "unknown": State.NO_DATA, "let go": State.NO_DATA}
_BAR = 40

_GONE: Block = ("", Content.styled("✕ It is gone; this is how it was.", f"bold {COLOURS[State.CRIT]}"))

_GOOD = {
    "Available",
    "Progressing",
    "Ready",
    "ContainersReady",
    "Initialized",
    "PodScheduled",
    "PodReadyToStartContainers",
}
"""Conditions that are well while they are True; of all others (ReplicaFailure, DisruptionTarget) it is the reverse."""

_PLAIN = {
    "MinimumReplicasAvailable": "enough replicas serve",
    "MinimumReplicasUnavailable": "too few replicas serve",
    "NewReplicaSetAvailable": "the last rollout is complete",
    "NewReplicaSetCreated": "a rollout has begun",
    "FoundNewReplicaSet": "a rollout has begun",
    "ReplicaSetUpdated": "a rollout makes progress",
    "ProgressDeadlineExceeded": "the rollout made no progress within its deadline",
    "DeploymentPaused": "paused: nothing rolls out",
    "DeploymentResumed": "resumed",
    "FailedCreate": "pods cannot be created",
    "Unschedulable": "no node can take it",
    "ContainersNotReady": "not every container is ready",
    "PodScheduled True": "a node has taken it",
    "Initialized True": "its init containers are done",
    "ContainersReady True": "every container is ready",
    "Ready True": "it serves",
    "Ready False": "it does not serve",
    "PodReadyToStartContainers True": "its network is set up",
    "DisruptionTarget True": "it is about to be ended",
}
"""By reason, or by type and status.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""


def document(blocks: Sequence[Block]) -> Content:
    """All of them, one below the other; what is empty is left out."""
    parts: list[Content] = []
    for heading, body in blocks:
        if body.plain:
            parts += [Content.styled(heading, "bold $text-accent")] if heading else []
            parts += [body, Content("")]
    return Content("\n").join(parts[:-1])


def workload_blocks(workload: Workload, events: Sequence[Happening], now: float) -> tuple[Block, ...]:
    """Everything that is known of a workload."""
    verdict = health(workload, now)
    counts = (
        f"{workload.desired} wanted · {workload.updated} updated · {workload.ready} ready · "
        f"{workload.available} available"
    )
    facts = [counts, *_facts(workload, now)]
    return (
        ("", _graded(verdict.state, f"{verdict.word}  {progress_words(workload, now)}")),
        ("Replicas", Content("\n".join(facts))),
        ("Containers", _lines([_container(one) for one in workload.containers])),
        ("Conditions", _lines([_condition(one, now) for one in workload.conditions])),
        ("Events", _lines([_event(one, now) for one in events])),
    )


def _facts(workload: Workload, now: float) -> list[str]:
    facts = []
    if workload.strategy:
        part = f", only pods numbered {workload.partition} and above" if workload.partition else ""
        facts.append(f"updated by {workload.strategy}{part}")
    if workload.paused:
        facts.append(f"paused: nothing rolls out until kubectl rollout resume {workload.ref}")
    for name, at in (("created", workload.created_at), ("last restart asked for", workload.restarted_at)):
        if at is not None:
            facts.append(f"{name} {age(now - at)} ago, {utc(at)} UTC")
    if workload.selector:
        facts.append("pods: " + ", ".join(f"{key}={value}" for key, value in sorted(workload.selector.items())))
    return facts


def pod_blocks(pod: Pod, events: Sequence[Happening], now: float) -> tuple[Block, ...]:
    """Everything that is known of a pod."""
    state = pod_state(pod)
    facts = [f"{name} {value}" for name, value in (("on node", pod.node), ("of", str(pod.owner or ""))) if value]
    if pod.created_at is not None:
        facts.append(f"created {age(now - pod.created_at)} ago, {utc(pod.created_at)} UTC")
    if pod.revision:
        facts.append(f"revision {pod.revision}")
    return (
        ("", _graded(state, f"{pod.phase}{'' if pod.ready else ', not ready'}")),
        ("Pod", Content("\n".join(facts))),
        ("Containers", _lines([_running(one, now) for one in pod.containers])),
        ("Labels", Content("\n".join(f"{key}={value}" for key, value in sorted(pod.labels.items())))),
        ("Conditions", _lines([_condition(one, now) for one in pod.conditions])),
        ("Events", _lines([_event(one, now) for one in events])),
    )


def workload_now(workload: Workload, snapshot: Snapshot, now: float) -> tuple[Block, ...]:
    """A workload as the snapshot has it, or as it was when it is not there any more."""
    found = next((one for one in snapshot.workloads if one.ref == workload.ref), None)
    pods = [pod for pod in snapshot.pods if pod.owner == workload.ref]
    blocks = workload_blocks(found or workload, events_of(workload.ref, pods, snapshot.events), now)
    return blocks if found is not None else (_GONE, *blocks[1:])


def pod_now(pod: Pod, snapshot: Snapshot, now: float) -> tuple[Block, ...]:
    """A pod as the snapshot has it, or as it was when it is not there any more."""
    found = next((one for one in snapshot.pods if one.name == pod.name), None)
    events = [one for one in snapshot.events if one.about == f"pod/{pod.name}"]
    blocks = pod_blocks(found or pod, events, now)
    return blocks if found is not None else (_GONE, *blocks[1:])


def event_blocks(event: Happening, now: float) -> tuple[Block, ...]:
    """One event in full."""
    times = f"{event.count} times, last " if event.count > 1 else ""
    when = "" if event.at is None else f"{times}{age(now - event.at)} ago, {utc(event.at)} UTC"
    state = State.WARN if event.type == "Warning" else State.NO_DATA
    return (
        ("", _graded(state, f"{event.type}: {event.reason}")),
        ("About", Content(event.about)),
        ("Message", Content(event.message)),
        ("When", Content(when)),
    )


def following_blocks(following: Following, now: float) -> tuple[Block, ...]:
    """One change and how far it is."""
    state = _FOLLOWED.get(following.state, State.WARN)
    full = int(following.fraction * _BAR)
    end = now if following.ended is None else following.ended
    drawn = Content.assemble(
        ("█" * full, COLOURS[state]),
        ("░" * (_BAR - full), "$foreground-muted"),
        f" {int(following.fraction * 100)}%  {following.state}, {age(end - following.began)}",
    )
    return (
        ("", Content("\n").join([drawn, Content(following.said(now))])),
        ("What to try", Content(following.hint)),
        ("The server said", Content(following.answer)),
        ("Asked for", Content(f"{utc(following.began)} UTC")),
        ("Events since then", _lines([_event(one, now) for one in following.events])),
    )


def _graded(state: State, words: str) -> Content:
    return Content.styled(f"{state.glyph} {words}", f"bold {COLOURS[state]}")


def _lines(lines: Sequence[Content]) -> Content:
    return Content("\n").join(lines) if lines else Content("")


def _container(one: Container) -> Content:
    return Content.assemble(
        (one.name, "bold"),
        f"  {one.image}\n",
        f"  requests {_resources(one.requests)} · limits {_resources(one.limits)}",
    )


def _resources(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in sorted(amounts.items())) or "none"


def _running(one: ContainerState, now: float) -> Content:
    since = "" if one.started_at is None or one.state != "running" else f" for {age(now - one.started_at)}"
    said = f"  {one.state or 'not known'}{since}" + (f", {one.reason}" if one.reason else "")
    said += "" if one.ready else ", not ready"
    said += f" · {one.restarts} restart{'' if one.restarts == 1 else 's'}"
    parts: list[Content] = [Content.assemble((one.name, "bold"), said)]
    if one.last_reason or one.last_exit_code is not None:
        code = "" if one.last_exit_code is None else f", exit code {one.last_exit_code}"
        when = "" if one.last_finished_at is None else f", {age(now - one.last_finished_at)} ago"
        oom = one.last_reason == OOM_KILLED
        why = ": it used more memory than its limit" if oom else ""
        colour = COLOURS[State.CRIT if oom else State.WARN if one.last_exit_code else State.NO_DATA]
        parts.append(Content.styled(f"  last ended: {one.last_reason or 'not known'}{code}{when}{why}", colour))
    return Content("\n").join(parts)


def _condition(one: Condition, now: float) -> Content:
    well = one.status == ("True" if one.type in _GOOD else "False")
    state = State.OK if well else State.WARN if one.status == "Unknown" else State.CRIT
    since = "" if one.changed_at is None else f", for {age(now - one.changed_at)}"
    raw = f"{one.type} {one.status}" + (f": {one.reason}" if one.reason else "")
    words = _PLAIN.get(one.reason) or _PLAIN.get(f"{one.type} {one.status}")
    said = f"{words}{since}" if words else f"{raw}{since}"
    message = "" if well or not one.message else f"\n  {one.message}"
    return Content.assemble(
        (f"{state.glyph} ", COLOURS[state]), said, (f"  {raw}" if words else "", "$foreground-muted"), message
    )


def _event(one: Happening, now: float) -> Content:
    warning = one.type == "Warning"
    at = "–" if one.at is None else age(now - one.at)
    times = f" ×{one.count}" if one.count > 1 else ""
    return Content.assemble(
        (f"{at:>4} ", "$foreground-muted"),
        (f"{'▲' if warning else '·'} {one.reason}{times}  ", COLOURS[State.WARN] if warning else ""),
        one.message,
        (f"  {one.about}", "$foreground-muted"),
    )
