"""How far a change is, by kubectl's own rules in kubectl's own order, in words a tired person reads once.

`progress` grades one workload as `kubectl rollout status` does; `follow` watches one change of ours through successive
snapshots to its end, and notices when somebody else's overtakes it.

Source: https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollout_status.go
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tui.model.workload import Change, Pod, Snapshot, Workload

DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
_NOT_YET = 0.99
"""The most a rollout shows that is not done: a full bar means done."""
_MINUTE = 60


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rollout is.

    `failed` is final only for us: the server goes on trying, and nothing is rolled back by itself. `fraction` is 0 to
    1, and 1 only when done. `left_s` is how long it may make no further progress before the server reports it as
    failed; None where there is no such deadline.
    """

    state: Literal["done", "waiting", "failed"]
    words: str
    fraction: float
    left_s: float | None = None


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is followed.

    Args:
        change: What was asked for.
        before: The workload right before, that of the pod for `delete-pod`; None for a pod that nothing owns.
        pod: The pod to be deleted.
        ours: The workload as first seen after the change; None until then.
    """

    change: Change
    before: Workload | None
    pod: Pod | None = None
    ours: Workload | None = None


def begin(change: Change, snapshot: Snapshot) -> Rollout:
    """Start to follow `change`, which is about to be made on what `snapshot` shows."""
    if change.verb == "delete-pod":
        pod = next((pod for pod in snapshot.pods if f"pod/{pod.name}" == change.target), None)
        owner = _find(snapshot, str(pod.owner)) if pod is not None and pod.owner is not None else None
        return Rollout(change=change, before=owner, pod=pod)
    return Rollout(change=change, before=_find(snapshot, change.target))


def follow(rollout: Rollout, snapshot: Snapshot, now: float) -> tuple[Rollout, Progress]:
    """The rollout with what is now known of it, and how far it is.

    Args:
        rollout: As `begin` or the last call returned it.
        snapshot: The newest.
        now: Unix seconds.
    """
    if rollout.change.verb == "delete-pod":
        return rollout, _replaced(rollout, snapshot, now)
    target = rollout.change.target
    workload = _find(snapshot, target)
    if workload is None:
        return rollout, Progress(state="failed", words=f"{target} is gone: somebody deleted it", fraction=0)
    if rollout.ours is None:
        if not _shows(rollout, workload):
            return rollout, Progress(state="waiting", words="waiting for the change to show", fraction=0)
        rollout = msgspec.structs.replace(rollout, ours=workload)
    elif words := _overtaken(rollout.change, rollout.ours, workload):
        return rollout, Progress(state="failed", words=words, fraction=progress(workload, now).fraction)
    return rollout, progress(workload, now)


def progress(workload: Workload, now: float) -> Progress:
    """Grade a workload as `kubectl rollout status` does; `now` is Unix seconds."""
    match workload.ref.kind:
        case "Deployment":
            return _deployment(workload, now)
        case "StatefulSet":
            return _stateful_set(workload)
        case "Service":
            return _service(workload)


def countdown(left_s: float, of_s: float) -> str:
    """`8m12s of 10m left`; what is over is `0s of 10m left`."""
    return f"{_span(left_s)} of {_span(of_s)} left"


def _span(seconds: float) -> str:
    minutes, rest = divmod(max(int(seconds), 0), _MINUTE)
    if not minutes:
        return f"{rest}s"
    return f"{minutes}m{rest}s" if rest else f"{minutes}m"


def _find(snapshot: Snapshot, target: str) -> Workload | None:
    return next((workload for workload in snapshot.workloads if str(workload.ref) == target), None)


def _shows(rollout: Rollout, workload: Workload) -> bool:
    """Whether this is from after the change: compose counts no generations, and scaling to the same changes none."""
    change, before = rollout.change, rollout.before
    if before is None or not before.generation or (change.verb == "scale" and change.argument == str(before.desired)):
        return True
    return workload.generation > before.generation


def _overtaken(change: Change, ours: Workload, seen: Workload) -> str:
    """In words, when somebody else changed the same thing after us. Scaling does not overtake a restart."""
    if seen.generation == ours.generation:
        return ""
    if change.verb == "scale":
        if seen.desired == ours.desired:
            return ""
        return f"overtaken: somebody else scaled it to {seen.desired} meanwhile"
    if seen.template == ours.template:
        return ""
    return "overtaken: somebody else changed its template meanwhile, and that is what is being rolled out now"


def _deployment(workload: Workload, now: float) -> Progress:
    desired, updated, current = workload.desired, workload.updated, workload.current
    left_s = _left(workload, now)
    if workload.generation > workload.observed_generation:
        return Progress(state="waiting", words="waiting for the controller to see the change", fraction=0)
    fresh = max(min(workload.available - (current - updated), updated), 0)
    """Available pods of the new template, if all old ones are available; kubectl does not know better either."""
    fraction = _fraction(updated + fresh, 2 * desired)
    share = f"{min(updated, desired)} of {desired} updated"
    if any(one.type == "Progressing" and one.reason == DEADLINE_EXCEEDED for one in workload.conditions):
        words = f"{share}, then no progress for {_span(workload.deadline_s)}: its deadline has passed"
        return Progress(state="failed", words=words, fraction=fraction, left_s=0)
    if updated < desired:
        waiting = updated - fresh
        words = share + (f", waiting for {waiting} to become ready" if waiting else "")
    elif current > updated:
        old = current - updated
        words = f"{share}, waiting for {old} old {_plural('pod', old)} to end"
    elif workload.available < updated:
        unready = max(updated - workload.ready, 0)
        settling = "" if unready else " (ready, but not yet for minReadySeconds)"
        words = f"{share}, waiting for {unready or updated - workload.available} to become ready{settling}"
    else:
        return Progress(state="done", words=_done(workload), fraction=1)
    if workload.paused:
        name = workload.ref.name
        words = f"{share}, paused: nothing more happens until kubectl rollout resume deployment/{name}"
    return Progress(state="waiting", words=words, fraction=fraction, left_s=left_s)


def _left(workload: Workload, now: float) -> float | None:
    """Seconds until the server gives up hope; a paused deployment has no deadline."""
    if workload.paused:
        return None
    for one in workload.conditions:
        since = one.updated_at or one.changed_at
        if one.type == "Progressing" and since is not None:
            return max(since + workload.deadline_s - now, 0.0)
    return None


def _stateful_set(workload: Workload) -> Progress:
    desired, updated = workload.desired, workload.updated
    if workload.strategy == "OnDelete":
        return _on_delete(workload)
    if not workload.observed_generation or workload.generation > workload.observed_generation:
        return Progress(state="waiting", words="waiting for the controller to see the change", fraction=0)
    target = max(desired - workload.partition, 0)
    fresh = max(updated - max(desired - workload.ready, 0), 0)
    fraction = _fraction(min(updated, target) + min(fresh, target), 2 * target)
    share = f"{min(updated, target)} of {target} updated"
    if workload.partition:
        share += f" (partition {workload.partition}: the others keep the old template)"
    if workload.ready < desired:
        words = f"{share}, waiting for {desired - workload.ready} to become ready"
        return Progress(state="waiting", words=words, fraction=fraction)
    if updated < target:
        return Progress(state="waiting", words=share, fraction=fraction)
    return Progress(state="done", words=share if workload.partition else _done(workload), fraction=1)


def _on_delete(workload: Workload) -> Progress:
    """Nothing rolls by itself, so there is nothing to wait for but scaling: kubectl refuses to report a status."""
    desired = workload.desired
    if workload.ready < desired:
        words = f"{workload.ready} of {desired} ready"
        return Progress(state="waiting", words=words, fraction=_fraction(workload.ready, desired))
    words = f"{desired} of {desired} ready"
    if workload.updated < desired:
        words += f", {workload.updated} updated; the others take the new template when they are deleted (OnDelete)"
    return Progress(state="done", words=words, fraction=1)


def _service(workload: Workload) -> Progress:
    if workload.ready < workload.desired:
        words = f"{workload.ready} of {workload.desired} running, waiting for {workload.desired - workload.ready}"
        return Progress(state="waiting", words=words, fraction=_fraction(workload.ready, workload.desired))
    return Progress(state="done", words=f"{workload.ready} of {workload.desired} running", fraction=1)


def _done(workload: Workload) -> str:
    return f"{workload.desired} of {workload.desired} updated and ready" if workload.desired else "scaled to 0: no pods"


def _fraction(part: int, whole: int) -> float:
    return min(max(part / whole, 0.0), _NOT_YET) if whole else 0.0


def _replaced(rollout: Rollout, snapshot: Snapshot, now: float) -> Progress:
    """Done when the pod is gone and its workload is whole again. A StatefulSet's new pod has the old one's name."""
    name = rollout.change.target.removeprefix("pod/")
    born = rollout.pod.created_at if rollout.pod is not None else None
    if any(pod.name == name and pod.created_at == born for pod in snapshot.pods):
        return Progress(state="waiting", words="waiting for it to end", fraction=0)
    if rollout.before is None:
        return Progress(state="done", words="deleted; nothing owns it, so nothing replaces it", fraction=1)
    owner = _find(snapshot, str(rollout.before.ref))
    if owner is None:
        return Progress(state="done", words=f"deleted; {rollout.before.ref} is gone too", fraction=1)
    whole = progress(owner, now)
    if owner.ready >= owner.desired and whole.state == "done":
        return Progress(state="done", words=f"replaced: {owner.ready} of {owner.desired} ready", fraction=1)
    words = f"deleted, waiting for its replacement: {owner.ready} of {owner.desired} ready"
    if whole.state == "failed":
        return Progress(state="failed", words=f"deleted; {whole.words}", fraction=0.5)
    return Progress(state="waiting", words=words, fraction=0.5, left_s=whole.left_s)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
