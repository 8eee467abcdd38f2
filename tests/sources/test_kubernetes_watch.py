"""Lists and watches against a local API server: what is there, what changes, and everything that goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from tests.cluster.access import User
from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment, pod, stateful_set
from tests.services.fixtures import HOSTILE
from tests.sources.kubernetes_doubles import QUICK, connected, found, watching
from tui.model.profile import KubernetesBackend
from tui.model.rollout import progress
from tui.model.workload import Ref, Snapshot
from tui.sources import kubernetes_watch
from tui.sources.kubernetes import Kubernetes

PODS = r"/pods\?"
ROLE = {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets"], "verbs": ["get", "list", "watch"]}
PODS_TOO = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}


@pytest.fixture
async def source(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kubernetes]:
    async with connected(cluster, monkeypatch) as made:
        yield made


def settled(snapshot: Snapshot) -> bool:
    return bool(snapshot.workloads) and all(progress(one, time.time()).state == "done" for one in snapshot.workloads)


def anything(_: Snapshot) -> bool:
    return True


def replicas(count: int) -> Callable[[Snapshot], bool]:
    return lambda seen: settled(seen) and len(seen.pods) == count and not seen.stale


def generation(number: int) -> Callable[[Snapshot], bool]:
    return lambda seen: bool(seen.workloads) and seen.workloads[0].generation == number


def pod_names(snapshot: Snapshot) -> set[str]:
    return {pod.name for pod in snapshot.pods}


async def test_workloads_pods_and_events(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker", replicas=2), stateful_set("postgres", replicas=1))
    async with watching(source) as until:
        snapshot = await until(settled)
    worker, postgres = found(snapshot, "deployment/celery-worker"), found(snapshot, "statefulset/postgres")
    assert (worker.desired, worker.ready, worker.selector) == (2, 2, {"app": "celery-worker"})
    assert worker.containers[0].image == "celery-worker:1"
    assert postgres.current_revision == postgres.update_revision != ""
    assert {pod.owner for pod in snapshot.pods} == {worker.ref, postgres.ref}
    assert {pod.phase for pod in snapshot.pods} == {"Running"}
    assert all(pod.ready and pod.created_at and pod.revision for pod in snapshot.pods)
    assert {event.about.partition("/")[0] for event in snapshot.events} >= {"deployment", "pod"}
    assert [event.at for event in snapshot.events] == sorted(event.at or 0 for event in snapshot.events)
    assert (snapshot.stale, snapshot.cut) == ("", "")


async def test_it_agrees_with_kubectl(cluster: Cluster, source: Kubernetes) -> None:
    """STATUS and RESTARTS of pods that run, crash, cannot start and are done; the rollout's state."""
    cluster.apply(
        deployment("celery-worker", replicas=2),
        pod("crashing", "raise SystemExit(3)"),
        pod("done", "print('bye')", policy="Never"),
        pod("failed", "raise SystemExit(7)", policy="Never"),
    )
    wanted = {"crashing": {"CrashLoopBackOff", "Error"}, "done": {"Completed"}, "failed": {"Error"}}
    async with watching(source) as until:
        snapshot = await until(
            lambda seen: (
                settled(seen)
                and all(one.phase in wanted.get(one.name, {"Running"}) for one in seen.pods)
                and len(seen.pods) == 5
            )
        )
    phases = {one.name: one.phase for one in snapshot.pods}
    listed = (await cluster.kubectl("get", "pods", "--no-headers")).out
    for line in listed.splitlines():
        name, _, status, _, *_ = line.split()
        assert phases[name] == status or {phases[name], status} <= wanted.get(name, set())
    ended = next(one for one in snapshot.pods if one.name == "failed").containers[0]
    assert (ended.state, ended.last_exit_code, ended.last_reason) == ("terminated", 7, "Error")
    said = (await cluster.kubectl("rollout", "status", "deployment/celery-worker", "--watch=false")).out
    assert "successfully rolled out" in said


async def test_changes_come_without_polling(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker"))
    async with watching(source) as until:
        await until(settled)
        cluster.apply(pod("extra", "import time; time.sleep(60)"))
        await until(lambda seen: any(one.name == "extra" and one.phase == "Running" for one in seen.pods))
        await cluster.kubectl("delete", "pod", "extra", "--wait=false")
        await until(lambda seen: any(one.phase == "Terminating" for one in seen.pods) or "extra" not in pod_names(seen))
        await until(lambda seen: "extra" not in pod_names(seen))
        await cluster.kubectl("delete", "deployment", "celery-worker")
        await until(lambda seen: not seen.workloads)


@pytest.mark.parametrize("trouble", ["watch_dies", "watch_expires"])
async def test_a_watch_that_breaks_is_taken_up_again(cluster: Cluster, source: Kubernetes, trouble: str) -> None:
    cluster.apply(deployment("celery-worker"))
    getattr(cluster.faults, trouble)(PODS, after=1, times=2)
    async with watching(source) as until:
        for count in (1, 2, 3, 4):
            cluster.apply(deployment("celery-worker", replicas=count))
            snapshot = await until(replicas(count))
    assert len(cluster.faults.met) == 2
    assert snapshot.stale == ""


async def test_a_list_after_410_forgets_what_went_meanwhile(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("stays", "import time; time.sleep(60)"), pod("goes", "import time; time.sleep(60)"))
    async with watching(source) as until:
        await until(lambda seen: pod_names(seen) == {"stays", "goes"})
        cluster.faults.drop(PODS, times=3)
        cluster.faults.watch_dies(PODS)
        await cluster.kubectl("delete", "pod", "goes", "--force", "--grace-period=0")
        cluster.compact()
        await until(lambda seen: pod_names(seen) == {"stays"})


async def test_a_silent_watch_is_noticed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = msgspec.structs.replace(QUICK, silent_s=1)
    cluster.faults.watch_silent(PODS, after=1)
    async with connected(cluster, monkeypatch, pace=pace) as source, watching(source) as until:
        await until(anything)
        cluster.apply(pod("last", "import time; time.sleep(60)"))
        await until(lambda seen: "last" in pod_names(seen))
        cluster.apply(pod("new", "import time; time.sleep(60)"))
        assert "nothing came" in (await until(lambda seen: bool(seen.stale))).stale
        assert (await until(lambda seen: "new" in pod_names(seen))).stale == ""


async def test_watches_end_in_order_and_go_on(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends each after a second; that is no trouble and no new list."""
    pace = msgspec.structs.replace(QUICK, silent_s=1)
    async with connected(cluster, monkeypatch, pace=pace) as source, watching(source) as until:
        await until(anything)
        began = time.monotonic()
        cluster.faults.answer(r"/pods\?limit", 500, times=99)
        cluster.faults.answer(r"/deployments\?limit", 500, times=99)
        for count in range(1, 40):
            cluster.apply(deployment("celery-worker", progressDeadlineSeconds=600 + count))
            snapshot = await until(generation(count))
            assert snapshot.stale == ""
            if time.monotonic() - began > 2.5:
                break
            await asyncio.sleep(0.05)
    assert not cluster.faults.met


async def test_an_outage_keeps_what_was_known_and_says_so(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker", replicas=2))
    async with watching(source) as until:
        await until(settled)
        cluster.faults.answer("namespaces", 500, times=40)
        for path in ("/deployments", "/statefulsets", "/pods", "/events"):
            cluster.faults.watch_dies(path)
        cluster.apply(deployment("celery-worker", replicas=3))
        stale = await until(lambda seen: bool(seen.stale))
        assert len(stale.pods) >= 2
        assert "500" in stale.stale
        cluster.faults.clear()
        well = await until(lambda seen: not seen.stale and len(seen.pods) == 3)
    assert well.workloads[0].desired == 3


async def test_a_role_without_events_takes_only_events_away(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.apply(deployment("celery-worker"))
    who = User(name="ops", rules=(ROLE, PODS_TOO), namespace=cluster.namespace)
    async with (
        connected(cluster, monkeypatch, kubeconfig=cluster.admit(who)) as source,
        watching(source) as until,
    ):
        snapshot = await until(lambda seen: settled(seen) and bool(seen.cut))
    assert snapshot.stale == ""
    assert snapshot.cut.startswith("events: not allowed (403)")
    assert snapshot.pods
    assert not snapshot.events


async def test_a_role_in_the_namespace_is_enough(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is ever asked for the whole cluster: every path names the namespace."""
    events = {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list", "watch"]}
    who = User(name="ops", rules=(ROLE, PODS_TOO, events), namespace=cluster.namespace)
    cluster.apply(deployment("celery-worker"))
    cluster.faults.slow("^(?!.*/namespaces/default/)", 0, times=99)
    async with (
        connected(cluster, monkeypatch, kubeconfig=cluster.admit(who)) as source,
        watching(source) as until,
    ):
        snapshot = await until(settled)
    assert (snapshot.stale, snapshot.cut) == ("", "")
    assert not cluster.faults.met


async def test_a_token_that_expires_and_one_that_is_rotated(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.sources.kubernetes_api._AGAIN_S", 0.0)
    who = User(name="ops", rules=({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},))
    kubeconfig = cluster.admit(who)
    cluster.apply(deployment("celery-worker"))
    async with connected(cluster, monkeypatch, kubeconfig=kubeconfig) as source, watching(source) as until:
        await until(settled)
        cluster.access.revoke("token-of-ops")
        for path in ("/deployments", "/statefulsets", "/pods", "/events"):
            cluster.faults.watch_dies(path)
        cluster.apply(deployment("celery-worker", replicas=2))
        stale = await until(lambda seen: "401" in seen.stale)
        assert "log in again" in stale.stale
        kubeconfig.write_text(kubeconfig.read_text().replace("token-of-ops", "token-new"))
        cluster.access.add("token-new", who)
        await until(lambda seen: not seen.stale and settled(seen) and len(seen.pods) == 2)


async def test_too_many_requests_come_back_when_told(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", "import time; time.sleep(60)"))
    cluster.faults.answer(PODS, 429, retry_after=1)
    began = time.monotonic()
    async with watching(source) as until:
        snapshot = await until(lambda seen: bool(seen.pods))
    assert time.monotonic() - began >= 1
    assert snapshot.stale == ""


async def test_a_call_that_hangs_is_given_up(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.apply(pod("one", "import time; time.sleep(60)"))
    cluster.faults.hang(PODS)
    async with (
        connected(cluster, monkeypatch, backend=KubernetesBackend(timeout_s=0.5)) as source,
        watching(source) as until,
    ):
        assert "pods: connected, but no full answer" in (await until(lambda seen: bool(seen.stale))).stale
        await until(lambda seen: bool(seen.pods) and not seen.stale)


async def test_many_pods_come_by_pages_and_bursts_become_few_snapshots(cluster: Cluster, source: Kubernetes) -> None:
    cluster.populate(2_300)
    snapshots = 0
    async with watching(source) as until:

        def counted(seen: Snapshot) -> bool:
            nonlocal snapshots
            snapshots += 1
            return len(seen.pods) == 3_300

        first = await until(lambda seen: len(seen.pods) == 2_300)
        cluster.populate(1_000, app="api")
        await until(counted)
    assert first.pods == tuple(sorted(first.pods, key=lambda one: one.name))
    crashed = [one for one in first.pods if one.phase == "CrashLoopBackOff"]
    assert crashed
    assert {one.containers[0].last_reason for one in crashed} == {"OOMKilled"}
    assert snapshots < 200


async def test_a_page_that_expires_is_listed_anew(cluster: Cluster, source: Kubernetes) -> None:
    cluster.populate(1_200)
    cluster.faults.answer("continue=", 410)
    async with watching(source) as until:
        snapshot = await until(lambda seen: len(seen.pods) == 1_200)
    assert snapshot.stale == ""
    assert len(cluster.faults.met) == 1


async def test_more_pods_than_are_kept_are_said(
    cluster: Cluster, source: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_watch, "PODS", msgspec.structs.replace(kubernetes_watch.PODS, most=500))
    cluster.populate(700)
    async with watching(source) as until:
        snapshot = await until(lambda seen: bool(seen.pods))
        cluster.populate(10, app="api")
        await asyncio.sleep(0.1)
    assert len(snapshot.pods) == 500
    assert snapshot.cut == "200 more pods are left out"


async def test_foreign_text_is_harmless(cluster: Cluster, source: Kubernetes) -> None:
    hostile = deployment("celery-worker", container={"image": f"x{HOSTILE}"})
    hostile["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": HOSTILE}
    cluster.apply(hostile)
    cluster.store.create(
        "events",
        {
            "metadata": {"name": "e", "namespace": cluster.namespace},
            "involvedObject": {"kind": f"Pod{HOSTILE}", "name": HOSTILE},
            "type": HOSTILE,
            "reason": HOSTILE,
            "message": HOSTILE * 1000,
            "lastTimestamp": "2026-11-23T14:03:22Z",
        },
    )
    async with watching(source) as until:
        snapshot = await until(lambda seen: any(event.reason.startswith("␛") for event in seen.events))
    written = msgspec.json.encode(snapshot).decode()
    assert "\\u001b" not in written
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert found(snapshot, "deployment/celery-worker").restarted_at is None
    assert found(snapshot, "deployment/celery-worker").ref == Ref("Deployment", "celery-worker")


async def test_nobody_there(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = cluster.folder / "broken"
    broken.write_text(cluster.kubeconfig.read_text().replace(cluster.server, "https://127.0.0.1:1"))
    async with connected(cluster, monkeypatch, kubeconfig=broken) as source, watching(source) as until:
        snapshot = await until(anything)
    assert snapshot.stale == "connection refused; is it running, and is the port-forward or tunnel up?"
    assert snapshot.workloads == ()
