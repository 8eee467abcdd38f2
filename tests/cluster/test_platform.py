"""The platform on the cluster: its workloads get ready, write their logs, and obey the roles we ship."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cluster.access import User
from tests.cluster.apart import apart
from tests.cluster.cluster import KUBECTL, Cluster
from tests.cluster.objects import Object, is_ready
from tests.cluster.platform import platform

ROLES = Path(__file__).parents[2] / "k8s" / "rbac.yaml"


def rules(*roles: str) -> tuple[Object, ...]:
    """The rules of the roles of that name in the manifests we ship."""
    documents = [each for each in yaml.safe_load_all(ROLES.read_text()) if each["kind"] == "Role"]
    return tuple(rule for each in documents if each["metadata"]["name"] in roles for rule in each["rules"])


@pytest.fixture
async def running(cluster: Cluster) -> Cluster:
    """The platform when all of it is ready."""
    cluster.apply(*platform())
    await cluster.until(lambda: sum(map(is_ready, cluster.store.list("pods"))) == 9)
    return cluster


async def test_workers_write_celerys_log(running: Cluster) -> None:
    log = (await running.kubectl("logs", "-l", "app=celery-worker", "--tail=-1")).out
    head = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}: INFO/ForkPoolWorker-\d+\] "
    task = r"workers\.tasks\.enhance_ticket\[[0-9a-f-]+\]: "
    assert re.search(head + task + r".* tenant_id=\w+ ticket_id=\d+ trace_id=[0-9a-f]{32}\n", log)


async def test_a_worker_shuts_down_warmly(running: Cluster) -> None:
    name = running.pods("celery-worker")[0]["metadata"]["name"]
    follow = await running.start_kubectl("logs", "-f", name)
    assert follow.stdout is not None
    assert b"Connected to redis" in await follow.stdout.readline()
    await running.kubectl("delete", "pod", name)
    out, _ = await follow.communicate()
    assert out.endswith(b"worker: Warm shutdown (MainProcess)\n")


async def test_the_operators_role_suffices_for_what_it_is_for(running: Cluster) -> None:
    allowed = rules("ops-center", "ops-center-read-only")
    operator = running.admit(User(name="operator", namespace="default", rules=allowed))
    worker = running.pods("celery-worker")[0]["metadata"]["name"]
    for command in (
        "get pods,deployments,statefulsets,events",
        "rollout restart deploy/celery-worker",
        "rollout status deploy/celery-worker",
        "rollout history deploy/celery-worker",
        "rollout undo deploy/celery-worker",
        "rollout restart sts/postgres",
        "rollout history sts/postgres",
        "scale deploy/api --replicas=1",
        "exec deploy/redis -- echo PONG",
        "logs deploy/redis --tail=1",
        f"delete pod {worker} --ignore-not-found --wait=false",
    ):
        await running.kubectl(*command.split(), kubeconfig=operator)
    for command in ("get secrets", "delete deploy/api", "get pods --all-namespaces"):
        refused = await running.kubectl(*command.split(), kubeconfig=operator, check=False)
        assert "is forbidden" in refused.err


async def test_the_readers_role_reads_and_no_more(running: Cluster) -> None:
    reader = running.admit(User(name="reader", namespace="default", rules=rules("ops-center-read-only")))
    for command in ("get pods -o wide", "rollout status deploy/api", "rollout history sts/postgres", "logs deploy/api"):
        await running.kubectl(*command.split(), kubeconfig=reader)
    for command in ("rollout restart deploy/api", "scale deploy/api --replicas=0", "exec deploy/redis -- true"):
        refused = await running.kubectl(*command.split(), kubeconfig=reader, check=False)
        assert "forbidden" in refused.err


async def test_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    def count() -> int:
        with apart(pods=200) as kubeconfig:
            command = [KUBECTL, f"--kubeconfig={kubeconfig}", "get", "pods", "-o", "name", "-l", "app=celery-worker"]
            ran = subprocess.run(command, check=True, capture_output=True, env={"HOME": str(tmp_path)})
        assert not kubeconfig.exists()
        return len(ran.stdout.split())

    assert await asyncio.to_thread(count) >= 200
