"""How far a rollout is: kubectl's messages beside ours, in kubectl's order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOW
from tui.model.rollout import Progress, Rollout, begin, countdown, follow, progress
from tui.model.workload import Change, Condition, Pod, Ref, Snapshot, Workload

WORKER = Workload(
    ref=Ref("Deployment", "celery-worker"),
    desired=3,
    current=3,
    updated=3,
    ready=3,
    available=3,
    generation=5,
    observed_generation=5,
    template="a",
    conditions=(
        Condition(
            type="Progressing",
            status="True",
            reason="ReplicaSetUpdated",
            changed_at=NOW - 5000,
            updated_at=NOW - 108,
        ),
    ),
)
POSTGRES = Workload(
    ref=Ref("StatefulSet", "postgres"),
    desired=3,
    current=3,
    updated=3,
    ready=3,
    available=3,
    generation=2,
    observed_generation=2,
    strategy="RollingUpdate",
    current_revision="postgres-1",
    update_revision="postgres-1",
)
LATE = (Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded", updated_at=NOW - 1),)


def changed(workload: Workload, **fields: object) -> Workload:
    return msgspec.structs.replace(workload, **fields)


DEPLOYMENTS: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"generation": 6, "conditions": LATE},
        "Waiting for deployment spec update to be observed...",
        "waiting",
        "waiting for the controller to see the change",
    ),
    (
        {"updated": 1, "conditions": LATE},
        'error: deployment "celery-worker" exceeded its progress deadline',
        "failed",
        "1 of 3 updated, then no progress for 10m: its deadline has passed",
    ),
    (
        {"current": 4, "updated": 2},
        'Waiting for deployment "celery-worker" rollout to finish: 2 out of 3 new replicas have been updated...',
        "waiting",
        "2 of 3 updated, waiting for 1 to become ready",
    ),
    (
        {"current": 3, "updated": 0},
        'Waiting for deployment "celery-worker" rollout to finish: 0 out of 3 new replicas have been updated...',
        "waiting",
        "0 of 3 updated",
    ),
    (
        {"current": 4},
        'Waiting for deployment "celery-worker" rollout to finish: 1 old replicas are pending termination...',
        "waiting",
        "3 of 3 updated, waiting for 1 old pod to end",
    ),
    (
        {"current": 5},
        'Waiting for deployment "celery-worker" rollout to finish: 2 old replicas are pending termination...',
        "waiting",
        "3 of 3 updated, waiting for 2 old pods to end",
    ),
    (
        {"ready": 1, "available": 1},
        'Waiting for deployment "celery-worker" rollout to finish: 1 of 3 updated replicas are available...',
        "waiting",
        "3 of 3 updated, waiting for 2 to become ready",
    ),
    (
        {"available": 1},
        'Waiting for deployment "celery-worker" rollout to finish: 1 of 3 updated replicas are available...',
        "waiting",
        "3 of 3 updated, waiting for 2 to become ready (ready, but not yet for minReadySeconds)",
    ),
    (
        {"updated": 1, "current": 3, "paused": True},
        'Waiting for deployment "celery-worker" rollout to finish: 1 out of 3 new replicas have been updated...',
        "waiting",
        "1 of 3 updated, paused: nothing more happens until kubectl rollout resume deployment/celery-worker",
    ),
    ({"paused": True}, 'deployment "celery-worker" successfully rolled out', "done", "3 of 3 updated and ready"),
    ({}, 'deployment "celery-worker" successfully rolled out', "done", "3 of 3 updated and ready"),
    (
        {"desired": 0, "current": 0, "updated": 0, "ready": 0, "available": 0},
        'deployment "celery-worker" successfully rolled out',
        "done",
        "scaled to 0: no pods",
    ),
]
"""Status fields, what kubectl says of them (tests/sources/test_kubernetes_rollout.py has it say so), and what we do."""


@pytest.mark.parametrize(("fields", "_kubectl", "state", "words"), DEPLOYMENTS)
def test_deployment(fields: dict[str, Any], _kubectl: str, state: str, words: str) -> None:
    found = progress(changed(WORKER, **fields), NOW)
    assert (found.state, found.words) == (state, words)


STATEFUL_SETS: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"observed_generation": 0},
        "Waiting for statefulset spec update to be observed...",
        "waiting",
        "waiting for the controller to see the change",
    ),
    (
        {"generation": 3},
        "Waiting for statefulset spec update to be observed...",
        "waiting",
        "waiting for the controller to see the change",
    ),
    (
        {"ready": 2, "updated": 1},
        "Waiting for 1 pods to be ready...",
        "waiting",
        "1 of 3 updated, waiting for 1 to become ready",
    ),
    (
        {"updated": 1},
        "Waiting for partitioned roll out to finish: 1 out of 3 new pods have been updated...",
        "waiting",
        "1 of 3 updated",
    ),
    (
        {"updated": 0, "partition": 2},
        "Waiting for partitioned roll out to finish: 0 out of 1 new pods have been updated...",
        "waiting",
        "0 of 1 updated (partition 2: the others keep the old template)",
    ),
    (
        {"updated": 1, "partition": 2},
        "partitioned roll out complete: 1 new pods have been updated...",
        "done",
        "1 of 1 updated (partition 2: the others keep the old template)",
    ),
    (
        {"updated": 0, "partition": 9},
        "partitioned roll out complete: 0 new pods have been updated...",
        "done",
        "0 of 0 updated (partition 9: the others keep the old template)",
    ),
    (
        {"strategy": "OnDelete", "updated": 1},
        "error: rollout status is only available for RollingUpdate strategy type",
        "done",
        "3 of 3 ready, 1 updated; the others take the new template when they are deleted (OnDelete)",
    ),
    (
        {"strategy": "OnDelete", "ready": 2},
        "error: rollout status is only available for RollingUpdate strategy type",
        "waiting",
        "2 of 3 ready",
    ),
    ({}, "partitioned roll out complete: 3 new pods have been updated...", "done", "3 of 3 updated and ready"),
]


@pytest.mark.parametrize(("fields", "_kubectl", "state", "words"), STATEFUL_SETS)
def test_stateful_set(fields: dict[str, Any], _kubectl: str, state: str, words: str) -> None:
    found = progress(changed(POSTGRES, **fields), NOW)
    assert (found.state, found.words) == (state, words)


def test_service_of_compose() -> None:
    service = Workload(ref=Ref("Service", "worker"), desired=3, current=3, ready=2)
    waiting = progress(service, NOW)
    assert (waiting.state, waiting.words) == ("waiting", "2 of 3 running, waiting for 1")
    assert progress(changed(service, ready=3), NOW).state == "done"


def test_the_deadline_counts_from_the_last_progress_and_not_while_paused() -> None:
    rolling = changed(WORKER, updated=1)
    assert progress(rolling, NOW).left_s == 492
    assert countdown(492, 600) == "8m12s of 10m left"
    assert progress(rolling, NOW + 10_000).left_s == 0
    assert progress(changed(rolling, paused=True), NOW).left_s is None
    assert progress(changed(rolling, conditions=()), NOW).left_s is None


@given(
    counts=st.tuples(*[st.integers(0, 9)] * 5), partition=st.integers(0, 9), kind=st.sampled_from([WORKER, POSTGRES])
)
def test_a_full_bar_means_done_whatever_the_counts(counts: tuple[int, ...], partition: int, kind: Workload) -> None:
    names = ("desired", "current", "updated", "ready", "available")
    found = progress(changed(kind, **dict(zip(names, counts, strict=True)), partition=partition), NOW)
    assert 0 <= found.fraction <= 1
    assert (found.fraction == 1) == (found.state == "done")
    assert "-" not in found.words


def seen(*workloads: Workload, pods: tuple[Pod, ...] = ()) -> Snapshot:
    return Snapshot(at=NOW, workloads=workloads, pods=pods)


def played(change: Change, *snapshots: Snapshot) -> list[Progress]:
    """What following says at each snapshot after the first, which is from before the change."""
    rollout: Rollout = begin(change, snapshots[0])
    found = []
    for snapshot in snapshots[1:]:
        rollout, step = follow(rollout, snapshot, NOW)
        found.append(step)
    return found


RESTART = Change(verb="restart", target="deployment/celery-worker")
OURS = changed(WORKER, generation=6, template="b")


def test_a_restart_is_followed_from_before_it_shows_to_its_end() -> None:
    rolling = changed(OURS, observed_generation=6, updated=2, current=4)
    steps = played(RESTART, seen(WORKER), seen(WORKER), seen(OURS), seen(rolling), seen(changed(rolling, updated=3)))
    done = played(RESTART, seen(WORKER), seen(OURS), seen(changed(OURS, observed_generation=6)))
    assert [step.state for step in steps] == ["waiting"] * 4
    assert steps[0].words == "waiting for the change to show"
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert done[-1].state == "done"


def test_somebody_elses_template_overtakes_ours_but_scaling_and_status_do_not() -> None:
    theirs = changed(OURS, generation=7, template="c")
    scaled = changed(OURS, generation=7, desired=5)
    assert played(RESTART, seen(WORKER), seen(OURS), seen(theirs))[-1].state == "failed"
    assert "overtaken" in played(RESTART, seen(WORKER), seen(OURS), seen(theirs))[-1].words
    assert played(RESTART, seen(WORKER), seen(OURS), seen(scaled))[-1].state == "waiting"


def test_scaling_is_overtaken_by_scaling_alone() -> None:
    change = Change(verb="scale", target="deployment/celery-worker", argument="4")
    ours = changed(WORKER, generation=6, desired=4)
    restarted = changed(ours, generation=7, template="z")
    assert played(change, seen(WORKER), seen(ours), seen(restarted))[-1].state == "waiting"
    other = played(change, seen(WORKER), seen(ours), seen(changed(ours, generation=7, desired=2)))[-1]
    assert (other.state, other.words) == ("failed", "overtaken: somebody else scaled it to 2 meanwhile")


def test_scaling_to_what_it_is_does_not_wait_for_a_new_generation() -> None:
    change = Change(verb="scale", target="deployment/celery-worker", argument="3")
    assert played(change, seen(WORKER), seen(WORKER))[-1].state == "done"


def test_a_workload_that_is_deleted_meanwhile() -> None:
    gone = played(RESTART, seen(WORKER), seen(OURS), seen())[-1]
    assert (gone.state, gone.words) == ("failed", "deployment/celery-worker is gone: somebody deleted it")


POD = Pod(name="postgres-0", owner=POSTGRES.ref, created_at=NOW - 900)
DELETE = Change(verb="delete-pod", target="pod/postgres-0")


def test_a_deleted_pod_is_replaced_under_the_same_name() -> None:
    replacement = changed_pod(created_at=NOW)
    steps = played(
        DELETE,
        seen(POSTGRES, pods=(POD,)),
        seen(POSTGRES, pods=(POD,)),
        seen(changed(POSTGRES, ready=2)),
        seen(changed(POSTGRES, ready=2), pods=(replacement,)),
        seen(POSTGRES, pods=(replacement,)),
    )
    assert [step.state for step in steps] == ["waiting", "waiting", "waiting", "done"]
    assert steps[1].words == "deleted, waiting for its replacement: 2 of 3 ready"
    assert steps[-1].words == "replaced: 3 of 3 ready"


def test_a_deleted_pod_that_nothing_owns() -> None:
    stray = changed_pod(owner=None)
    assert played(DELETE, seen(pods=(stray,)), seen(pods=(stray,)), seen())[-1].state == "done"


def changed_pod(**fields: object) -> Pod:
    return msgspec.structs.replace(POD, **fields)
