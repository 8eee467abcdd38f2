"""The table of verbs: how much harm each can do, and the words for what it does and what users notice of it.

To add a kind of action, add its name to `tui.model.workload.Change` and one line to `VERBS`, and let the source that
does it be the gate's performer of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tui.model.catalog import Risk
from tui.model.proposal import Facts
from tui.model.workload import Change, Workload

Say = Callable[[Change, Facts], str]


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of change. All but `label` depend on the change and on what is so at present."""

    label: str
    """As it stands on the button."""
    what: Say
    """What happens, exactly, to what."""
    notices: Say
    """What users notice."""
    risk: Callable[[Change, Facts], Risk] = lambda _change, _facts: "change"


def name_of(target: str) -> str:
    """`celery-worker` of `deployment/celery-worker`."""
    return target.rpartition("/")[2] or target


def present(facts: Facts) -> str:
    """How many replicas there are, in words."""
    workload = facts.workload
    if workload is None:
        return "How many replicas there are is not known."
    said = f"{serving(workload)} of {count(workload.desired)} of {workload.ref} are available."
    if workload.desired == 0:
        said = f"{workload.ref} is scaled to 0."
    if workload.paused:
        said += " It is paused: no rollout goes on until it is resumed."
    return said


def serving(workload: Workload) -> int:
    """How many replicas serve; docker compose knows only which run and are healthy."""
    return workload.ready if workload.ref.kind == "Service" else workload.available


def count(number: int, noun: str = "replica") -> str:
    """`1 replica`, `3 replicas`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _desired(facts: Facts) -> int | None:
    return facts.workload.desired if facts.workload is not None else None


def _is_compose(change: Change, facts: Facts) -> bool:
    return change.target.startswith("service/") or (facts.workload is not None and facts.workload.ref.kind == "Service")


# ── restart ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _restart_what(change: Change, facts: Facts) -> str:
    number = _desired(facts)
    every = "every replica" if number is None else "its one replica" if number == 1 else f"all {count(number)}"
    if _is_compose(change, facts):
        return f"Stops and starts {every} of {change.target}, all at the same time."
    if facts.workload is not None and facts.workload.partition:
        first = facts.workload.partition
        return f"Replaces the pods of {change.target} numbered {first} and above, the highest first; the others stay."
    return f"Replaces {every} of {change.target} by new pods of the same template, a few at a time."


def _restart_notices(change: Change, facts: Facts) -> str:
    number = _desired(facts)
    if number == 0:
        return "Nothing: there is no replica to restart."
    if _is_compose(change, facts):
        return (
            "It is not served until the containers are up again; what they were doing is cut off after docker's grace."
        )
    if change.target.startswith("statefulset/") and number == 1:
        return "It is not served between the end of the old pod and the readiness of the new one."
    said = (
        "Fewer pods than usual may serve until the new ones are ready. "
        "Work that outlives the grace period of its pod is cut off."
    )
    if number == 1:
        said = f"There is only one replica: whether there is a gap depends on the update strategy. {said}"
    return said


# ── undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _undo_what(change: Change, facts: Facts) -> str:
    revision = facts.revision
    number = change.argument or (str(revision.number) if revision else "")
    said = f"Puts {change.target} back to {f'revision {number}' if number else 'the revision before this one'}"
    if revision is not None and revision.images:
        said += f" ({', '.join(revision.images)})"
    replicas = _desired(facts)
    return f"{said} and replaces {'every replica' if replicas is None else count(replicas)} by pods of it."


def _undo_notices(_change: Change, facts: Facts) -> str:
    if _desired(facts) == 0:
        return "Nothing now: there is no replica. The next ones are of that revision."
    return (
        "The older version serves again, with the faults it had; data that the newer one has changed stay changed. "
        "Fewer pods than usual may serve until it is ready."
    )


# ── scale ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _wanted(change: Change) -> int:
    if not (change.argument.isascii() and change.argument.isdigit()):
        raise ValueError(f"a count of replicas is a whole number from 0, not {change.argument!r}")
    return int(change.argument)


def _scale_what(change: Change, facts: Facts) -> str:
    wanted, now = _wanted(change), _desired(facts)
    if now is None:
        return f"Sets {change.target} to {count(wanted)}."
    if wanted == now:
        return f"Leaves {change.target} at {count(wanted)}."
    moved = (
        f"{abs(wanted - now)} {'is' if abs(wanted - now) == 1 else 'are'} {'started' if wanted > now else 'stopped'}"
    )
    return f"Scales {change.target} from {now} to {count(wanted)}: {moved}."


def _scale_notices(change: Change, facts: Facts) -> str:
    wanted, now = _wanted(change), _desired(facts)
    if wanted == 0:
        return "Nothing serves any more, until it is scaled up again. Work that outlives the grace period is cut off."
    if now is None:
        return "More replicas need room and connections; fewer do less at once."
    if wanted == now:
        return "Nothing."
    if wanted > now:
        return "Nothing is interrupted. The new replicas need room, and connections to what they use."
    return "Less is done at once. Work that outlives the grace period of a stopped replica is cut off."


def _scale_risk(change: Change, _facts: Facts) -> Risk:
    return "danger" if _wanted(change) == 0 else "change"


# ── delete-pod ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _delete_what(change: Change, facts: Facts) -> str:
    owner = facts.pod.owner if facts.pod is not None else None
    owner = owner or (facts.workload.ref if facts.workload is not None else None)
    said = f"Deletes {change.target}; it has its grace period to end in order."
    if owner is None:
        return f"{said} Nothing is known to start another in its place."
    if _is_compose(change, facts):
        return f"{said} It is one container of {owner}."
    return f"{said} {owner} then starts another in its place."


def _delete_notices(change: Change, facts: Facts) -> str:
    if _last_one(change, facts):
        return "Nothing else serves: users are not served until another is ready, if one is started at all."
    return "One fewer serves until another is ready. What it was doing is cut off if it outlives the grace period."


def _last_one(_change: Change, facts: Facts) -> bool:
    """Whether nothing would serve, as far as is known."""
    if facts.workload is None:
        return facts.pod is None or facts.pod.owner is None
    pod_serves = facts.pod is None or facts.pod.ready
    return pod_serves and serving(facts.workload) <= 1


def _delete_risk(change: Change, facts: Facts) -> Risk:
    return "danger" if _last_one(change, facts) else "change"


VERBS: Mapping[str, Verb] = {
    "restart": Verb(label="Restart", what=_restart_what, notices=_restart_notices),
    "undo": Verb(label="Undo", what=_undo_what, notices=_undo_notices),
    "scale": Verb(label="Scale", what=_scale_what, notices=_scale_notices, risk=_scale_risk),
    "delete-pod": Verb(label="Delete", what=_delete_what, notices=_delete_notices, risk=_delete_risk),
}
"""By `Change.verb`."""
