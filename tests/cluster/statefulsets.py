"""StatefulSets: pods with names that stay, created from the first and replaced from the last, one at a time.

A template is kept as a ControllerRevision; pods carry the name of theirs in `controller-revision-hash`. As on a real
cluster, a pod that never gets ready holds up everything behind it, also a rollback.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

from tests.cluster.events import Events
from tests.cluster.objects import Object, copy, deleting, is_ready, owned_by, reference, template_hash, template_of
from tests.cluster.operations import Operations
from tests.cluster.replicasets import pod_from
from tests.cluster.resources import RESOURCES
from tests.cluster.store import Store

_HASH = "controller-revision-hash"
_SOURCE = "statefulset-controller"


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


class StatefulSets:
    """Creates, replaces and removes pods in order."""

    def __init__(self, store: Store, operations: Operations, events: Events) -> None:
        self._store, self._operations, self._events = store, operations, events

    def reconcile(self, workload: Object) -> None:
        """Take the next step of one."""
        newest = self._revision(workload)
        update = newest["metadata"]["name"]
        current = workload["status"].get("currentRevision") or update
        self._step(workload, current, newest)
        pods = self._pods(workload)
        of_update = sum(pod["metadata"]["labels"].get(_HASH) == update for pod in pods)
        ready = sum(is_ready(pod) and not deleting(pod) for pod in pods)
        if of_update == ready == len(pods) == workload["spec"]["replicas"]:
            current = update
        status: Object = {
            "observedGeneration": workload["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": sum(pod["metadata"]["labels"].get(_HASH) == current for pod in pods),
            "updatedReplicas": of_update,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        }
        if status != workload["status"]:
            changed = copy(workload)
            changed["status"] = status
            self._store.update("statefulsets", changed)

    def _pods(self, workload: Object) -> list[Object]:
        pods = self._store.list("pods", workload["metadata"]["namespace"])
        return sorted((pod for pod in pods if owned_by(pod, workload)), key=_ordinal)

    def _step(self, workload: Object, current: str, newest: Object) -> None:
        """Do what is next, and only that, unless pods may be managed in parallel."""
        spec, name = workload["spec"], workload["metadata"]["name"]
        parallel = spec["podManagementPolicy"] == "Parallel"
        present = {_ordinal(pod): pod for pod in self._pods(workload)}
        partition = spec["updateStrategy"].get("rollingUpdate", {}).get("partition", 0)
        for ordinal in range(spec["replicas"]):
            pod = present.get(ordinal)
            if pod is None:
                old = ordinal < partition and current != newest["metadata"]["name"]
                self._create(workload, f"{name}-{ordinal}", self._named(workload, current) if old else newest)
            if (pod is None or deleting(pod) or not is_ready(pod)) and not parallel:
                return
        surplus = [present[ordinal] for ordinal in sorted(present, reverse=True) if ordinal >= spec["replicas"]]
        if surplus:
            for pod in surplus if parallel else surplus[:1]:
                self._delete(workload, pod)
            return
        if spec["updateStrategy"]["type"] == "OnDelete":
            return
        for ordinal in sorted(present, reverse=True):
            pod = present[ordinal]
            if ordinal >= partition and pod["metadata"]["labels"].get(_HASH) != newest["metadata"]["name"]:
                self._delete(workload, pod)
                return
            if not is_ready(pod) or deleting(pod):
                return

    def _create(self, workload: Object, name: str, revision: Object) -> None:
        template = revision["data"]["spec"]["template"]
        labels = {_HASH: revision["metadata"]["name"], "statefulset.kubernetes.io/pod-name": name}
        pod = pod_from(template, workload, name, **labels)
        self._operations.create(RESOURCES["pods"], workload["metadata"]["namespace"], pod)
        message = f"create Pod {name} in StatefulSet {workload['metadata']['name']} successful"
        self._events.say(workload, "SuccessfulCreate", message, source=_SOURCE)

    def _delete(self, workload: Object, pod: Object) -> None:
        if deleting(pod):
            return
        name = pod["metadata"]["name"]
        self._operations.delete(RESOURCES["pods"], pod["metadata"]["namespace"], name, {})
        message = f"delete Pod {name} in StatefulSet {workload['metadata']['name']} successful"
        self._events.say(workload, "SuccessfulDelete", message, source=_SOURCE)

    def _named(self, workload: Object, name: str) -> Object:
        return self._store.get("controllerrevisions", workload["metadata"]["namespace"], name)

    def _revision(self, workload: Object) -> Object:
        """The ControllerRevision of the present template, with the highest number."""
        meta, template = workload["metadata"], workload["spec"]["template"]
        history = [
            each for each in self._store.list("controllerrevisions", meta["namespace"]) if owned_by(each, workload)
        ]
        history.sort(key=lambda each: each["revision"])
        wanted = template_of(template)
        for each in history:
            if template_of(each["data"]["spec"]["template"]) == wanted:
                if each is history[-1]:
                    return each
                changed = copy(each)
                changed["revision"] = history[-1]["revision"] + 1
                return self._store.update("controllerrevisions", changed)
        digest = template_hash(template)
        made = {
            "metadata": {
                "name": f"{meta['name']}-{digest}",
                "labels": {**template["metadata"]["labels"], _HASH: digest},
                "annotations": meta.get("annotations") or {},
                "ownerReferences": [reference(workload)],
            },
            "data": {"spec": {"template": {**template, "$patch": "replace"}}},
            "revision": history[-1]["revision"] + 1 if history else 1,
        }
        return self._operations.create(RESOURCES["controllerrevisions"], meta["namespace"], made)
