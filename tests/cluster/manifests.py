"""Workloads for tests."""

from __future__ import annotations

from tests.cluster.objects import Object

STEADY = """
import itertools, os, time
print("started", os.environ["HOSTNAME"])
for number in itertools.count():
    print("line", number)
    time.sleep(0.1)
"""
"""Says what it is called, then counts."""


def _workload(kind: str, name: str, replicas: int, container: Object, spec: Object) -> Object:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": f"{name}:1", **container}]},
            },
            **spec,
        },
    }


def script(source: str) -> list[str]:
    """A container's command that runs this Python."""
    return ["python", "-c", source]


def deployment(name: str, *, replicas: int = 1, container: Object | None = None, **spec: object) -> Object:
    """A deployment whose container runs STEADY unless told otherwise."""
    return _workload("Deployment", name, replicas, {"command": script(STEADY), **(container or {})}, spec)


def stateful_set(name: str, *, replicas: int = 2, container: Object | None = None, **spec: object) -> Object:
    """A stateful set, likewise."""
    spec = {"serviceName": name, **spec}
    return _workload("StatefulSet", name, replicas, {"command": script(STEADY), **(container or {})}, spec)


def pod(name: str, source: str, *, policy: str = "Always", **container: object) -> Object:
    """A bare pod that runs some Python."""
    containers = [{"name": "main", "image": f"{name}:1", "command": script(source), **container}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"restartPolicy": policy, "containers": containers},
    }
