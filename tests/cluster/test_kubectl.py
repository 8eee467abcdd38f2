"""The real kubectl does with the cluster what it does with a real one."""

from __future__ import annotations

from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment


async def test_rolls_a_deployment_out_and_restarts_it(cluster: Cluster) -> None:
    cluster.apply(deployment("web", replicas=2))
    assert "successfully rolled out" in (await cluster.kubectl("rollout", "status", "deploy/web")).out
    before = {pod["metadata"]["uid"] for pod in cluster.pods("web")}

    await cluster.kubectl("rollout", "restart", "deploy/web")
    assert "successfully rolled out" in (await cluster.kubectl("rollout", "status", "deploy/web")).out

    assert not before & {
        pod["metadata"]["uid"] for pod in cluster.pods("web") if "deletionTimestamp" not in pod["metadata"]
    }
    history = (await cluster.kubectl("rollout", "history", "deploy/web")).out
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["1", "2"]
