"""What pods and events say, from JSON as real servers write it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.workload import Ref
from tui.sources.kubernetes_objects import EventObject, WorkloadObject, deployment, happening
from tui.sources.kubernetes_pods import PodObject, pod

Json = dict[str, Any]

RECORDED = b"""{
  "kind": "Pod", "apiVersion": "v1",
  "metadata": {
    "name": "celery-worker-6d5f9c7b84-2xkqp", "generateName": "celery-worker-6d5f9c7b84-", "namespace": "agents",
    "uid": "0d3b0d0e-6c8e-4d5b-9f0a-0a1d2c3b4e5f", "resourceVersion": "812345",
    "creationTimestamp": "2026-11-22T09:00:00Z",
    "labels": {"app": "celery-worker", "pod-template-hash": "6d5f9c7b84"},
    "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-22T10:00:00+01:00"},
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "celery-worker-6d5f9c7b84",
      "uid": "a", "controller": true, "blockOwnerDeletion": true}],
    "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {"f:phase": {}}}}]
  },
  "spec": {"nodeName": "node-2", "containers": [{"name": "worker", "image": "ai-agents/worker:1.8.2",
    "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "512Mi"}}}],
    "restartPolicy": "Always", "terminationGracePeriodSeconds": 180},
  "status": {
    "phase": "Running", "qosClass": "Burstable", "podIP": "10.1.2.3", "startTime": "2026-11-22T09:00:00Z",
    "conditions": [
      {"type": "PodReadyToStartContainers", "status": "True", "lastProbeTime": null,
        "lastTransitionTime": "2026-11-22T09:00:03Z"},
      {"type": "Ready", "status": "False", "lastProbeTime": null, "lastTransitionTime": "2026-11-23T14:01:20Z",
        "reason": "ContainersNotReady", "message": "containers with unready status: [worker]"}],
    "containerStatuses": [{
      "name": "worker", "ready": false, "started": false, "restartCount": 7,
      "image": "ai-agents/worker:1.8.2", "imageID": "sha256:77c0", "containerID": "containerd://1",
      "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
      "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": "2026-11-23T13:58:01Z",
        "finishedAt": "2026-11-23T14:01:20Z", "containerID": "containerd://0"}}}]
  }
}"""


def test_a_pod_that_was_killed_for_its_memory() -> None:
    found = pod(msgspec.json.decode(RECORDED, type=PodObject))
    assert (found.name, found.phase, found.ready, found.node) == (
        "celery-worker-6d5f9c7b84-2xkqp",
        "CrashLoopBackOff",
        False,
        "node-2",
    )
    assert found.owner == Ref("Deployment", "celery-worker")
    assert (found.restarts, found.revision, found.created_at) == (7, "6d5f9c7b84", 1_795_338_000.0)
    (container,) = found.containers
    assert (container.state, container.reason) == ("waiting", "CrashLoopBackOff")
    assert (container.last_reason, container.last_exit_code, container.last_finished_at) == (
        "OOMKilled",
        137,
        1_795_442_480.0,
    )
    assert found.conditions[1].message == "containers with unready status: [worker]"


def running(*, ready: bool = True) -> Json:
    return {"name": "c", "ready": ready, "state": {"running": {"startedAt": "2026-11-23T14:01:20Z"}}}


def waiting(reason: str) -> Json:
    return {"name": "c", "state": {"waiting": {"reason": reason}}}


def ended(code: int, reason: str = "", signal: int = 0) -> Json:
    return {
        "name": "c",
        "state": {"terminated": {"exitCode": code, "reason": reason or None, "signal": signal or None}},
    }


READY = [{"type": "Ready", "status": "True"}]
TWO = [{"name": "first"}, {"name": "second"}]
SIDECAR = [{"name": "c", "restartPolicy": "Always"}, {"name": "second"}]


@pytest.mark.parametrize(
    ("status", "spec", "meta", "shown"),
    [
        ({"phase": "Pending"}, {}, {}, "Pending"),
        ({"phase": "Failed", "reason": "Evicted"}, {}, {}, "Evicted"),
        (
            {
                "phase": "Pending",
                "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
            },
            {},
            {},
            "SchedulingGated",
        ),
        ({"phase": "Pending", "containerStatuses": [waiting("ContainerCreating")]}, {}, {}, "ContainerCreating"),
        ({"phase": "Pending", "containerStatuses": [waiting("ImagePullBackOff")]}, {}, {}, "ImagePullBackOff"),
        ({"phase": "Running", "containerStatuses": [running()]}, {}, {}, "Running"),
        ({"phase": "Running", "containerStatuses": [ended(137, "OOMKilled")]}, {}, {}, "OOMKilled"),
        ({"phase": "Running", "containerStatuses": [ended(3)]}, {}, {}, "ExitCode:3"),
        ({"phase": "Running", "containerStatuses": [ended(0, signal=9)]}, {}, {}, "Signal:9"),
        ({"phase": "Succeeded", "containerStatuses": [ended(0, "Completed")]}, {}, {}, "Completed"),
        (
            {"phase": "Running", "containerStatuses": [ended(0, "Completed"), running()], "conditions": READY},
            {},
            {},
            "Running",
        ),
        ({"phase": "Running", "containerStatuses": [ended(0, "Completed"), running()]}, {}, {}, "NotReady"),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [ended(0), running()],
                "containerStatuses": [waiting("PodInitializing")],
            },
            {"initContainers": TWO},
            {},
            "Init:1/2",
        ),
        ({"phase": "Pending", "initContainerStatuses": [ended(1, "Error")]}, {"initContainers": TWO}, {}, "Init:Error"),
        ({"phase": "Pending", "initContainerStatuses": [ended(2)]}, {"initContainers": TWO}, {}, "Init:ExitCode:2"),
        (
            {"phase": "Pending", "initContainerStatuses": [waiting("CrashLoopBackOff")]},
            {"initContainers": TWO},
            {},
            "Init:CrashLoopBackOff",
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [waiting("PodInitializing")]},
            {"initContainers": TWO},
            {},
            "Init:0/2",
        ),
        (
            {
                "phase": "Running",
                "initContainerStatuses": [running() | {"started": True}],
                "containerStatuses": [running()],
            },
            {"initContainers": SIDECAR},
            {},
            "Running",
        ),
        (
            {"phase": "Running", "containerStatuses": [running()]},
            {},
            {"deletionTimestamp": "2026-11-23T14:01:20Z"},
            "Terminating",
        ),
        ({"phase": "Running", "reason": "NodeLost"}, {}, {"deletionTimestamp": "2026-11-23T14:01:20Z"}, "Unknown"),
        ({"phase": "Running", "containerStatuses": None, "conditions": None}, {}, {"labels": None}, "Running"),
    ],
)
def test_the_status_is_what_kubectl_prints(status: Json, spec: Json, meta: Json, shown: str) -> None:
    read = msgspec.convert({"metadata": {"name": "p", **meta}, "spec": spec, "status": status}, PodObject, strict=False)
    assert pod(read).phase == shown


@pytest.mark.parametrize(
    ("owner", "labels", "expected"),
    [
        ({"kind": "StatefulSet", "name": "postgres", "controller": True}, {}, Ref("StatefulSet", "postgres")),
        (
            {"kind": "ReplicaSet", "name": "api-v2-abc", "controller": True},
            {"pod-template-hash": "abc"},
            Ref("Deployment", "api-v2"),
        ),
        ({"kind": "ReplicaSet", "name": "own", "controller": True}, {}, None),
        ({"kind": "ReplicaSet", "name": "api-abc", "controller": True}, {"pod-template-hash": "xyz"}, None),
        ({"kind": "Job", "name": "j", "controller": True}, {}, None),
        ({"kind": "StatefulSet", "name": "postgres"}, {}, None),
    ],
)
def test_the_owner(owner: Json, labels: Json, expected: Ref | None) -> None:
    read = msgspec.convert({"metadata": {"name": "p", "labels": labels, "ownerReferences": [owner]}}, PodObject)
    assert pod(read).owner == expected


@pytest.mark.parametrize(
    ("fields", "count", "at"),
    [
        (
            {"count": 5, "lastTimestamp": "2026-11-23T14:01:20Z", "firstTimestamp": "2026-11-23T13:01:20Z"},
            5,
            1_795_442_480.0,
        ),
        ({"eventTime": "2026-11-23T14:01:20.000000Z", "count": None, "lastTimestamp": None}, 1, 1_795_442_480.0),
        (
            {
                "series": {"count": 9, "lastObservedTime": "2026-11-23T14:01:20.5Z"},
                "eventTime": "2026-11-23T13:00:00.0Z",
            },
            9,
            1_795_442_480.5,
        ),
        ({}, 1, 1_795_442_400.0),
    ],
)
def test_events_of_both_kinds(fields: Json, count: int, at: float) -> None:
    made = {
        "metadata": {"name": "e", "creationTimestamp": "2026-11-23T14:00:00Z"},
        "involvedObject": {"kind": "Pod", "name": "p"},
        "reason": "BackOff",
        "type": "Warning",
        "message": "Back-off\nrestarting",
        **fields,
    }
    found = happening(msgspec.json.decode(msgspec.json.encode(made), type=EventObject))
    assert (found.about, found.reason, found.type, found.message) == (
        "pod/p",
        "BackOff",
        "Warning",
        "Back-off restarting",
    )
    assert (found.count, found.at) == (count, at)


def test_a_template_that_differs_in_anything_has_another_digest() -> None:
    made: Json = {"metadata": {"name": "w"}, "spec": {"template": {"spec": {"containers": [{"name": "c", "env": []}]}}}}
    one = deployment(msgspec.json.decode(msgspec.json.encode(made), type=WorkloadObject))
    made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "1"}]
    other = deployment(msgspec.json.decode(msgspec.json.encode(made), type=WorkloadObject))
    made["spec"]["replicas"] = 9
    scaled = deployment(msgspec.json.decode(msgspec.json.encode(made), type=WorkloadObject))
    assert one.template != other.template == scaled.template
    assert (one.desired, scaled.desired) == (1, 9)


TEXT = st.text(max_size=12)


@given(text=TEXT, stamp=TEXT)
def test_no_text_survives_unharmed(text: str, stamp: str) -> None:
    made = {
        "metadata": {"name": text, "labels": {text: text}},
        "spec": {
            "template": {
                "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": stamp}},
                "spec": {"containers": [{"name": text, "image": text, "resources": {"limits": {text: text}}}]},
            }
        },
        "status": {"conditions": [{"type": text, "status": text, "reason": text, "message": text}]},
    }
    one = deployment(msgspec.json.decode(msgspec.json.encode(made), type=WorkloadObject))
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in _texts(msgspec.to_builtins(one)))
    again = pod(msgspec.convert({"metadata": made["metadata"], "status": made["status"]}, PodObject))
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in _texts(msgspec.to_builtins(again)))


def _texts(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_texts(key) + _texts(one) for key, one in value.items())
    if isinstance(value, list | tuple):
        return "".join(map(_texts, value))
    return value if isinstance(value, str) else ""
