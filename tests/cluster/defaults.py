"""What the server fills in and refuses: as much of it as our workloads and kubectl's output depend on."""

from __future__ import annotations

import base64
import re

from tests.cluster.errors import invalid
from tests.cluster.objects import Object
from tests.cluster.selectors import by_spec

_LEFT_OUT = {"StatefulSet": ("minReadySeconds", "volumeClaimTemplates"), "Pod": ("initContainers", "volumes")}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def complete(plural: str, obj: Object) -> None:
    """Fill in defaults, in place."""
    spec = obj.get("spec", {})
    if plural == "pods":
        _pod(spec)
    elif plural == "services":
        spec.setdefault("type", "ClusterIP")
        spec.setdefault("clusterIP", "127.0.0.1")
        for port in spec.get("ports", ()):
            port.setdefault("protocol", "TCP")
    elif plural == "secrets":
        obj.setdefault("type", "Opaque")
        for name, value in obj.pop("stringData", {}).items():
            obj.setdefault("data", {})[name] = base64.b64encode(value.encode()).decode()
    elif plural in ("deployments", "replicasets", "statefulsets"):
        spec.setdefault("replicas", 1)
        _pod(spec.setdefault("template", {}).setdefault("spec", {}))
        if plural == "deployments":
            _deployment(spec)
        if plural == "statefulsets":
            spec.setdefault("podManagementPolicy", "OrderedReady")
            spec.setdefault("revisionHistoryLimit", 10)
            strategy = spec.setdefault("updateStrategy", {})
            if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
                strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)


def _deployment(spec: Object) -> None:
    spec.setdefault("progressDeadlineSeconds", 600)
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", "25%")
        rolling.setdefault("maxUnavailable", "25%")


def _pod(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    for container in spec.setdefault("containers", []):
        container.setdefault("imagePullPolicy", "IfNotPresent")
        container.setdefault("resources", {})
        for port in container.get("ports", ()):
            port.setdefault("protocol", "TCP")
        for name in ("readinessProbe", "livenessProbe"):
            if probe := container.get(name):
                for field, value in (
                    ("periodSeconds", 10),
                    ("timeoutSeconds", 1),
                    ("failureThreshold", 3),
                    ("successThreshold", 1),
                ):
                    probe.setdefault(field, value)


def check(kind: str, obj: Object) -> None:
    """Raise ApiError 422 for an object that a server would not take, or that this one could not run honestly."""
    name = obj["metadata"].get("name", "")
    if not _NAME.fullmatch(name):
        raise invalid(kind, name, "metadata.name", "a lowercase RFC 1123 subdomain must consist of a-z, 0-9, - and .")
    spec = obj.get("spec", {})
    if kind == "Pod":
        _check_pod(kind, name, spec)
    elif kind in ("Deployment", "ReplicaSet", "StatefulSet"):
        _check_pod(kind, name, spec["template"]["spec"])
        labelled = {"metadata": {"labels": spec["template"].get("metadata", {}).get("labels")}}
        if not spec.get("selector", {}).get("matchLabels") or not by_spec(spec["selector"])(labelled):
            raise invalid(
                kind,
                name,
                "spec.template.metadata.labels",
                "Invalid value: `selector` does not match template `labels`",
            )
        _check_left_out(kind, name, kind, spec)
        if spec["replicas"] < 0:
            raise invalid(kind, name, "spec.replicas", "must be greater than or equal to 0")


def _check_pod(kind: str, name: str, spec: Object) -> None:
    _check_left_out(kind, name, "Pod", spec)
    if not spec["containers"]:
        raise invalid(kind, name, "spec.containers", "Required value")
    for index, container in enumerate(spec["containers"]):
        where = f"spec.containers[{index}]"
        for field in ("name", "image"):
            if not container.get(field):
                raise invalid(kind, name, f"spec.{field}", "Required value")
        for probe in ("readinessProbe", "livenessProbe"):
            if container.get(probe) and "exec" not in container[probe]:
                raise invalid(kind, name, f"{where}.{probe}", "this cluster runs exec probes only")


def _check_left_out(kind: str, name: str, part: str, spec: Object) -> None:
    for field in _LEFT_OUT.get(part, ()):
        if spec.get(field):
            raise invalid(kind, name, f"spec.{field}", "this cluster has no such thing")


def check_update(kind: str, before: Object, after: Object) -> None:
    """Raise ApiError 422 for a change of what cannot be changed."""
    if kind in ("Deployment", "ReplicaSet", "StatefulSet") and before["spec"]["selector"] != after["spec"]["selector"]:
        name = after["metadata"]["name"]
        raise invalid(kind, name, "spec.selector", "Invalid value: field is immutable")
