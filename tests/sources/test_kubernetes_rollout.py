"""The table of rollout rules, row by row through the API: kubectl says what the table has it say, and so do we."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.objects import rfc3339
from tests.unit.test_rollout import DEPLOYMENTS, POSTGRES, STATEFUL_SETS, WORKER, changed
from tui.model.rollout import progress
from tui.model.workload import Workload
from tui.sources.kubernetes_objects import WorkloadObject, deployment, stateful_set


def as_object(workload: Workload, namespace: str) -> dict[str, Any]:
    """A workload as the API server has it."""
    name, labels = workload.ref.name, {"app": workload.ref.name}
    stateful = workload.ref.kind == "StatefulSet"
    spec: dict[str, Any] = {
        "replicas": workload.desired,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        "paused": workload.paused,
        "progressDeadlineSeconds": 600,
    }
    if stateful:
        rolling = {"rollingUpdate": {"partition": workload.partition}} if workload.strategy == "RollingUpdate" else {}
        spec |= {"updateStrategy": {"type": workload.strategy, **rolling}, "serviceName": name}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "generation": workload.generation,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        "spec": spec,
        "status": {
            "observedGeneration": workload.observed_generation,
            "replicas": workload.current,
            "updatedReplicas": workload.updated,
            "readyReplicas": workload.ready,
            "availableReplicas": workload.available,
            "currentReplicas": workload.current,
            "currentRevision": workload.current_revision,
            "updateRevision": workload.update_revision,
            "conditions": [
                {"type": one.type, "status": one.status, "reason": one.reason, "lastUpdateTime": rfc3339(time.time())}
                for one in workload.conditions
            ],
        },
    }


@pytest.mark.parametrize(
    ("base", "plural", "fields", "kubectl", "state", "words"),
    [(WORKER, "deployments", *row) for row in DEPLOYMENTS]
    + [(POSTGRES, "statefulsets", *row) for row in STATEFUL_SETS],
)
async def test_kubectl_says_the_same(
    cluster: Cluster, base: Workload, plural: str, fields: dict[str, Any], kubectl: str, state: str, words: str
) -> None:
    tasks, cluster._tasks = cluster._tasks, []
    for task in tasks:
        task.cancel()  # no controller shall bring the object into order
    await asyncio.gather(*tasks, return_exceptions=True)
    made = as_object(changed(base, **fields), cluster.namespace)
    cluster.store.create(plural, made)
    ran = await cluster.kubectl("rollout", "status", str(base.ref), "--watch=false", check=False)
    assert kubectl in (ran.out + ran.err)
    assert (ran.code != 0) == kubectl.startswith("error")
    sent = msgspec.json.encode(cluster.get(f"{plural}/{base.ref.name}"))
    read = msgspec.json.decode(sent, type=WorkloadObject)
    found = progress((deployment if plural == "deployments" else stateful_set)(read), time.time())
    assert (found.state, found.words) == (state, words)
