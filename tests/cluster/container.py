"""One container: its runs one after another, each a real local process, and what the kubelet knows of it.

Images are only names: what runs is `command` and `args`, in a folder of the pod, in the network of this machine. An
image whose tag is `missing` cannot be pulled. A memory limit is kept by looking at the resident memory of the
process and its descendants and killing them when it is passed, which needs no privileges but /proc.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.cluster.logs import Log
from tests.cluster.objects import Object, rfc3339
from tests.cluster.process import ConfigMissingError, memory, output, quantity, send

_BACKOFF_S, _BACKOFF_MAX_S, _FORGIVEN_S = 10.0, 300.0, 600.0
"""The kubelet's: the first wait, the longest, and how long a run must last to be forgiven what was before."""
_MEMORY_EVERY_S = 0.05


class Pod(Protocol):
    """What a container needs of its pod and node."""

    scale: float
    clock: Callable[[], float]
    grace_s: float

    def variables(self, container: Object) -> dict[str, str]: ...

    def folder(self) -> Path: ...

    def publish(self) -> None: ...

    def say(self, reason: str, message: str, *, warning: bool = False) -> None: ...


class Container:
    """Runs and restarts one container of a pod."""

    def __init__(self, spec: Object, pod: Pod, restart_policy: str) -> None:
        self.spec = spec
        self.name: str = spec["name"]
        self.state: Object = {"waiting": {"reason": "ContainerCreating"}}
        self.last: Object = {}
        self.ready = False
        self.restarts = 0
        self.log: Log | None = None
        self.previous_log: Log | None = None
        self._pod, self._policy = pod, restart_policy
        self._pid = 0
        self._oom = False
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()
        """Of the run that has a pid."""

    def status(self) -> Object:
        """The containerStatus."""
        return {
            "name": self.name,
            "image": self.spec["image"],
            "imageID": f"local/{self.spec['image']}",
            "containerID": f"process://{self._pid}" if self._pid else "",
            "ready": self.ready,
            "started": "running" in self.state,
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last,
        }

    async def live(self) -> None:
        """Run, and run again as the restart policy has it, until stopped."""
        backoff = 0.0
        while not self._stop.is_set():
            began = time.monotonic()
            started = await self._run()
            code = self.state["terminated"]["exitCode"] if started else None
            if self._stop.is_set() or (
                started and (self._policy == "Never" or (self._policy == "OnFailure" and not code))
            ):
                return
            if time.monotonic() - began > _FORGIVEN_S * self._pod.scale:
                backoff = 0.0
            if backoff or not started:
                backoff = backoff or _BACKOFF_S
                await self._back_off(backoff, crashed=started)
            backoff = min(2 * backoff, _BACKOFF_MAX_S) or _BACKOFF_S
            if started:
                self.restarts += 1

    async def _back_off(self, nominal: float, *, crashed: bool) -> None:
        if crashed:
            self.last = self.state
            message = f"back-off {_go(nominal)} restarting failed container={self.name}"
            self._wait("CrashLoopBackOff", message)
            self._pod.say("BackOff", f"Back-off restarting failed container {self.name}", warning=True)
        elif self.state["waiting"]["reason"] == "ErrImagePull":
            self._wait("ImagePullBackOff", f'Back-off pulling image "{self.spec["image"]}"')
            self._pod.say("BackOff", f'Back-off pulling image "{self.spec["image"]}"')
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(nominal * self._pod.scale):
                await self._stop.wait()

    def _wait(self, reason: str, message: str) -> None:
        self.state = {"waiting": {"reason": reason, "message": message}}
        self._pod.publish()

    async def _run(self) -> bool:
        """One run; whether it got as far as a process that ended."""
        image = self.spec["image"]
        if image.endswith(":missing"):
            why = f'failed to pull and unpack image "{image}": not found'
            self._pod.say("Failed", f'Failed to pull image "{image}": {why}', warning=True)
            self._wait("ErrImagePull", why)
            return False
        self._pod.say("Pulled", f'Container image "{image}" already present on machine')
        try:
            variables = self._pod.variables(self.spec)
        except ConfigMissingError as error:
            self._pod.say("Failed", f"Error: {error}", warning=True)
            self._wait("CreateContainerConfigError", str(error))
            return False
        self._pod.say("Created", f"Container created: {self.name}")
        if "terminated" in self.state:
            self.last = self.state
        self.previous_log, self.log = self.log, Log(self._pod.clock)
        self._oom = False
        self._ended.clear()
        began = rfc3339(self._pod.clock())
        try:
            code = await self._process(variables, self.log)
        except OSError as error:
            self._pod.say("Failed", f"Error: failed to start container {self.name!r}: {error}", warning=True)
            code, reason, message = 128, "StartError", f"exec: {error}"
        else:
            reason, message = "OOMKilled" if self._oom else "Completed" if code == 0 else "Error", ""
        finally:
            self._pid = 0
            self.log.close()
            self._ended.set()
        ended = {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": rfc3339(self._pod.clock())}
        self.state = {"terminated": {**ended, **({"message": message} if message else {})}}
        self.ready = False
        self._pod.publish()
        return True

    async def _process(self, variables: dict[str, str], log: Log) -> int:
        """Start the command, watch it to its end; the exit code as a shell tells it. Raises OSError."""
        # A pipe of our own: asyncio would wait for everybody who holds the other end, not for the process.
        out, into = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(self.spec.get("command") or ["command missing"]),
                *self.spec.get("args", ()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=into,
                stderr=into,
                env=variables,
                cwd=self._pod.folder(),
                start_new_session=True,
            )
        except OSError:
            os.close(out)
            raise
        finally:
            os.close(into)
        self._pid = process.pid
        self.state = {"running": {"startedAt": rfc3339(self._pod.clock())}}
        self.ready = "readinessProbe" not in self.spec
        self._pod.say("Started", f"Container started: {self.name}")
        self._pod.publish()
        pump = asyncio.create_task(_pump(out, log))
        kinds = [kind for kind in ("readiness", "liveness") if f"{kind}Probe" in self.spec]
        watchers = [asyncio.create_task(self._probe(kind, variables, process.pid)) for kind in kinds]
        if limit := self.spec["resources"].get("limits", {}).get("memory"):
            watchers.append(asyncio.create_task(self._guard_memory(process.pid, quantity(limit))))
        if self._stop.is_set():
            send(process.pid, signal.SIGKILL, group=True)
        try:
            code = await process.wait()
        finally:
            send(process.pid, signal.SIGKILL, group=True)  # with the first process, all of a container ends
            await process.wait()
            for watcher in watchers:
                watcher.cancel()
            await asyncio.wait([pump, *watchers], timeout=1)
            pump.cancel()  # somebody who left the session may hold the pipe for ever
        return code if code >= 0 else 128 - code

    async def stop(self, grace_s: float) -> None:
        """SIGTERM, and SIGKILL to all of it when the grace is over."""
        self._stop.set()
        if not self._pid:
            return
        send(self._pid, signal.SIGTERM, group=False)
        try:
            async with asyncio.timeout(grace_s):
                await self._ended.wait()
        except TimeoutError:
            send(self._pid, signal.SIGKILL, group=True)
            await self._ended.wait()

    async def _guard_memory(self, pid: int, limit: int) -> None:
        while memory(pid) <= limit:  # noqa: ASYNC110 - nobody tells us when a process grows
            await asyncio.sleep(_MEMORY_EVERY_S)
        self._oom = True
        send(pid, signal.SIGKILL, group=True)

    async def _probe(self, kind: str, variables: dict[str, str], pid: int) -> None:
        """Ask again and again whether the container is ready, or still alive."""
        probe, scale = self.spec[f"{kind}Probe"], self._pod.scale
        succeeded = failed = 0
        await asyncio.sleep(probe.get("initialDelaySeconds", 0) * scale)
        while True:
            try:
                # Never less than a second: a process does not start faster on a cluster that is in a hurry.
                timeout = max(1.0, probe["timeoutSeconds"] * scale)
                code, said = await output(probe["exec"]["command"], variables, self._pod.folder(), timeout)
            except TimeoutError:
                code, said = 1, f"command timed out after {probe['timeoutSeconds']}s"
            except OSError as error:
                code, said = 1, str(error)
            succeeded, failed = (succeeded + 1, 0) if code == 0 else (0, failed + 1)
            if code != 0:
                self._pod.say("Unhealthy", f"{kind.capitalize()} probe failed: {said.strip()[:200]}", warning=True)
            if kind == "liveness" and failed >= probe["failureThreshold"]:
                self._pod.say("Killing", f"Container {self.name} failed liveness probe, will be restarted")
                send(pid, signal.SIGTERM, group=True)
                await asyncio.sleep(self._pod.grace_s)
                send(pid, signal.SIGKILL, group=True)
            if kind == "readiness" and (
                (not self.ready and succeeded >= probe["successThreshold"])
                or (self.ready and failed >= probe["failureThreshold"])
            ):
                self.ready = not self.ready
                self._pod.publish()
            await asyncio.sleep(probe["periodSeconds"] * scale)


async def _pump(fd: int, log: Log) -> None:
    """Read a pipe to its end."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", 0))
    try:
        while chunk := await reader.read(65536):
            log.feed(chunk)
    finally:
        transport.close()


def _go(span: float) -> str:
    """A span as Go prints it: 40s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(span), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
