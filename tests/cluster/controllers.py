"""What follows from changes: the loop that brings workloads to what they should be, and the garbage collector.

Every change marks the workload it concerns; marked ones are reconciled one at a time, each in one go without waiting,
so that nothing moves under a controller's feet.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from tests.cluster.deployments import Deployments
from tests.cluster.errors import ApiError
from tests.cluster.events import Events
from tests.cluster.objects import Object, key, owned_by, owner
from tests.cluster.operations import Operations
from tests.cluster.replicasets import ReplicaSets
from tests.cluster.resources import RESOURCES
from tests.cluster.statefulsets import StatefulSets
from tests.cluster.store import Change, Store

Key = tuple[str, str, str]
"""Plural, namespace, name of a workload."""

_PLURALS = {"Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets"}
_DEPENDENT = ("replicasets", "controllerrevisions", "pods")


class Controllers:
    """All controllers over one store."""

    def __init__(
        self, store: Store, operations: Operations, events: Events, clock: Callable[[], float], time_scale: float
    ) -> None:
        self._store, self._operations = store, operations
        self._reconcile: dict[str, Callable[[Object], None]] = {
            "deployments": Deployments(store, operations, events, clock, self._later, time_scale).reconcile,
            "replicasets": ReplicaSets(store, operations, events, self._later, time_scale).reconcile,
            "statefulsets": StatefulSets(store, operations, events).reconcile,
        }

    async def run(self) -> None:
        """Serve until cancelled."""
        with self._store.subscribed(self._store.version) as queue:
            while True:
                changes = [await queue.get()]
                while not queue.empty():
                    changes.append(queue.get_nowait())
                for change in changes:
                    if change.kind == "DELETED":
                        self._collect(change.obj)
                for marked in dict.fromkeys(each for change in changes for each in self._concerned(change)):
                    self._work(marked)

    def _work(self, marked: Key) -> None:
        plural, namespace, name = marked
        workload = self._store.find(plural, namespace, name)
        if workload is not None:
            self._reconcile[plural](workload)

    def _later(self, seconds: float, workload: Object) -> None:
        """Look at a workload again after a while, since nothing may happen that would mark it."""
        marked = (_PLURALS[workload["kind"]], *key(workload))
        asyncio.get_running_loop().call_later(seconds, self._work, marked)

    def _collect(self, gone: Object) -> None:
        """Delete what a deleted object controlled."""
        if gone["kind"] not in _PLURALS:
            return
        namespace = gone["metadata"]["namespace"]
        for plural in _DEPENDENT:
            for child in self._store.list(plural, namespace):
                if owned_by(child, gone):
                    with contextlib.suppress(ApiError):  # it went by itself
                        self._operations.delete(RESOURCES[plural], namespace, child["metadata"]["name"], {})

    def _concerned(self, change: Change) -> list[Key]:
        """The workload that changed, the one that controls it, and so on: a Recreate waits for the last old pod."""
        keys: list[Key] = []
        if change.plural in _PLURALS.values():
            keys.append((change.plural, *key(change.obj)))
        parent = owner(change.obj)
        while plural := _PLURALS.get(parent.get("kind", "")):
            keys.append((plural, change.obj["metadata"]["namespace"], parent["name"]))
            above = self._store.find(*keys[-1])
            parent = owner(above) if above is not None else {}
        return keys
