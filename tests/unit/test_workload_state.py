"""How workloads and pods are graded, and what belongs to which."""

from __future__ import annotations

import pytest

from tests.doubles import NOW
from tests.workload_doubles import API_REF, CRASHED, OOM, PLATFORM, POSTGRES_REF, WORKER_REF, changed, pod, workload
from tui.model.thresholds import State
from tui.model.workload import Condition, Happening, Ref
from tui.model.workload_state import (
    by_owner,
    events_of,
    health,
    last_end,
    last_restart,
    pod_state,
    selector_of,
    short_image,
    short_ref,
    worst_first,
)

SERVICE = Ref("Service", "worker")
LATE = (Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded", updated_at=NOW),)


@pytest.mark.parametrize(
    ("ref", "fields", "state", "word"),
    [
        (WORKER_REF, {}, State.OK, "OK"),
        (WORKER_REF, {"desired": 0, "current": 0, "updated": 0, "ready": 0, "available": 0}, State.NO_DATA, "AT ZERO"),
        (WORKER_REF, {"ready": 0, "available": 0}, State.CRIT, "DOWN"),
        (WORKER_REF, {"updated": 1, "conditions": LATE}, State.CRIT, "STUCK"),
        (WORKER_REF, {"updated": 1, "paused": True}, State.WARN, "PAUSED"),
        (WORKER_REF, {"updated": 1}, State.WARN, "ROLLING"),
        (WORKER_REF, {"current": 4}, State.WARN, "ROLLING"),
        (WORKER_REF, {"generation": 6}, State.WARN, "ROLLING"),
        (WORKER_REF, {"ready": 2, "available": 2}, State.WARN, "DEGRADED"),
        (POSTGRES_REF, {"updated": 1}, State.WARN, "ROLLING"),
        (POSTGRES_REF, {"updated": 1, "partition": 2}, State.OK, "OK"),
        (POSTGRES_REF, {"ready": 2, "available": 3}, State.WARN, "SETTLING"),
        (SERVICE, {"generation": 0, "observed_generation": 0, "available": 0}, State.OK, "OK"),
        (SERVICE, {"generation": 0, "observed_generation": 0, "ready": 2}, State.WARN, "DEGRADED"),
    ],
)
def test_a_workload_is_graded(ref: Ref, fields: dict[str, object], state: State, word: str) -> None:
    found = health(changed(workload(ref), **fields), NOW)
    assert (found.state, found.word) == (state, word)


@pytest.mark.parametrize(
    ("phase", "ready", "state"),
    [
        ("Running", True, State.OK),
        ("Running", False, State.WARN),
        ("ContainerCreating", False, State.WARN),
        ("Terminating", True, State.WARN),
        ("CrashLoopBackOff", False, State.CRIT),
        ("Init:ImagePullBackOff", False, State.CRIT),
        ("CreateContainerConfigError", False, State.CRIT),
        ("OOMKilled", False, State.CRIT),
        ("Evicted", False, State.CRIT),
        ("Completed", False, State.NO_DATA),
        ("", False, State.WARN),
    ],
)
def test_a_pod_is_graded_by_its_phase(phase: str, ready: bool, state: State) -> None:
    assert pod_state(pod(WORKER_REF, "a", phase=phase, ready=ready)) is state


def test_the_worst_pods_come_first_then_by_name() -> None:
    good, new, bad = (
        pod(WORKER_REF, "b"),
        pod(WORKER_REF, "a", phase="Pending", ready=False),
        pod(WORKER_REF, "z", phase="Error", ready=False),
    )
    also = pod(WORKER_REF, "a1")
    assert worst_first([good, new, bad, also]) == (bad, new, also, good)


def test_pods_are_told_apart_by_owner_and_strays_belong_to_nobody() -> None:
    stray = changed(pod(WORKER_REF, "stray"), owner=None)
    found = by_owner(changed(PLATFORM, pods=(*PLATFORM.pods, stray, pod(Ref("Deployment", "gone"), "x"))))
    assert {str(ref): len(pods) for ref, pods in found.items()} == {
        "deployment/api": 2,
        "deployment/celery-worker": 3,
        "deployment/redis": 1,
        "statefulset/postgres": 2,
    }


def test_the_last_restart_is_asked_for_or_a_container_that_ended() -> None:
    worker = workload(WORKER_REF, restarted_at=NOW - 1000)
    assert last_restart(workload(WORKER_REF), []) is None
    assert last_restart(worker, [pod(WORKER_REF, "a")]) == NOW - 1000
    assert last_restart(worker, [pod(WORKER_REF, "a", containers=(OOM, CRASHED))]) == NOW - 40
    assert last_end(pod(WORKER_REF, "a", containers=(CRASHED, OOM))) == CRASHED
    assert last_end(pod(WORKER_REF, "a")) is None


def happened(about: str, at: float | None = NOW) -> Happening:
    return Happening(about=about, type="Normal", reason="x", message="", at=at)


@pytest.mark.parametrize(
    ("ref", "about", "belongs"),
    [
        (WORKER_REF, "deployment/celery-worker", True),
        (WORKER_REF, "replicaset/celery-worker-7c9d8b6f54", True),
        (WORKER_REF, "pod/celery-worker-7c9d8b6f54-gone1", True),
        (WORKER_REF, "pod/celery-worker-canary-7c9d8b6f54-abcde", False),
        (WORKER_REF, "deployment/celery-worker-canary", False),
        (API_REF, "pod/api-gateway-7c9d8b6f54-abcde", False),
        (POSTGRES_REF, "pod/postgres-11", True),
        (POSTGRES_REF, "pod/postgres-backup-1", False),
        (SERVICE, "pod/platform-worker-3", True),
        (SERVICE, "pod/platform-worker-db-1", False),
    ],
)
def test_events_belong_by_name_also_those_of_pods_that_are_gone(ref: Ref, about: str, belongs: bool) -> None:
    assert bool(events_of(ref, (), [happened(about)])) is belongs


def test_events_are_the_newest_first_and_those_without_a_time_last() -> None:
    first, second, never = (
        happened("deployment/api", NOW - 5),
        happened("pod/odd", NOW),
        happened("deployment/api", None),
    )
    odd = changed(pod(API_REF, "x"), name="odd")
    assert events_of(API_REF, [odd], [never, first, second]) == (second, first, never)


def test_names_are_shortened_to_what_tells_them_apart() -> None:
    digest = "sha256:" + "0123456789abcdef" * 4
    assert short_ref(WORKER_REF) == "deploy/celery-worker"
    assert short_image("registry.example:5000/team/worker:1.4.2") == "worker:1.4.2"
    assert short_image(f"registry.example/worker:1.4.2@{digest}") == "worker:1.4.2"
    assert short_image(f"worker@{digest}") == "worker@0123456789ab"
    assert selector_of(workload(WORKER_REF, selector={"b": "2", "app": "x"})) == "app=x,b=2"
    assert selector_of(workload(SERVICE)) == "worker"
