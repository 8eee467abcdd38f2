"""ReplicaSets: so many pods of one template, no more and no fewer."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.cluster.events import Events
from tests.cluster.objects import Object, copy, deleting, is_ready, new_uid, owned_by, reference, suffix
from tests.cluster.operations import Operations
from tests.cluster.resources import RESOURCES
from tests.cluster.store import Store

_SOURCE = "replicaset-controller"


def pods_of(store: Store, workload: Object) -> list[Object]:
    """Its pods that count: neither being deleted nor ended for good."""
    return [
        pod
        for pod in store.list("pods", workload["metadata"]["namespace"])
        if owned_by(pod, workload) and not deleting(pod) and pod["status"]["phase"] not in ("Failed", "Succeeded")
    ]


def pod_from(template: Object, parent: Object, name: str, **labels: str) -> Object:
    """A pod as a controller creates it."""
    meta = template.get("metadata", {})
    pod = {
        "metadata": {
            "name": name,
            "labels": {**meta.get("labels", {}), **labels},
            "ownerReferences": [reference(parent)],
            **({"annotations": meta["annotations"]} if meta.get("annotations") else {}),
        },
        "spec": template["spec"],
    }
    return copy(pod)


class ReplicaSets:
    """Creates and deletes pods, and counts them."""

    def __init__(
        self,
        store: Store,
        operations: Operations,
        events: Events,
        later: Callable[[float, Object], None],
        time_scale: float,
    ) -> None:
        self._store, self._operations, self._events = store, operations, events
        self._later, self._scale = later, time_scale
        self._ready_since: dict[str, float] = {}
        """By uid of a pod, in monotonic seconds: objects know whole seconds only."""

    def reconcile(self, replica_set: Object) -> None:
        """Bring one to its number."""
        pods = pods_of(self._store, replica_set)
        surplus = len(pods) - replica_set["spec"]["replicas"]
        for _ in range(-surplus):
            self._create(replica_set)
        # What is not ready goes first, then what is youngest.
        by_age = sorted(pods, key=lambda pod: int(pod["metadata"]["resourceVersion"]), reverse=True)
        for pod in sorted(by_age, key=is_ready)[: max(0, surplus)]:
            self._delete(replica_set, pod)
        self._count(replica_set)

    def _create(self, replica_set: Object) -> None:
        meta = replica_set["metadata"]
        name = f"{meta['name']}-{suffix(new_uid().encode(), 5)}"
        pod = pod_from(replica_set["spec"]["template"], replica_set, name)
        self._operations.create(RESOURCES["pods"], meta["namespace"], pod)
        self._events.say(replica_set, "SuccessfulCreate", f"Created pod: {name}", source=_SOURCE)

    def _delete(self, replica_set: Object, pod: Object) -> None:
        name = pod["metadata"]["name"]
        self._operations.delete(RESOURCES["pods"], pod["metadata"]["namespace"], name, {})
        self._events.say(replica_set, "SuccessfulDelete", f"Deleted pod: {name}", source=_SOURCE)

    def _available(self, pod: Object, replica_set: Object) -> bool:
        """Whether a pod has been ready for `minReadySeconds`; if it is only ready, look again when it will have."""
        uid, now = pod["metadata"]["uid"], time.monotonic()
        if not is_ready(pod):
            self._ready_since.pop(uid, None)
            return False
        nominal: float = replica_set["spec"].get("minReadySeconds", 0)
        left = nominal * self._scale - (now - self._ready_since.setdefault(uid, now))
        if left > 0:
            self._later(left + 0.001, replica_set)
        return left <= 0

    def _count(self, replica_set: Object) -> None:
        pods = pods_of(self._store, replica_set)
        ready = sum(is_ready(pod) for pod in pods)
        available = sum(self._available(pod, replica_set) for pod in pods)
        changed = copy(replica_set)
        changed["status"] = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": available,
            "observedGeneration": replica_set["metadata"]["generation"],
        }
        self._store.update("replicasets", changed)
