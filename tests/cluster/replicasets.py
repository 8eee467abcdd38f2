"""ReplicaSets: so many pods of one template, no more and no fewer."""

from __future__ import annotations

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

    def __init__(self, store: Store, operations: Operations, events: Events) -> None:
        self._store, self._operations, self._events = store, operations, events

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

    def _count(self, replica_set: Object) -> None:
        pods = pods_of(self._store, replica_set)
        ready = sum(is_ready(pod) for pod in pods)
        changed = copy(replica_set)
        changed["status"] = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": replica_set["metadata"]["generation"],
        }
        self._store.update("replicasets", changed)
