"""The workloads screen on a local API server with real pods, beside the real kubectl."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment
from tests.sources.kubernetes_doubles import connected
from tests.ui.pilots import SIZES, until
from tests.ui.test_workloads import confirm, on_worker
from tests.ui.workloads_host import Pane
from tui.sources.kubernetes import Kubernetes

SLOW = {"readinessProbe": {"exec": {"command": ["test", "-e", "never"]}}}
"""Pods that never get ready: a rollout that stays on its way."""


@pytest.fixture(name="source")
async def _source(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kubernetes]:
    async with connected(cluster, monkeypatch) as made:
        yield made


@pytest.fixture(name="pane")
def _pane(source: Kubernetes, tmp_path: Path) -> Pane:
    return Pane(tmp_path, source=source)


async def test_a_restart_is_followed_from_key_to_done(cluster: Cluster, pane: Pane) -> None:
    cluster.apply(deployment("api"), deployment("celery-worker", replicas=3))
    await cluster.kubectl("rollout", "status", "deployment/celery-worker")
    async with pane.host.run_test(size=SIZES["wide"]) as pilot:
        await on_worker(pane, pilot)
        seen = {pod["metadata"]["name"] for pod in cluster.store.list("pods") if "celery" in pod["metadata"]["name"]}
        await pilot.press("r")
        await confirm(pane, pilot)
        await until(pilot, lambda: "● DONE" in pane.read("RolloutList"), turns=3000)
        assert "3 of 3 updated and ready" in pane.read("RolloutList")
        shares = [told.fraction for told in pane.bench.told]
        assert shares == sorted(shares)
        assert any(0 < share < 1 for share in shares)
        pods = {pod["metadata"]["name"] for pod in cluster.store.list("pods") if "celery" in pod["metadata"]["name"]}
        assert not seen & pods


async def test_kubectls_own_restart_meanwhile_overtakes_ours(cluster: Cluster, pane: Pane) -> None:
    cluster.apply(deployment("api"), deployment("celery-worker", replicas=2))
    await cluster.kubectl("rollout", "status", "deployment/celery-worker")
    cluster.apply(deployment("celery-worker", replicas=2, container=SLOW, paused=True))
    await cluster.kubectl("rollout", "resume", "deployment/celery-worker")
    async with pane.host.run_test(size=SIZES["wide"]) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("r")
        await confirm(pane, pilot)
        await until(pilot, lambda: "of 2 updated" in pane.read("RolloutList"), turns=3000)
        await cluster.kubectl("set", "env", "deployment/celery-worker", "BY=somebody-else")
        await until(pilot, lambda: "■ FAILED" in pane.read("RolloutList"), turns=3000)
        assert "overtaken: somebody else changed its template meanwhile" in pane.read("RolloutList")


async def test_undo_lists_the_servers_revisions_and_goes_back(cluster: Cluster, pane: Pane) -> None:
    cluster.apply(deployment("api"))
    for number in (1, 2):
        cluster.apply(deployment("celery-worker", container={"image": f"worker:{number}"}))
        await cluster.kubectl("rollout", "status", "deployment/celery-worker")
    async with pane.host.run_test(size=SIZES["wide"]) as pilot:
        await on_worker(pane, pilot)
        await pilot.press("u")
        await until(pilot, lambda: "worker:2" in pane.dialog and "worker:1" in pane.dialog, turns=3000)
        lines = [line.split() for line in pane.dialog.splitlines()]
        assert ["-", "image:", "worker:2"] in lines
        assert ["+", "image:", "worker:1"] in lines
        await pilot.press("enter")
        await confirm(pane, pilot)
        await until(pilot, lambda: "● DONE" in pane.read("RolloutList"), turns=3000)
        container = cluster.get("deployments/celery-worker")["spec"]["template"]["spec"]["containers"][0]
        assert container["image"] == "worker:1"
