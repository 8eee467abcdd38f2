"""What `kubectl get` prints: the server makes the columns, the client only aligns them.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.cluster.objects import Object, deleting, is_ready, seconds

Cell = Callable[[Object, float], object]
"""The value for an object at an instant (Unix seconds)."""
Column = tuple[str, int, Cell]
"""Name, priority (1 is shown by `-o wide` only), value."""


def duration(span: float) -> str:
    """A span in seconds as kubectl shortens it: 95s, 4m12s, 3h5m, 2d4h, 40d."""
    total = max(0, int(span))
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    for limit, big, big_unit, small, small_unit in (
        (600, minutes, "m", total % 60, "s"),
        (10_800, minutes, "m", 0, ""),
        (28_800, hours, "h", minutes % 60, "m"),
        (172_800, hours, "h", 0, ""),
        (691_200, days, "d", hours % 24, "h"),
    ):
        if total < limit:
            return f"{big}{big_unit}{small}{small_unit}" if small else f"{big}{big_unit}"
    return f"{days}d"


def _age(obj: Object, now: float) -> str:
    return duration(now - seconds(obj["metadata"]["creationTimestamp"]))


def _name(obj: Object, _: float) -> object:
    return obj["metadata"]["name"]


def _at(*path: str, default: object = "<none>") -> Cell:
    def cell(obj: Object, _: float) -> object:
        at: object = obj
        for part in path:
            at = at.get(part) if isinstance(at, dict) else None
        return default if at in (None, "") else at

    return cell


def _count(field: str) -> Cell:
    return _at("status", field, default=0)


def _containers(field: str) -> Cell:
    return lambda obj, _: ",".join(each[field] for each in obj["spec"]["template"]["spec"]["containers"])


def _selector(obj: Object, _: float) -> str:
    return ",".join(f"{name}={value}" for name, value in obj["spec"]["selector"]["matchLabels"].items())


def _ready_of(desired: str, ready: str = "readyReplicas") -> Cell:
    return lambda obj, _: f"{obj.get('status', {}).get(ready, 0)}/{obj['spec'][desired]}"


def pod_status(pod: Object) -> str:
    """STATUS of a pod: its phase, unless a container has more to say."""
    status = pod.get("status", {})
    if deleting(pod):
        return "Terminating"
    text: str = status.get("reason") or status.get("phase", "Unknown")
    running = False
    for container in reversed(status.get("containerStatuses", ())):
        state = container["state"]
        if (waiting := state.get("waiting", {}).get("reason")) or (ended := state.get("terminated")) is None:
            text = waiting or text
            running = running or container["ready"]
        else:
            signal = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended['exitCode']}"
            text = ended.get("reason") or signal
    if text == "Completed" and running:
        return "Running" if is_ready(pod) else "NotReady"
    return text


def _ready_containers(pod: Object, _: float) -> str:
    states = pod.get("status", {}).get("containerStatuses", ())
    return f"{sum(state['ready'] for state in states)}/{len(pod['spec']['containers'])}"


def _restarts(pod: Object, now: float) -> str:
    states = pod.get("status", {}).get("containerStatuses", ())
    total = sum(state["restartCount"] for state in states)
    ends = [seconds(ended["finishedAt"]) for state in states if (ended := state.get("lastState", {}).get("terminated"))]
    return f"{total} ({duration(now - max(ends))} ago)" if total and ends else str(total)


def _last_seen(event: Object, now: float) -> str:
    times = [event.get("lastTimestamp"), event.get("firstTimestamp"), event["metadata"]["creationTimestamp"]]
    return duration(now - seconds(next(time for time in times if time)))


def _involved(event: Object, _: float) -> str:
    return f"{event['involvedObject']['kind'].lower()}/{event['involvedObject']['name']}"


def _ports(service: Object, _: float) -> str:
    ports = service["spec"].get("ports", ())
    return ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in ports) or "<none>"


_AGE: Column = ("Age", 0, _age)
_NAME: Column = ("Name", 0, _name)
_IMAGES: tuple[Column, ...] = (("Containers", 1, _containers("name")), ("Images", 1, _containers("image")))

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "pods": (
        _NAME,
        ("Ready", 0, _ready_containers),
        ("Status", 0, lambda pod, _: pod_status(pod)),
        ("Restarts", 0, _restarts),
        _AGE,
        ("IP", 1, _at("status", "podIP")),
        ("Node", 1, _at("spec", "nodeName")),
        ("Nominated Node", 1, _at("status", "nominatedNodeName")),
        ("Readiness Gates", 1, _at("spec", "readinessGates")),
    ),
    "deployments": (
        _NAME,
        ("Ready", 0, _ready_of("replicas")),
        ("Up-to-date", 0, _count("updatedReplicas")),
        ("Available", 0, _count("availableReplicas")),
        _AGE,
        *_IMAGES,
        ("Selector", 1, _selector),
    ),
    "replicasets": (
        _NAME,
        ("Desired", 0, _at("spec", "replicas")),
        ("Current", 0, _count("replicas")),
        ("Ready", 0, _count("readyReplicas")),
        _AGE,
        *_IMAGES,
        ("Selector", 1, _selector),
    ),
    "statefulsets": (_NAME, ("Ready", 0, _ready_of("replicas")), _AGE, *_IMAGES),
    "controllerrevisions": (
        _NAME,
        (
            "Controller",
            0,
            lambda obj, _: f"{(o := obj['metadata']['ownerReferences'][0])['kind'].lower()}.apps/{o['name']}",
        ),
        ("Revision", 0, _at("revision")),
        _AGE,
    ),
    "events": (
        ("Last Seen", 0, _last_seen),
        ("Type", 0, _at("type")),
        ("Reason", 0, _at("reason")),
        ("Object", 0, _involved),
        ("Source", 1, _at("source", "component")),
        ("Message", 0, _at("message")),
        ("Count", 1, _at("count")),
        ("Name", 1, _name),
    ),
    "services": (
        _NAME,
        ("Type", 0, _at("spec", "type")),
        ("Cluster-IP", 0, _at("spec", "clusterIP")),
        ("External-IP", 0, _at("spec", "externalIP")),
        ("Port(s)", 0, _ports),
        _AGE,
    ),
    "configmaps": (_NAME, ("Data", 0, lambda obj, _: len(obj.get("data", {}))), _AGE),
    "secrets": (_NAME, ("Type", 0, _at("type")), ("Data", 0, lambda obj, _: len(obj.get("data", {}))), _AGE),
    "namespaces": (_NAME, ("Status", 0, _at("status", "phase")), _AGE),
}


def table(plural: str, objects: Iterable[Object], now: float, *, whole: bool = False, header: bool = True) -> Object:
    """The Table of some objects.

    With `whole`, each row carries the object and not only its metadata (kubectl asks so for `--sort-by`). Without
    `header` there are no column definitions: in a watch only the first event has them.
    """
    columns = _COLUMNS[plural]
    definitions = [
        {
            "name": name,
            "type": "string",
            "format": "name" if name == "Name" else "",
            "description": "",
            "priority": rank,
        }
        for name, rank, _ in columns
    ]
    rows = [
        {
            "cells": [cell(obj, now) for _, _, cell in columns],
            "object": obj
            if whole
            else {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]},
        }
        for obj in objects
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": definitions if header else [],
        "rows": rows,
    }
