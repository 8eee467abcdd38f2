"""Changes against a local API server, with the real kubectl as the judge of what they did."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.cluster.access import User
from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment, stateful_set
from tests.sources.kubernetes_doubles import connected, found, watching
from tui.model.errors import SourceError
from tui.model.profile import KubernetesBackend
from tui.model.rollout import Progress, begin, follow, progress
from tui.model.workload import Change, Permission, Ref, Snapshot
from tui.sources.http import Denied, Unreachable
from tui.sources.kubernetes import Kubernetes
from tui.sources.kubernetes_api import Busy, Refused

WORKER = "deployment/celery-worker"
RESTART = Change(verb="restart", target=WORKER)
NEVER_READY = {"readinessProbe": {"exec": {"command": ["false"]}}}
STAMP = "kubectl.kubernetes.io/restartedAt"


@pytest.fixture
async def source(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kubernetes]:
    async with connected(cluster, monkeypatch) as made:
        yield made


def settled(snapshot: Snapshot) -> bool:
    return bool(snapshot.workloads) and all(progress(one, time.time()).state == "done" for one in snapshot.workloads)


async def followed(source: Kubernetes, change: Change) -> list[Progress]:
    """Make a change on what has settled, and follow it to its end."""
    steps: list[Progress] = []
    async with watching(source) as until:
        rollout = begin(change, await until(settled))
        await source.perform(change)

        def ended(seen: Snapshot) -> bool:
            nonlocal rollout
            rollout, step = follow(rollout, seen, time.time())
            steps.append(step)
            return step.state != "waiting"

        await until(ended)
    return steps


def template(cluster: Cluster, plural: str, name: str) -> Any:  # noqa: ANN401 - JSON
    return cluster.get(f"{plural}/{name}")["spec"]["template"]


@pytest.mark.parametrize("kind", ["deployment", "statefulset"])
async def test_restart(cluster: Cluster, source: Kubernetes, kind: str) -> None:
    cluster.apply(deployment("web", replicas=2) if kind == "deployment" else stateful_set("web", replicas=2))
    async with watching(source) as until:
        before = {one.name: one.created_at for one in (await until(settled)).pods}
    steps = await followed(source, Change(verb="restart", target=f"{kind}/web"))
    assert steps[-1].state == "done"
    stamp = template(cluster, f"{kind}s", "web")["metadata"]["annotations"][STAMP]
    assert stamp.endswith("Z")
    assert "." not in stamp
    said = (await cluster.kubectl("rollout", "status", f"{kind}/web", "--watch=false")).out
    assert "success" in said or "complete" in said
    async with watching(source) as until:
        after = await until(lambda seen: settled(seen) and len(seen.pods) == 2)
    assert found(after, f"{kind}/web").restarted_at == pytest.approx(time.time(), abs=20)
    assert before.items().isdisjoint({one.name: one.created_at for one in after.pods}.items()) or kind == "statefulset"


async def test_twice_in_one_second_is_refused(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.apply(deployment("celery-worker"))
    now = time.time()
    async with connected(cluster, monkeypatch, clock=lambda: now) as source:
        assert await source.perform(RESTART) == f"{WORKER} restarted"
        with pytest.raises(Refused, match="in this very second"):
            await source.perform(RESTART)


async def test_our_restart_and_kubectls_are_the_same_change(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("ours"), deployment("theirs"))
    await source.perform(Change(verb="restart", target="deployment/ours"))
    await cluster.kubectl("rollout", "restart", "deployment/theirs")
    ours, theirs = (template(cluster, "deployments", name)["metadata"]["annotations"] for name in ("ours", "theirs"))
    assert ours.keys() == theirs.keys()
    assert abs(_seconds(ours[STAMP]) - _seconds(theirs[STAMP])) <= 5


def _seconds(stamp: str) -> float:
    return time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S"))


@pytest.mark.parametrize("verb", ["restart", "undo"])
async def test_a_paused_deployment_refuses(cluster: Cluster, source: Kubernetes, verb: str) -> None:
    cluster.apply(deployment("celery-worker", paused=True))
    before = cluster.get("deployments/celery-worker")
    with pytest.raises(Refused, match="paused") as caught:
        await source.perform(Change(verb=verb, target=WORKER))  # type: ignore[arg-type]  # both are verbs
    assert caught.value.hint == "resume it first: kubectl rollout resume deployment/celery-worker"
    assert cluster.get("deployments/celery-worker")["spec"] == before["spec"]


async def versions(cluster: Cluster, source: Kubernetes, kind: str, count: int) -> None:
    """Roll out `web:1`, `web:2`, … one after the other."""
    made = {"deployment": deployment, "statefulset": stateful_set}[kind]
    for number in range(1, count + 1):
        cluster.apply(made("web", replicas=1, container={"image": f"web:{number}"}))
        async with watching(source) as until:
            await until(
                lambda seen, n=number: settled(seen) and seen.workloads[0].containers[0].image == f"web:{n}"  # type: ignore[misc]  # bound early on purpose
            )


@pytest.mark.parametrize("kind", ["deployment", "statefulset"])
@pytest.mark.parametrize(("argument", "image"), [("", "web:2"), ("1", "web:1")])
async def test_undo(cluster: Cluster, source: Kubernetes, kind: str, argument: str, image: str) -> None:
    await versions(cluster, source, kind, 3)
    steps = await followed(source, Change(verb="undo", target=f"{kind}/web", argument=argument))
    assert steps[-1].state == "done"
    assert template(cluster, f"{kind}s", "web")["spec"]["containers"][0]["image"] == image
    history = (await cluster.kubectl("rollout", "history", f"{kind}/web")).out
    assert [line.split()[0] for line in history.splitlines() if line[:1].isdigit()][-1] == "4"
    if kind == "deployment":
        assert "pod-template-hash" not in json.dumps(template(cluster, "deployments", "web"))


async def test_revisions_say_what_differs(cluster: Cluster, source: Kubernetes) -> None:
    await versions(cluster, source, "deployment", 2)
    await cluster.kubectl("annotate", "deployment/web", "kubernetes.io/change-cause=a \x1b[31mred one")
    newest, oldest = await source.revisions(Ref("Deployment", "web"))
    assert (newest.number, oldest.number) == (2, 1)
    assert (newest.current, oldest.current) == (True, False)
    assert (newest.images, oldest.images) == (("web:2",), ("web:1",))
    assert oldest.created_at is not None
    differing = set(newest.template.splitlines()) ^ set(oldest.template.splitlines())
    assert {line.strip() for line in differing} == {"image: web:1", "image: web:2"}
    assert "\n      for number in itertools.count():\n" in newest.template


@pytest.mark.parametrize(("argument", "words"), [("9", "no revision 9"), ("2", "at revision 2 already")])
async def test_undo_that_makes_no_sense(cluster: Cluster, source: Kubernetes, argument: str, words: str) -> None:
    await versions(cluster, source, "deployment", 2)
    with pytest.raises(Refused, match=words):
        await source.perform(Change(verb="undo", target="deployment/web", argument=argument))


async def test_undo_without_a_past(cluster: Cluster, source: Kubernetes) -> None:
    await versions(cluster, source, "deployment", 1)
    with pytest.raises(Refused, match="no earlier revision"):
        await source.perform(Change(verb="undo", target="deployment/web"))


@pytest.mark.parametrize("kind", ["deployment", "statefulset"])
@pytest.mark.parametrize("count", [0, 3])
async def test_scale(cluster: Cluster, source: Kubernetes, kind: str, count: int) -> None:
    cluster.apply(deployment("web", replicas=1) if kind == "deployment" else stateful_set("web", replicas=1))
    change = Change(verb="scale", target=f"{kind}/web", argument=str(count))
    steps = await followed(source, change)
    assert steps[-1].state == "done"
    assert cluster.get(f"{kind}s/web")["spec"]["replicas"] == count


async def test_delete_pod(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker", replicas=2))
    async with watching(source) as until:
        victim = (await until(settled)).pods[0]
    steps = await followed(source, Change(verb="delete-pod", target=f"pod/{victim.name}"))
    assert steps[-1].state == "done"
    assert victim.name not in {one["metadata"]["name"] for one in cluster.pods("celery-worker")}


async def test_a_rollout_that_somebody_else_overtakes(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker", container=NEVER_READY))
    async with watching(source) as until:
        rollout = begin(RESTART, await until(lambda seen: bool(seen.pods)))
        await source.perform(RESTART)
        ours = await until(lambda seen: follow(rollout, seen, 0)[0].ours is not None)
        rollout, _ = follow(rollout, ours, 0)
        await cluster.kubectl("set", "image", WORKER, "main=celery-worker:2")
        theirs = await until(lambda seen: follow(rollout, seen, 0)[1].state == "failed")
        assert "overtaken" in follow(rollout, theirs, 0)[1].words


async def test_a_rollout_that_passes_its_deadline(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker"))
    async with watching(source) as until:
        await until(settled)
        broken = deployment("celery-worker", container=NEVER_READY, progressDeadlineSeconds=20)
        cluster.apply(broken)
        seen = await until(lambda seen: progress(seen.workloads[0], time.time()).state == "failed")
    assert "its deadline has passed" in progress(seen.workloads[0], time.time()).words
    said = await cluster.kubectl("rollout", "status", WORKER, "--watch=false", check=False)
    assert "exceeded its progress deadline" in said.err


@pytest.mark.parametrize(
    "change",
    [
        Change(verb="restart", target="pod/x"),
        Change(verb="restart", target="deployment/"),
        Change(verb="delete-pod", target="deployment/x"),
        Change(verb="scale", target=WORKER, argument="1e9"),
        Change(verb="scale", target=WORKER),
        Change(verb="restart", target="deployment/../../../../api/v1/namespaces"),
    ],
)
async def test_what_makes_no_sense_is_refused(cluster: Cluster, source: Kubernetes, change: Change) -> None:
    cluster.apply(deployment("celery-worker"))
    with pytest.raises(SourceError) as caught:
        await source.perform(change)
    assert caught.value.up


async def test_what_is_not_there(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("api"))
    for change in (RESTART, Change(verb="delete-pod", target="pod/gone")):
        with pytest.raises(Refused, match=r"not found \(404\)"):
            await source.perform(change)


CHANGES = (
    RESTART,
    Change(verb="undo", target="statefulset/postgres", argument="1"),
    Change(verb="scale", target=WORKER, argument="2"),
    Change(verb="delete-pod", target="pod/celery-worker-1"),
)


@pytest.mark.parametrize("change", CHANGES)
async def test_permission_is_asked_of_the_server(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    looks = {"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
    acts = {
        "apiGroups": ["", "apps"],
        "resources": ["deployments", "statefulsets", "deployments/scale", "pods"],
        "verbs": ["patch", "delete"],
    }
    reader = cluster.admit(User(name="reader", rules=(looks,), namespace=cluster.namespace))
    actor = cluster.admit(User(name="actor", rules=(looks, acts), namespace=cluster.namespace))
    async with connected(cluster, monkeypatch, kubeconfig=reader) as source:
        refused = await source.permission(change)
    async with connected(cluster, monkeypatch, kubeconfig=actor) as source:
        assert await source.permission(change) == Permission(allowed=True)
    assert not refused.allowed
    verb = "delete pods" if change.verb == "delete-pod" else "patch"
    assert f"not allowed to {verb}" in refused.why
    assert "in namespace default" in refused.why


def test_the_equivalent_names_context_and_namespace_if_the_profile_does() -> None:
    plain, named = KubernetesBackend(), KubernetesBackend(context="prod eu", namespace="agents")
    said = [Kubernetes(plain).equivalent(change) for change in CHANGES]
    assert said == [
        "kubectl rollout restart deployment/celery-worker",
        "kubectl rollout undo statefulset/postgres --to-revision=1",
        "kubectl scale deployment/celery-worker --replicas=2",
        "kubectl delete pod/celery-worker-1",
    ]
    assert Kubernetes(named).equivalent(RESTART) == (
        "kubectl --context 'prod eu' -n agents rollout restart deployment/celery-worker"
    )


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (401, Denied, "not authenticated (401)"),
        (403, Denied, "not allowed (403)"),
        (404, Refused, "not found (404)"),
        (409, Refused, "changed meanwhile (409)"),
        (422, Refused, "refused (422)"),
        (500, SourceError, "server error (500)"),
    ],
)
async def test_refusals(cluster: Cluster, source: Kubernetes, code: int, kind: type[SourceError], words: str) -> None:
    cluster.apply(deployment("celery-worker"))
    cluster.faults.answer("deployments", code, method="PATCH")
    with pytest.raises(SourceError) as caught:
        await source.perform(RESTART)
    assert isinstance(caught.value, kind)
    assert caught.value.why.startswith(words)
    assert caught.value.up == (code not in {500, 401})
    assert ("it may have been done" in caught.value.hint) == (code == 500)


async def test_a_change_is_not_repeated_when_the_server_is_busy(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker"))
    cluster.faults.answer("deployments", 429, method="PATCH", retry_after=7)
    with pytest.raises(Busy) as caught:
        await source.perform(RESTART)
    assert caught.value.hint == "it asks to come back in 7 s"
    assert STAMP not in json.dumps(template(cluster, "deployments", "celery-worker"))


@pytest.mark.parametrize("trouble", ["hang", "drop"])
async def test_what_may_have_been_done_is_said_to_be(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    cluster.apply(deployment("celery-worker"))
    getattr(cluster.faults, trouble)("deployments", method="PATCH")
    async with connected(cluster, monkeypatch, backend=KubernetesBackend(timeout_s=0.5)) as source:
        with pytest.raises(SourceError) as caught:
            await source.perform(RESTART)
    assert caught.value.hint == "it may have been done all the same: look before you try again"


async def test_nobody_there(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = cluster.folder / "broken"
    broken.write_text(cluster.kubeconfig.read_text().replace(cluster.server, "https://127.0.0.1:1"))
    async with connected(cluster, monkeypatch, kubeconfig=broken) as source:
        with pytest.raises(Unreachable, match="connection refused"):
            await source.perform(Change(verb="scale", target=WORKER, argument="1"))
