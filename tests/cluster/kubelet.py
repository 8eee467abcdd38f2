"""The node: takes every pod it is given, runs its containers, and says how they are.

It is scheduler and kubelet in one: a pod without a node is bound to `NODE` at once. Pods on other nodes are none of
its business, which is how tests have thousands of pods without a process.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.cluster.container import Container
from tests.cluster.errors import ApiError
from tests.cluster.events import Events
from tests.cluster.objects import Object, condition, copy, deleting, key, rfc3339
from tests.cluster.process import environment
from tests.cluster.store import Store

NODE = "node-1"
"""The node whose pods are real processes; pods on any other are only said to run."""


class RunningPod:
    """One pod on the node."""

    def __init__(self, pod: Object, kubelet: Kubelet) -> None:
        self.scale, self.clock = kubelet.scale, kubelet.clock
        self.grace_s = pod["spec"]["terminationGracePeriodSeconds"] * self.scale
        self.uid = pod["metadata"]["uid"]
        self._pod, self._kubelet = pod, kubelet
        self._folder = Path(tempfile.mkdtemp(prefix=f"{pod['metadata']['name']}-", dir=kubelet.folder))
        self._started = rfc3339(self.clock())
        policy = pod["spec"]["restartPolicy"]
        self.containers = {spec["name"]: Container(spec, self, policy) for spec in pod["spec"]["containers"]}
        self._task = asyncio.create_task(self._live())
        self._ending: asyncio.Task[None] | None = None

    def variables(self, container: Object) -> dict[str, str]:
        """Its environment; raises ConfigMissingError."""
        return environment(self._kubelet.store, self._pod, container)

    def folder(self) -> Path:
        """Where its processes start."""
        return self._folder

    def say(self, reason: str, message: str, *, warning: bool = False) -> None:
        """An event about the pod."""
        self._kubelet.events.say(self._pod, reason, message, source="kubelet", warning=warning)

    def publish(self) -> None:
        """Write the status as it is now."""
        present = self._kubelet.store.find("pods", *key(self._pod))
        if present is None or present["metadata"]["uid"] != self.uid:
            return
        changed = copy(present)
        changed["status"] = self._status(present)
        self._kubelet.store.update("pods", changed)

    def _status(self, present: Object) -> Object:
        states = [container.status() for container in self.containers.values()]
        ready = all(state["ready"] for state in states)
        unready = [state["name"] for state in states if not state["ready"]]
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}

        def told(kind: str, *, holds: bool) -> Object:
            before = condition(present, kind)
            status = "True" if holds else "False"
            since = before["lastTransitionTime"] if before.get("status") == status else rfc3339(self.clock())
            return {"type": kind, "status": status, "lastTransitionTime": since, **({} if holds else why)}

        return {
            "phase": self._phase(states),
            "conditions": [
                told("PodScheduled", holds=True),
                told("Initialized", holds=True),
                told("ContainersReady", holds=ready),
                told("Ready", holds=ready),
            ],
            "hostIP": "127.0.0.1",
            "podIP": "127.0.0.1",
            "podIPs": [{"ip": "127.0.0.1"}],
            "startTime": self._started,
            "qosClass": "BestEffort",
            "containerStatuses": states,
        }

    def _phase(self, states: list[Object]) -> str:
        ended = [state["state"].get("terminated") for state in states]
        policy = self._pod["spec"]["restartPolicy"]
        if policy != "Always" and all(ended):
            codes = [each["exitCode"] for each in ended]
            if not any(codes):
                return "Succeeded"
            if policy == "Never":
                return "Failed"
        begun = any("waiting" not in state["state"] or state["lastState"] for state in states)
        return "Running" if begun else "Pending"

    async def _live(self) -> None:
        self.publish()
        async with asyncio.TaskGroup() as group:
            for container in self.containers.values():
                group.create_task(container.live())

    def end(self) -> None:
        """Begin to terminate it as its deletion asks."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())

    async def _end(self) -> None:
        present = self._kubelet.store.get("pods", *key(self._pod))
        grace = present["metadata"]["deletionGracePeriodSeconds"] * self.scale
        for name in self.containers:
            self.say("Killing", f"Stopping container {name}")
        await asyncio.gather(*(container.stop(grace) for container in self.containers.values()))
        await self._task
        self.publish()
        self._kubelet.gone(self._pod)

    async def kill(self) -> None:
        """End its processes now."""
        tasks = [task for task in (self._ending, self._task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


class Kubelet:
    """Follows the pods in the store."""

    def __init__(
        self, store: Store, events: Events, clock: Callable[[], float], *, folder: Path, time_scale: float
    ) -> None:
        self.store, self.events, self.clock = store, events, clock
        self.folder, self.scale = folder, time_scale
        self._pods: dict[str, RunningPod] = {}

    def container(self, pod: Object, name: str) -> Container:
        """The container of that name, or the only one; raises ApiError 400."""
        specs = [spec["name"] for spec in pod["spec"]["containers"]]
        pod_name = pod["metadata"]["name"]
        if not name and len(specs) > 1:
            choices = " ".join(specs)
            raise ApiError(400, f"a container name must be specified for pod {pod_name}, choose one of: [{choices}]")
        wanted = name or specs[0]
        running = self._pods.get(pod["metadata"]["uid"])
        if wanted not in specs:
            raise ApiError(400, f"container {wanted} is not valid for pod {pod_name}")
        if running is None:
            raise ApiError(400, f'container "{wanted}" in pod "{pod_name}" is not running here')
        return running.containers[wanted]

    def surroundings(self, pod: Object, container: Container) -> tuple[dict[str, str], Path]:
        """The environment and folder of a running container's processes."""
        running = self._pods[pod["metadata"]["uid"]]
        return running.variables(container.spec), running.folder()

    async def run(self) -> None:
        """Serve until cancelled, then end every process."""
        try:
            with self.store.subscribed(self.store.version) as queue:
                while True:
                    change = await queue.get()
                    if change.plural == "pods":
                        await self._see(change.obj, deleted=change.kind == "DELETED")
        finally:
            await asyncio.gather(*(pod.kill() for pod in self._pods.values()))

    async def _see(self, seen: Object, *, deleted: bool) -> None:
        uid = seen["metadata"]["uid"]
        running = self._pods.get(uid)
        if deleted:
            if running is not None:
                del self._pods[uid]
                await running.kill()
            return
        pod = self.store.find("pods", *key(seen))
        if pod is None or pod["metadata"]["uid"] != uid:
            return  # gone since; its deletion comes next
        if "nodeName" not in pod["spec"]:
            self._bind(pod)
        elif running is None and pod["spec"]["nodeName"] == NODE:
            self._pods[uid] = RunningPod(pod, self)
        elif running is not None and deleting(pod):
            running.end()

    def _bind(self, pod: Object) -> None:
        bound = copy(pod)
        bound["spec"]["nodeName"] = NODE
        bound = self.store.update("pods", bound)
        where = "/".join(key(pod))
        self.events.say(bound, "Scheduled", f"Successfully assigned {where} to {NODE}", source="default-scheduler")

    def gone(self, pod: Object) -> None:
        """All processes of a pod have ended: forget it."""
        self._pods.pop(pod["metadata"]["uid"], None)
        self.store.delete("pods", *key(pod))
