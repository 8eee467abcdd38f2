"""Deployments: one ReplicaSet per template, and the steps from one to the next.

The rules are the deployment controller's, so that clients that follow a rollout see the same intermediate states:
surge and unavailability, revisions, pausing, the progress deadline. Proportional scaling in the middle of a
rollout is left out.
Source: https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/deployment
"""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable

import msgspec

from tests.cluster.events import Events
from tests.cluster.objects import Object, condition, copy, key, owned_by, reference, rfc3339, template_hash, template_of
from tests.cluster.operations import Operations
from tests.cluster.replicasets import pods_of
from tests.cluster.resources import RESOURCES
from tests.cluster.store import Store

REVISION = "deployment.kubernetes.io/revision"
_NOT_COPIED = {REVISION, "kubectl.kubernetes.io/last-applied-configuration"}
_SOURCE = "deployment-controller"


def share(value: int | str, replicas: int, *, up: bool) -> int:
    """`maxSurge` or `maxUnavailable` in pods: `25%` of the replicas, rounded up or down, or a plain number."""
    if isinstance(value, str):
        part = int(value.removesuffix("%")) * replicas / 100
        return math.ceil(part) if up else math.floor(part)
    return value


def limits(deployment: Object) -> tuple[int, int]:
    """How many pods more than wanted, and how many fewer available, a rollout may have."""
    spec = deployment["spec"]
    rolling = spec["strategy"].get("rollingUpdate", {})
    surge = share(rolling.get("maxSurge", 0), spec["replicas"], up=True)
    unavailable = share(rolling.get("maxUnavailable", 0), spec["replicas"], up=False)
    return surge, unavailable or int(surge == 0)


def revision(replica_set: Object) -> int:
    """Its number in the history."""
    return int(replica_set["metadata"].get("annotations", {}).get(REVISION, 0))


class _Progress(msgspec.Struct):
    """How far a rollout was when it last moved on, and when that was (monotonic seconds)."""

    mark: tuple[int, ...]
    at: float


class Deployments:
    """Rolls out templates."""

    def __init__(
        self,
        store: Store,
        operations: Operations,
        events: Events,
        clock: Callable[[], float],
        later: Callable[[float, Object], None],
        time_scale: float,
    ) -> None:
        self._store, self._operations, self._events, self._clock = store, operations, events, clock
        self._later, self._scale = later, time_scale
        self._progress: dict[str, _Progress] = {}

    def reconcile(self, deployment: Object) -> None:
        """Take the next step of one."""
        namespace = deployment["metadata"]["namespace"]
        owned = [each for each in self._store.list("replicasets", namespace) if owned_by(each, deployment)]
        owned.sort(key=revision)
        wanted = template_of(deployment["spec"]["template"])
        new = next((each for each in reversed(owned) if template_of(each["spec"]["template"]) == wanted), None)
        paused = bool(deployment["spec"].get("paused"))
        if new is None and not paused:
            new = self._create(deployment, owned)
        elif new is not None:
            new = self._number(deployment, new, owned)
        # The number is the deployment's too; what follows works on the version that carries it.
        deployment = self._store.get("deployments", namespace, deployment["metadata"]["name"])
        old = [each for each in owned if new is None or each["metadata"]["uid"] != new["metadata"]["uid"]]
        if paused:
            self._progress.pop(deployment["metadata"]["uid"], None)
            active = [each for each in [*old, *([new] if new else [])] if each["spec"]["replicas"]]
            if len(active) == 1:
                self._scale_to(deployment, active[0], deployment["spec"]["replicas"])
        elif new is not None and deployment["spec"]["strategy"]["type"] == "Recreate":
            self._recreate(deployment, new, old)
        elif new is not None:
            self._roll(deployment, new, old)
        self._tell(deployment, new)

    def _create(self, deployment: Object, owned: list[Object]) -> Object:
        meta, spec = deployment["metadata"], deployment["spec"]
        digest = template_hash(spec["template"])
        name = f"{meta['name']}-{digest}"
        template = copy(spec["template"])
        labels = template["metadata"]["labels"]
        labels["pod-template-hash"] = digest
        number = max(map(revision, owned), default=0) + 1
        made = self._operations.create(
            RESOURCES["replicasets"],
            meta["namespace"],
            {
                "metadata": {
                    "name": name,
                    "labels": labels,
                    "annotations": {**self._annotations(deployment), REVISION: str(number)},
                    "ownerReferences": [reference(deployment)],
                },
                "spec": {
                    "replicas": 0,
                    "minReadySeconds": spec.get("minReadySeconds", 0),
                    "selector": {"matchLabels": {**spec["selector"]["matchLabels"], "pod-template-hash": digest}},
                    "template": template,
                },
            },
        )
        self._set_revision(deployment, number)
        self._moved(deployment, ())
        return made

    @staticmethod
    def _annotations(deployment: Object) -> Object:
        annotations = deployment["metadata"].get("annotations") or {}
        return {name: value for name, value in annotations.items() if name not in _NOT_COPIED}

    def _number(self, deployment: Object, new: Object, owned: list[Object]) -> Object:
        """Give the present ReplicaSet the highest number: rolling back makes the old template the newest."""
        highest = max(revision(each) for each in owned if each is not new) if len(owned) > 1 else 0
        number = max(revision(new), highest + 1)
        changed = copy(new)
        changed["metadata"]["annotations"] |= {**self._annotations(deployment), REVISION: str(number)}
        if number != revision(new):
            self._moved(deployment, ())
        self._set_revision(deployment, number)
        return self._store.update("replicasets", changed)

    def _set_revision(self, deployment: Object, number: int) -> None:
        changed = copy(deployment)
        changed["metadata"].setdefault("annotations", {})[REVISION] = str(number)
        self._store.update("deployments", changed)

    def _scale_to(self, deployment: Object, replica_set: Object, replicas: int) -> None:
        before = replica_set["spec"]["replicas"]
        if before == replicas:
            return
        changed = copy(replica_set)
        changed["spec"]["replicas"] = replicas
        changed["metadata"]["generation"] += 1
        self._store.update("replicasets", changed)
        way = "up" if replicas > before else "down"
        message = f"Scaled {way} replica set {replica_set['metadata']['name']} from {before} to {replicas}"
        self._events.say(deployment, "ScalingReplicaSet", message, source=_SOURCE)

    def _recreate(self, deployment: Object, new: Object, old: list[Object]) -> None:
        for each in old:
            self._scale_to(deployment, each, 0)
        pods = self._store.list("pods", deployment["metadata"]["namespace"])
        if not any(owned_by(pod, each) for each in old for pod in pods):
            self._scale_to(deployment, new, deployment["spec"]["replicas"])

    def _roll(self, deployment: Object, new: Object, old: list[Object]) -> None:
        """One step: first grow the new, and only if it does not grow, shrink the old."""
        replicas = deployment["spec"]["replicas"]
        surge, unavailable = limits(deployment)
        total = sum(each["spec"]["replicas"] for each in [new, *old])
        present = new["spec"]["replicas"]
        if present > replicas:
            self._scale_to(deployment, new, replicas)
            return
        if (grown := min(replicas, present + max(0, replicas + surge - total))) > present:
            self._scale_to(deployment, new, grown)
            return
        minimum = replicas - unavailable
        new_unavailable = present - new["status"].get("availableReplicas", 0)
        removable = total - minimum - new_unavailable
        removable = self._shrink_unhealthy(deployment, old, removable)
        old = [self._store.get("replicasets", *key(each)) for each in old]
        available = sum(each["status"].get("availableReplicas", 0) for each in [new, *old])
        removable = min(removable, available - minimum)
        for each in old:
            step = min(each["spec"]["replicas"], max(0, removable))
            self._scale_to(deployment, each, each["spec"]["replicas"] - step)
            removable -= step
        if not any(each["spec"]["replicas"] for each in old) and self._complete(deployment, new):
            self._forget(deployment, old)

    def _shrink_unhealthy(self, deployment: Object, old: list[Object], removable: int) -> int:
        """Old pods that are not available cost nothing: they go first. Returns how many more may go."""
        for each in old:
            idle = each["spec"]["replicas"] - each["status"].get("availableReplicas", 0)
            step = max(0, min(idle, removable))
            self._scale_to(deployment, each, each["spec"]["replicas"] - step)
            removable -= step
        return removable

    def _forget(self, deployment: Object, old: list[Object]) -> None:
        """Keep as much history as is wanted."""
        for each in old[: max(0, len(old) - deployment["spec"]["revisionHistoryLimit"])]:
            self._store.delete("replicasets", *key(each))

    @staticmethod
    def _complete(deployment: Object, new: Object) -> bool:
        replicas, status = deployment["spec"]["replicas"], new["status"]
        return bool(status.get("availableReplicas", 0) == status.get("replicas", 0) == replicas)

    def _moved(self, deployment: Object, mark: tuple[int, ...]) -> None:
        """Note how far it is; if that is further in any respect, or a new rollout, its deadline starts anew."""
        uid = deployment["metadata"]["uid"]
        known = self._progress.get(uid)
        if known is not None and mark and known.mark and not any(map(operator.gt, mark, known.mark)):
            known.mark = mark
            return
        self._progress[uid] = _Progress(mark, time.monotonic())
        self._later(deployment["spec"]["progressDeadlineSeconds"] * self._scale + 0.01, deployment)

    def _tell(self, deployment: Object, new: Object | None) -> None:
        """Write the status."""
        namespace = deployment["metadata"]["namespace"]
        owned = [each for each in self._store.list("replicasets", namespace) if owned_by(each, deployment)]
        replicas = sum(len(pods_of(self._store, each)) for each in owned)
        available = sum(each["status"].get("availableReplicas", 0) for each in owned)
        ready = sum(each["status"].get("readyReplicas", 0) for each in owned)
        updated = len(pods_of(self._store, new)) if new is not None else 0
        wanted = deployment["spec"]["replicas"]
        self._moved(deployment, (updated, updated - replicas, ready, available))
        status: Object = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": replicas,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": available,
            "unavailableReplicas": max(0, max(wanted, replicas) - available),
        }
        status = {name: count for name, count in status.items() if count}
        complete = updated == replicas == available == wanted
        _, unavailable = limits(deployment)
        enough = available >= wanted - unavailable
        status["conditions"] = [
            self._condition(
                deployment,
                "Available",
                "True" if enough else "False",
                f"MinimumReplicas{'Available' if enough else 'Unavailable'}",
                f"Deployment {'has' if enough else 'does not have'} minimum availability.",
            ),
            self._progressing(deployment, new, complete=complete),
        ]
        changed = copy(deployment)
        changed["status"] = status
        self._store.update("deployments", changed)

    def _progressing(self, deployment: Object, new: Object | None, *, complete: bool) -> Object:
        reason = condition(deployment, "Progressing").get("reason", "")
        if deployment["spec"].get("paused"):
            return self._condition(deployment, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
        name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else "Deployment"
        stalled = time.monotonic() - self._progress[deployment["metadata"]["uid"]].at
        if complete or (reason == "NewReplicaSetAvailable" and not self._rolling(deployment, new)):
            text = f"{name} has successfully progressed."
            return self._condition(deployment, "Progressing", "True", "NewReplicaSetAvailable", text)
        if stalled >= deployment["spec"]["progressDeadlineSeconds"] * self._scale:
            text = f"{name} has timed out progressing."
            return self._condition(deployment, "Progressing", "False", "ProgressDeadlineExceeded", text)
        return self._condition(deployment, "Progressing", "True", "ReplicaSetUpdated", f"{name} is progressing.")

    def _rolling(self, deployment: Object, new: Object | None) -> bool:
        """Whether pods of another template are still there: a crash or a change of scale is not a rollout."""
        namespace = deployment["metadata"]["namespace"]
        return any(
            each["spec"]["replicas"] or each["status"].get("replicas")
            for each in self._store.list("replicasets", namespace)
            if owned_by(each, deployment) and (new is None or each["metadata"]["uid"] != new["metadata"]["uid"])
        )

    def _condition(self, deployment: Object, kind: str, status: str, reason: str, message: str) -> Object:
        before, now = condition(deployment, kind), rfc3339(self._clock())
        same = before.get("status") == status
        if same and before.get("reason") == reason and before.get("message") == message:
            return before
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastUpdateTime": now,
            "lastTransitionTime": before["lastTransitionTime"] if same else now,
        }
