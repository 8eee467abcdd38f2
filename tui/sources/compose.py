"""Workloads and logs of a docker compose project, by the `docker` command line: the same Protocols as Kubernetes.

What a service is comes from `compose ps` and, for restarts and why a container ended, from `docker inspect`; `compose
events` says when to look again. Compose keeps no desired number of replicas and no revisions: a service wants as many
containers as it has, and nothing can be rolled back.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shlex
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence

import msgspec

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogRequest
from tui.model.profile import ComposeBackend
from tui.model.text import sanitise_line
from tui.model.workload import (
    Change,
    Container,
    ContainerState,
    Happening,
    Permission,
    Pod,
    Ref,
    Revision,
    Snapshot,
    Workload,
)
from tui.sources.compose_logs import stream
from tui.sources.docker import WHAT, Docker, Listed, listed
from tui.sources.http import UNREADABLE
from tui.sources.log_lines import Splitter, nanoseconds
from tui.sources.pace import Backoff, Pace

ACTION_S = 300.0
"""Seconds a restart or scaling may take: docker answers when it is done, and each container has its grace period."""

_MOST_EVENTS = 200
_ONE_OFF = "com.docker.compose.oneoff"
_NAME, _WORDS = 120, 300
_NO_UNDO = "docker compose keeps no revisions: set the image in the compose file and run docker compose up -d"
_NO_DELETE = "docker compose would start no other in its place: restart the service instead"
_STATES = {"running": "Running", "exited": "Exited", "created": "Created", "paused": "Paused", "dead": "Dead"}
_NOISE = ("exec_", "top", "attach", "detach", "resize", "export", "copy", "archive-path", "extract-to-dir", "commit")
"""Events that change nothing to be seen; health checks alone make three `exec_` each."""


class _State(msgspec.Struct, frozen=True):
    status: str = msgspec.field(name="Status", default="")
    oom_killed: bool = msgspec.field(name="OOMKilled", default=False)
    exit_code: int = msgspec.field(name="ExitCode", default=0)
    started: str = msgspec.field(name="StartedAt", default="")
    finished: str = msgspec.field(name="FinishedAt", default="")


class _Config(msgspec.Struct, frozen=True):
    image: str = msgspec.field(name="Image", default="")
    labels: Mapping[str, str] | None = msgspec.field(name="Labels", default=None)


class _Host(msgspec.Struct, frozen=True):
    memory: int = msgspec.field(name="Memory", default=0)
    nano_cpus: int = msgspec.field(name="NanoCpus", default=0)


class _Inspected(msgspec.Struct, frozen=True):
    """One container as `docker inspect` shows it.

    Source: https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container/operation/ContainerInspect
    """

    id: str = msgspec.field(name="Id", default="")
    created: str = msgspec.field(name="Created", default="")
    restarts: int = msgspec.field(name="RestartCount", default=0)
    state: _State = msgspec.field(name="State", default=_State())
    config: _Config = msgspec.field(name="Config", default=_Config())
    host: _Host = msgspec.field(name="HostConfig", default=_Host())


class _Event(msgspec.Struct, frozen=True):
    """One line of `compose events --json`."""

    action: str = ""
    time: str = ""
    service: str = ""
    attributes: Mapping[str, str] = {}


class Compose:
    """A WorkloadSource and a LogSource for one compose project.

    Args:
        backend: Which project.
        clock: Unix seconds.
        rng: Draws the jitter of retries.
        pace: How often to look.
    """

    def __init__(
        self,
        backend: ComposeBackend,
        *,
        clock: Clock = time.time,
        rng: random.Random | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._docker = Docker(backend)
        self._clock, self._rng, self._pace = clock, rng or random.Random(), pace or Pace()  # noqa: S311 - jitter
        self._known: dict[str, Workload] = {}
        """Every service that was seen; one that is scaled to nothing has no container to be seen by."""
        self._exits: dict[str, int] = {}
        """The last exit code of each container that ended while we watched; docker forgets it at the next start."""
        self._events: deque[Happening] = deque(maxlen=_MOST_EVENTS)

    # ── Workloads ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def watch(self) -> AsyncGenerator[Snapshot]:
        """Snapshots as `WorkloadSource.watch` promises them."""
        dirty = asyncio.Event()
        listener = asyncio.create_task(self._listen(dirty))
        backoff, last = Backoff(self._pace, self._rng), Snapshot(at=self._clock())
        shown: Snapshot | None = None
        try:
            while True:
                pause = self._pace.poll_s
                dirty.clear()
                try:
                    last = await self._look()
                    backoff.reset()
                except SourceError as error:
                    pause = backoff.next()
                    last = msgspec.structs.replace(last, stale=f"{error.why}; {error.hint}")
                if shown is None or msgspec.structs.replace(last, at=shown.at) != shown:
                    shown = last
                    yield last
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await dirty.wait()
                await asyncio.sleep(self._pace.coalesce_s)
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    async def _listen(self, dirty: asyncio.Event) -> None:
        """Note every event, and that there is something new to look at; where there are none, the poll has to do."""
        backoff = Backoff(self._pace, self._rng)
        while True:
            lines = Splitter()
            with contextlib.suppress(SourceError):  # `watch` meets the same and says so
                async with contextlib.aclosing(self._docker.stream(self._docker.compose("events", "--json"))) as pieces:
                    async for piece in pieces:
                        backoff.reset()
                        for line in lines.feed(piece):
                            if self._note(line):
                                dirty.set()
            await asyncio.sleep(backoff.next())

    def _note(self, line: bytes) -> bool:
        """Keep one event if it is worth it; whether something may look different now."""
        try:
            event = msgspec.json.decode(line, type=_Event)
        except UNREADABLE:  # a warning between the events
            return False
        if event.action.startswith(_NOISE):
            return False
        code = event.attributes.get("exitCode", "")
        bad = event.action in {"oom", "health_status: unhealthy"} or (event.action == "die" and code not in ("", "0"))
        name = sanitise_line(event.attributes.get("name", event.service), _NAME)
        if event.action == "die" and code.isdigit():
            self._exits[name] = int(code)
        message = f"exit code {sanitise_line(code, 10)}" if code else sanitise_line(event.service, _NAME)
        self._events.append(
            Happening(
                about=f"pod/{name}",
                type="Warning" if bad else "Normal",
                reason=sanitise_line(event.action, _NAME),
                message=message,
                at=_at(event.time) or self._clock(),
            )
        )
        return True

    async def _look(self) -> Snapshot:
        found = listed((await self._docker.run(self._docker.compose("ps", "--all", "--format", "json"))).out)
        details = await self._inspect([one.id for one in found if one.id])
        rows = [(one, details.get(one.id) or details.get(one.id[:12]) or _Inspected()) for one in found]
        rows = [(one, more) for one, more in rows if (more.config.labels or {}).get(_ONE_OFF) != "True"]
        services: dict[str, list[tuple[Listed, _Inspected]]] = {}
        for one, more in rows:
            services.setdefault(sanitise_line(one.service, _NAME), []).append((one, more))
        for name in self._known.keys() | services.keys():
            self._known[name] = _workload(name, services.get(name, []), self._known.get(name))
        return Snapshot(
            at=self._clock(),
            workloads=tuple(self._known[name] for name in sorted(self._known)),
            pods=tuple(sorted((_pod(one, more, self._exits) for one, more in rows), key=lambda pod: pod.name)),
            events=tuple(self._events),
        )

    async def _inspect(self, ids: Sequence[str]) -> dict[str, _Inspected]:
        """More about each container by its long and short id; nothing of those that have gone meanwhile."""
        if not ids:
            return {}
        try:
            said = await self._docker.run(["container", "inspect", *ids])
            found = msgspec.json.decode(said.out, type=tuple[_Inspected, ...])
        except UNREADABLE:
            return {}
        except SourceError as error:
            if error.up:  # one of them has gone: the event that said so makes us look again
                return {}
            raise
        return {key: one for one in found for key in (one.id, one.id[:12])}

    # ── Changes ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:  # noqa: ARG002 - the Protocol's
        """None: compose keeps none."""
        return ()

    async def permission(self, change: Change) -> Permission:
        """Whether compose can do it at all, and docker lets us; scaling needs the compose file as well."""
        if change.verb == "undo":
            return Permission(allowed=False, why=_NO_UNDO)
        if change.verb == "delete-pod":
            return Permission(allowed=False, why=_NO_DELETE)
        ask = ("config", "--services") if change.verb == "scale" else ("ps", "--all", "--services")
        try:
            said = await self._docker.run(self._docker.compose(*ask))
        except SourceError as error:
            return Permission(allowed=False, why=f"{error.why}; {error.hint}")
        service = _service_of(change)
        if service not in said.out.decode(errors="replace").split():
            return Permission(allowed=False, why=f"this project has no service {service}")
        return Permission(allowed=True)

    async def perform(self, change: Change) -> str:
        """Do it, and wait for docker to be done, up to `ACTION_S`."""
        said = await self._docker.run(self._docker.compose(*_action(change)), timeout_s=ACTION_S)
        lines = [line for line in said.err.splitlines() if line.strip()]
        done = sum(line.rstrip().endswith(("Started", "Created", "Removed")) for line in lines)
        if done:
            return f"docker compose {change.verb}: {done} step{'' if done == 1 else 's'} done"
        return f"docker compose {change.verb}: {sanitise_line(lines[-1], _WORDS) if lines else 'done'}"

    def equivalent(self, change: Change) -> str:
        """The docker command that does the same."""
        if change.verb in ("undo", "delete-pod"):
            return ""
        return shlex.join(["docker", *self._docker.compose(*_action(change))])

    async def aclose(self) -> None:
        """Nothing is kept open."""

    # ── Logs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def stream(self, request: LogRequest) -> AsyncGenerator[LogItem]:
        """The service's containers as compose mixes them; see `tui.sources.compose_logs`."""
        return stream(self._docker, request, clock=self._clock, backoff=Backoff(self._pace, self._rng))


def _service_of(change: Change) -> str:
    return change.target.removeprefix("service/")


def _action(change: Change) -> list[str]:
    service = _service_of(change)
    if service.startswith("-"):
        raise SourceError(
            WHAT, f"no service can be called {sanitise_line(service, _NAME)}", "look at the list", up=True
        )
    match change.verb:
        case "restart":
            return ["restart", service]
        case "scale":
            if not (change.argument.isascii() and change.argument.isdigit()):
                why = f"{sanitise_line(change.argument, 40)} is no number of containers"
                raise SourceError(WHAT, why, "give a whole number from 0", up=True)
            return ["up", "-d", "--no-recreate", "--scale", f"{service}={change.argument}", service]
        case "undo":
            raise SourceError(WHAT, "cannot undo", _NO_UNDO, up=True)
        case "delete-pod":
            raise SourceError(WHAT, "cannot delete", _NO_DELETE, up=True)


def _at(stamp: str) -> float | None:
    """Unix seconds of docker's times; its zero time (`0001-01-01`) is None."""
    nano = nanoseconds(stamp.encode(errors="replace"))
    return nano / 1e9 if nano is not None and nano > 0 else None


def _ready(one: Listed) -> bool:
    return one.state == "running" and one.health in ("", "healthy")


def _workload(name: str, rows: Sequence[tuple[Listed, _Inspected]], known: Workload | None) -> Workload:
    ref = Ref("Service", name)
    if not rows:
        return Workload(ref=ref, desired=0, containers=known.containers if known is not None else ())
    ready = sum(_ready(one) for one, _ in rows)
    more = rows[0][1]
    limits = {"memory": f"{more.host.memory // 2**20}Mi"} if more.host.memory else {}
    if more.host.nano_cpus:
        limits["cpu"] = f"{more.host.nano_cpus / 1e9:g}"
    starts = [at for _, one in rows if (at := _at(one.state.started)) is not None]
    created = [at for _, one in rows if (at := _at(one.created)) is not None]
    return Workload(
        ref=ref,
        selector={"com.docker.compose.service": name},
        desired=len(rows),
        current=len(rows),
        updated=len(rows),
        ready=ready,
        available=ready,
        created_at=min(created, default=None),
        restarted_at=max(starts, default=None),
        containers=(Container(name=name, image=sanitise_line(more.config.image, _WORDS), limits=limits),),
    )


def _pod(one: Listed, more: _Inspected, exits: Mapping[str, int]) -> Pod:
    name = sanitise_line(one.name, _NAME)
    running = one.state == "running"
    ended = one.state in ("exited", "dead")
    unhealthy = running and one.health not in ("", "healthy")
    phase = one.health.capitalize() if unhealthy else _STATES.get(one.state, one.state.capitalize())
    finished = _at(more.state.finished)
    code = more.state.exit_code if ended else exits.get(name)
    reason = "OOMKilled" if more.state.oom_killed else "" if code is None else "Error" if code else "Completed"
    state = ContainerState(
        name=sanitise_line(one.service, _NAME),
        ready=_ready(one),
        restarts=more.restarts,
        state="running" if running else "terminated" if ended else "waiting",
        reason=reason if ended else "" if running else sanitise_line(one.state, _NAME),
        started_at=_at(more.state.started),
        last_reason=reason if finished is not None else "",
        last_exit_code=code if finished is not None else None,
        last_finished_at=finished,
    )
    return Pod(
        name=name,
        owner=Ref("Service", sanitise_line(one.service, _NAME)),
        phase=sanitise_line("OOMKilled" if ended and more.state.oom_killed else phase, _NAME),
        ready=_ready(one),
        created_at=_at(more.created),
        containers=(state,),
    )
