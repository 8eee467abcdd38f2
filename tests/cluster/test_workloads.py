"""Controllers and node do what the real ones do, seen in the objects and in the processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment, pod, stateful_set
from tests.cluster.objects import Object, deleting, is_ready

CRASHING = "raise SystemExit(7)"
READY_FILE = {"exec": {"command": ["test", "-e", "ready"]}, "periodSeconds": 1, "failureThreshold": 1}


def state(cluster: Cluster, name: str) -> Object:
    """The status of a pod's first container; empty until it has one."""
    states = cluster.get(f"pods/{name}")["status"].get("containerStatuses") or [{}]
    found: Object = states[0]
    return found


def reason(cluster: Cluster, name: str) -> str:
    """Why the pod's container waits or ended; empty while it runs."""
    about: Object = next(iter(state(cluster, name).get("state", {"": {}}).values()))
    return str(about.get("reason", ""))


def events(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    found = [event for event in cluster.store.list("events") if event["involvedObject"]["name"] == name]
    found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [(event["reason"], event["message"]) for event in found]


def ready(cluster: Cluster, app: str) -> int:
    return sum(is_ready(each) and not deleting(each) for each in cluster.pods(app))


def runs(pid: int) -> bool:
    """Whether the process is there and not a zombie that nobody has waited for yet."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def test_a_crash_is_restarted_at_once_then_ever_later(tmp_path: Path) -> None:
    waits: list[str] = []
    async with Cluster(tmp_path / "cluster", time_scale=0.005) as cluster:
        cluster.apply(pod("one", CRASHING))

        def three_waits() -> bool:
            message = state(cluster, "one").get("state", {}).get("waiting", {}).get("message", "")
            if message and message not in waits:
                waits.append(message)
            return len(waits) == 3

        await cluster.until(three_waits)
        assert waits == [f"back-off {span} restarting failed container=main" for span in ("10s", "20s", "40s")]
        status = state(cluster, "one")
        assert status["restartCount"] == 3  # the first without a wait
        assert status["lastState"]["terminated"]["exitCode"] == 7
        assert ("BackOff", "Back-off restarting failed container main") in events(cluster, "one")


@pytest.mark.parametrize(
    ("source", "code", "why"),
    [
        ("raise SystemExit(0)", 0, "Completed"),
        ("raise SystemExit(3)", 3, "Error"),
        ("import os; os.kill(os.getpid(), 11)", 139, "Error"),
    ],
)
async def test_says_how_a_process_ended(cluster: Cluster, source: str, code: int, why: str) -> None:
    cluster.apply(pod("one", source, policy="Never"))
    await cluster.until(lambda: cluster.get("pods/one")["status"]["phase"] in ("Succeeded", "Failed"))
    ended = state(cluster, "one")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (code, why)


async def test_a_command_that_is_not_there_cannot_start(cluster: Cluster) -> None:
    cluster.apply(pod("one", "", policy="Never", command=["no-such-program"]))
    await cluster.until(lambda: cluster.get("pods/one")["status"]["phase"] == "Failed")
    ended = state(cluster, "one")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")


async def test_too_much_memory_is_killed_also_in_a_child(cluster: Cluster) -> None:
    greedy = "x = bytearray(200_000_000); import time; time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {greedy!r}])"
    cluster.apply(pod("one", parent, policy="Never", resources={"limits": {"memory": "96Mi"}}))
    await cluster.until(lambda: cluster.get("pods/one")["status"]["phase"] == "Failed")
    ended = state(cluster, "one")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


async def test_who_ignores_sigterm_is_killed_after_the_grace(cluster: Cluster) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    one = pod("one", stubborn)
    one["spec"]["terminationGracePeriodSeconds"] = 8
    cluster.apply(one)
    await cluster.until(lambda: state(cluster, "one").get("ready", False))
    logs = await cluster.start_kubectl("logs", "-f", "one")
    assert logs.stdout is not None
    assert await logs.stdout.readline() == b"deaf\n"
    began = asyncio.get_running_loop().time()
    await cluster.kubectl("delete", "pod", "one")
    assert asyncio.get_running_loop().time() - began > 8 * 0.05
    await logs.communicate()


async def test_nothing_outlives_the_cluster(tmp_path: Path) -> None:
    async with Cluster(tmp_path / "cluster") as cluster:
        cluster.apply(pod("one", "", command=["sh", "-c", "sleep 300 & echo $!; wait"]))
        await cluster.until(lambda: state(cluster, "one").get("ready", False))
        logs = await cluster.start_kubectl("logs", "-f", "one")
        assert logs.stdout is not None
        child = int(await logs.stdout.readline())
        assert runs(child)
    await logs.communicate()
    assert not runs(child)


async def test_readiness_follows_the_probe(cluster: Cluster) -> None:
    source = "import pathlib, time; time.sleep(0.3); pathlib.Path('ready').touch(); time.sleep(60)"
    cluster.apply(deployment("web", container={"command": ["python", "-c", source], "readinessProbe": READY_FILE}))
    await cluster.until(lambda: bool(cluster.pods("web")) and "running" in str(cluster.pods("web")[0]["status"]))
    assert ready(cluster, "web") == 0
    await cluster.until(lambda: ready(cluster, "web") == 1)
    await cluster.kubectl("exec", "deploy/web", "--", "rm", "ready")
    await cluster.until(lambda: cluster.get("deployments/web")["status"].get("availableReplicas", 0) == 0)
    assert "Unhealthy" in dict(events(cluster, cluster.pods("web")[0]["metadata"]["name"]))


async def test_a_failed_liveness_probe_restarts(cluster: Cluster) -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 2}
    cluster.apply(pod("one", "import time; time.sleep(60)", livenessProbe=probe))
    await cluster.until(lambda: state(cluster, "one").get("restartCount", 0) > 0)
    assert ("Killing", "Container main failed liveness probe, will be restarted") in events(cluster, "one")


async def test_a_missing_secret_is_waited_for(cluster: Cluster) -> None:
    cluster.apply(pod("one", "print(1)", policy="Never", envFrom=[{"secretRef": {"name": "keys"}}]))
    await cluster.until(lambda: reason(cluster, "one") == "CreateContainerConfigError")
    assert state(cluster, "one")["state"]["waiting"]["message"] == 'secret "keys" not found'
    cluster.apply({"kind": "Secret", "metadata": {"name": "keys"}, "stringData": {"KEY": "hush"}})
    await cluster.until(lambda: cluster.get("pods/one")["status"]["phase"] == "Succeeded")


@pytest.mark.parametrize(
    ("surge", "unavailable", "most", "least"), [(1, 0, 4, 3), (0, 1, 3, 2), ("25%", "25%", 4, 3), ("100%", 0, 6, 3)]
)
async def test_a_rollout_keeps_within_surge_and_unavailability(
    cluster: Cluster, surge: int | str, unavailable: int | str, most: int, least: int
) -> None:
    strategy = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    source = "import pathlib, time; pathlib.Path('ready').touch(); time.sleep(60)"
    container = {"command": ["python", "-c", source], "readinessProbe": READY_FILE}
    cluster.apply(deployment("web", replicas=3, container=container, strategy=strategy))
    await cluster.until(lambda: ready(cluster, "web") == 3)
    cluster.apply(deployment("web", replicas=3, container={**container, "image": "web:2"}, strategy=strategy))
    seen: list[tuple[int, int]] = []

    def done() -> bool:
        seen.append((sum(not deleting(each) for each in cluster.pods("web")), ready(cluster, "web")))
        images = {each["spec"]["containers"][0]["image"] for each in cluster.pods("web") if not deleting(each)}
        return images == {"web:2"} and ready(cluster, "web") == 3 == len(cluster.pods("web"))

    await cluster.until(done)
    assert max(pods for pods, _ in seen) == most
    assert min(available for _, available in seen) == least


async def test_a_pod_is_available_after_min_ready_seconds(cluster: Cluster) -> None:
    cluster.apply(deployment("web", minReadySeconds=6))
    await cluster.until(lambda: cluster.get("deployments/web")["status"].get("readyReplicas", 0) == 1)
    assert "availableReplicas" not in cluster.get("deployments/web")["status"]
    began = asyncio.get_running_loop().time()
    await cluster.until(lambda: cluster.get("deployments/web")["status"].get("availableReplicas", 0) == 1)
    assert asyncio.get_running_loop().time() - began > 5 * 0.05


async def test_a_rollout_that_cannot_start_leaves_the_old_pods(cluster: Cluster) -> None:
    cluster.apply(deployment("web", replicas=3, progressDeadlineSeconds=10))
    await cluster.until(lambda: ready(cluster, "web") == 3)
    cluster.apply(deployment("web", replicas=3, container={"image": "web:missing"}, progressDeadlineSeconds=10))
    await cluster.until(lambda: "ProgressDeadlineExceeded" in str(cluster.get("deployments/web")["status"]))
    status = cluster.get("deployments/web")["status"]
    assert (status["replicas"], status["updatedReplicas"], status["availableReplicas"]) == (4, 1, 3)


async def test_recreate_ends_the_old_before_it_starts_the_new(cluster: Cluster) -> None:
    cluster.apply(deployment("web", replicas=2, strategy={"type": "Recreate"}))
    await cluster.until(lambda: ready(cluster, "web") == 2)
    cluster.apply(deployment("web", replicas=2, container={"image": "web:2"}, strategy={"type": "Recreate"}))
    mixtures: set[frozenset[str]] = set()

    def done() -> bool:
        mixtures.add(frozenset(each["spec"]["containers"][0]["image"] for each in cluster.pods("web")))
        return ready(cluster, "web") == 2 and frozenset({"web:2"}) in mixtures

    await cluster.until(done)
    assert frozenset({"web:1", "web:2"}) not in mixtures


async def test_history_is_kept_as_long_as_wanted(cluster: Cluster) -> None:
    for number in range(1, 5):
        cluster.apply(deployment("web", container={"image": f"web:{number}"}, revisionHistoryLimit=1))
        await cluster.kubectl("rollout", "status", "deploy/web")
    await cluster.until(lambda: len(cluster.store.list("replicasets")) == 2)


async def test_a_stateful_set_is_created_upward_and_replaced_downward(cluster: Cluster) -> None:
    order: list[str] = []

    def note() -> None:
        for each in cluster.pods("db"):
            this = f"{each['metadata']['name']} {each['spec']['containers'][0]['image']}"
            if this not in order:
                order.append(this)

    def done(image: str) -> bool:
        note()
        return ready(cluster, "db") == 3 and all(
            each["spec"]["containers"][0]["image"] == image for each in cluster.pods("db")
        )

    cluster.apply(stateful_set("db", replicas=3))
    await cluster.until(lambda: done("db:1"))
    cluster.apply(stateful_set("db", replicas=3, container={"image": "db:2"}))
    await cluster.until(lambda: done("db:2"))
    assert order == ["db-0 db:1", "db-1 db:1", "db-2 db:1", "db-2 db:2", "db-1 db:2", "db-0 db:2"]

    def settled() -> bool:
        status = cluster.get("statefulsets/db")["status"]
        return bool(status["currentRevision"] == status["updateRevision"])

    await cluster.until(settled)


async def test_a_partition_keeps_the_first_pods(cluster: Cluster) -> None:
    strategy = {"rollingUpdate": {"partition": 1}}
    cluster.apply(stateful_set("db", updateStrategy=strategy))
    await cluster.until(lambda: ready(cluster, "db") == 2)
    cluster.apply(stateful_set("db", container={"image": "db:2"}, updateStrategy=strategy))
    await cluster.until(lambda: cluster.get("statefulsets/db")["status"]["updatedReplicas"] == 1)
    await cluster.kubectl("delete", "pod", "db-0")
    await cluster.until(lambda: ready(cluster, "db") == 2)
    assert [each["spec"]["containers"][0]["image"] for each in cluster.pods("db")] == ["db:1", "db:2"]


async def test_a_deleted_deployment_takes_its_pods_along(cluster: Cluster) -> None:
    cluster.apply(deployment("web", replicas=2))
    await cluster.until(lambda: ready(cluster, "web") == 2)
    await cluster.kubectl("delete", "deploy/web")
    await cluster.until(lambda: not cluster.pods("web") and not cluster.store.list("replicasets"))
