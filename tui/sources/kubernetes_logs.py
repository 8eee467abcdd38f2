"""The logs of all pods of a selector, each followed by a task of its own.

Pods that appear are taken up from their first line; those that go are said to have gone. What reads slower than pods
write holds the connections back, not the memory: at most `_QUEUED` pieces wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from urllib.parse import quote

import msgspec

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.sources.kubernetes_api import Api, Refused, Silent
from tui.sources.kubernetes_objects import NAME, Wire, line, seconds, word
from tui.sources.kubernetes_pods import ContainerStatus
from tui.sources.kubernetes_watch import PODS, Reflector, Resource
from tui.sources.log_lines import Resume, Splitter, epoch
from tui.sources.pace import Backoff, Pace

MOST_PODS = 100
"""Followed at a time: each is a connection, and a stream that somebody has to read."""

_DEFAULT = "kubectl.kubernetes.io/default-container"
_QUEUED = 64
_SILENT_S = 300.0
"""A log may say nothing for as long as it likes; after this long we make sure that the connection is not dead."""
_SETTLE_S = 1.0
"""From the end of a log to the news why it ended."""
_SHORT_S = 2.0


class _Meta(Wire, frozen=True):
    name: str = ""
    uid: str = ""
    resource_version: str = ""
    annotations: dict[str, str] | None = None
    deletion_timestamp: datetime | None = None


class _Named(Wire, frozen=True):
    name: str = ""


class _Spec(Wire, frozen=True):
    containers: tuple[_Named, ...] = ()


class _Status(Wire, frozen=True):
    phase: str = ""
    container_statuses: tuple[ContainerStatus, ...] | None = None


class _PodObject(Wire, frozen=True):
    metadata: _Meta = _Meta()
    spec: _Spec = _Spec()
    status: _Status = _Status()


class _Ended(msgspec.Struct, frozen=True):
    """Why a container ended."""

    reason: str
    code: int
    at: float | None


class _Pod(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a pod as following its log takes."""

    name: str
    uid: str
    container: str
    finished: bool
    restarts: int
    ended: _Ended | None


class Logs:
    """One request.

    Args:
        api: The cluster.
        request: What to stream.
        clock: Unix seconds.
        rng: Draws the jitter of retries.
        pace: How long to wait between them.
    """

    def __init__(self, api: Api, request: LogRequest, *, clock: Clock, rng: random.Random, pace: Pace) -> None:
        self._api, self._request, self._clock, self._rng, self._pace = api, request, clock, rng, pace
        self._follow = request.follow and not request.previous
        self._queue = asyncio.Queue[LogItem](_QUEUED)
        self._news = asyncio.Event()
        self._tails: dict[str, asyncio.Task[None]] = {}
        """By uid; those that are done stay, so that none is begun twice."""
        self._changes: dict[str, asyncio.Event] = {}
        """Set when something of the pods has changed, by uid."""
        self._leaving = set[asyncio.Task[None]]()
        self._omitted = False
        self._began = clock()
        resource = Resource(title="pods", path=PODS.path, kind=_PodObject, convert=self._pod, most=PODS.most)
        self._pods = Reflector(api, resource, changed=self._changed, pace=pace, rng=rng, labels=request.selector)

    def _changed(self) -> None:
        self._news.set()
        for event in self._changes.values():
            event.set()

    def _pod(self, found: _PodObject) -> _Pod:
        names = [one.name for one in found.spec.containers]
        default = (found.metadata.annotations or {}).get(_DEFAULT, "")
        container = self._request.container or (default if default in names else names[0] if names else "")
        status = next((one for one in found.status.container_statuses or () if one.name == container), None)
        last = [one.terminated for one in (status.state, status.last_state) if one is not None] if status else []
        ended = next((one for one in last if one is not None), None)
        return _Pod(
            name=found.metadata.name,
            uid=found.metadata.uid,
            container=container,
            finished=found.status.phase in ("Succeeded", "Failed"),
            restarts=status.restart_count if status is not None else 0,
            ended=_Ended(word(ended.reason or ""), ended.exit_code, seconds(ended.finished_at)) if ended else None,
        )

    async def items(self) -> AsyncGenerator[LogItem]:
        """What comes, as it comes.

        Raises:
            SourceError: the pods cannot be listed at all.
        """
        supervisor = asyncio.create_task(self._supervise())
        try:
            while not (supervisor.done() and self._queue.empty()):
                if self._queue.empty():
                    getter = asyncio.create_task(self._queue.get())
                    try:
                        await asyncio.wait({getter, supervisor}, return_when=asyncio.FIRST_COMPLETED)
                        if not getter.done():
                            continue
                        item = getter.result()
                    finally:
                        getter.cancel()
                else:
                    item = self._queue.get_nowait()
                yield item
            await supervisor
        finally:
            supervisor.cancel()
            await asyncio.gather(supervisor, return_exceptions=True)

    async def _supervise(self) -> None:
        """Begin a task for each pod; if we follow, for those to come as well."""
        watch: asyncio.Task[None] | None = None
        try:
            if not self._follow:
                await self._pods.relist()
                await self._begin(late=False)
                await asyncio.gather(*self._tails.values())
                return
            watch = asyncio.create_task(self._pods.run())
            watch.add_done_callback(lambda _: self._news.set())
            late, trouble = False, ""
            while True:
                await self._news.wait()
                self._news.clear()
                if watch.done():
                    watch.result()  # a bug of ours: it has to be seen
                if self._pods.error is not None and not late:
                    raise self._pods.error
                if self._pods.answered:
                    await self._begin(late=late)
                    late = True
                if self._pods.trouble and self._pods.trouble != trouble:
                    await self._say(self._request.selector, f"pods that come and go are not seen: {self._pods.trouble}")
                trouble = self._pods.trouble
        finally:
            tasks = [*self._tails.values(), *self._leaving, *([watch] if watch is not None else [])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self, *, late: bool) -> None:
        """Begin with pods that are new, and part with those that are gone."""
        wanted = [pod for pod in self._pods.items.values() if not self._request.pods or pod.name in self._request.pods]
        there = {pod.uid for pod in wanted}
        for uid in [uid for uid in self._changes if uid not in there]:
            del self._changes[uid]
            leaving = asyncio.create_task(self._part(self._tails[uid]))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        running = sum(not task.done() for task in self._tails.values())
        for pod in sorted(wanted, key=lambda pod: pod.name):
            if pod.uid in self._tails:
                continue
            if running >= MOST_PODS:
                if not self._omitted:
                    words = f"{MOST_PODS} of {len(wanted):,} pods are followed: narrow it down to see the others"
                    await self._say(self._request.selector, words)
                self._omitted = True
                break
            running += 1
            if late:
                await self._say(pod.name, "appeared")
            self._changes[pod.uid] = asyncio.Event()
            tail = _Tail(pod, late)
            self._tails[pod.uid] = asyncio.create_task(self._run(tail), name=pod.name)

    async def _part(self, task: asyncio.Task[None]) -> None:
        """Let the last lines come, then say that the pod is gone."""
        await asyncio.wait({task}, timeout=_SETTLE_S)
        task.cancel()
        await self._say(task.get_name(), "gone", gone=True)

    async def _say(self, source: str, text: str, *, gone: bool = False) -> None:
        await self._queue.put(LogNotice(source=line(source, NAME), text=text, at=self._clock(), gone=gone))

    # ── One pod ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self, tail: _Tail) -> None:
        """Read one pod's log to its end, through every restart of its container if we follow."""
        backoff, said = Backoff(self._pace, self._rng), ""
        while True:
            began, words = time.monotonic(), ""
            try:
                await self._read(tail)
            except Silent:
                continue
            except SourceError as error:
                words = error.why
                if self._follow and not isinstance(error, Refused):
                    words = f"log broken off: {words}; trying again"
            if words and words != said:
                await self._say(tail.pod.name, words)
            said = words
            if not self._follow:
                return
            if time.monotonic() - began >= _SHORT_S:
                backoff.reset()
            changed = self._changes.get(tail.pod.uid)
            if changed is None:  # it is gone, which is said elsewhere
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(backoff.next()):
                    await changed.wait()
            changed.clear()
            now = self._pods.items.get(tail.pod.name)
            if now is None or now.uid != tail.pod.uid:
                return
            tail.pod = now
            if now.ended is not None and now.ended != tail.ended:
                tail.ended = now.ended
                reason = f"{now.ended.reason}, " if now.ended.reason else ""
                await self._say(now.name, f"container ended: {reason}exit code {now.ended.code}")
            if now.finished and not words:
                return

    async def _read(self, tail: _Tail) -> None:
        """What there is of a log since what we have, and if we follow, what comes."""
        request, resume, pod = self._request, tail.resume, tail.pod
        params = {"timestamps": "true"} | ({"container": pod.container} if pod.container else {})
        if self._follow:
            params["follow"] = "true"
        if request.previous:
            params["previous"] = "true"
        if resume.newest is not None:
            params["sinceTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(resume.newest // 1_000_000_000))
        elif not tail.late:
            if request.since_s is not None:
                params["sinceSeconds"] = str(max(1, math.ceil(request.since_s + self._clock() - self._began)))
            if request.tail is not None:
                params["tailLines"] = str(request.tail)
        resume.again()
        path = f"/api/v1/namespaces/{{ns}}/pods/{quote(pod.name, safe='')}/log"
        silent_s = _SILENT_S if self._follow else self._api.backend.timeout_s
        lines, name = Splitter(), line(pod.name, NAME)
        async with self._api.stream(path, params, silent_s=silent_s) as pieces:
            async for piece in pieces:
                await self._put(name, resume, lines.feed(piece))
            await self._put(name, resume, lines.end())

    async def _put(self, source: str, resume: Resume, lines: list[bytes]) -> None:
        kept, stamps = resume.fresh(lines)
        if kept:
            await self._queue.put(LogLines(source=source, lines=tuple(kept), stamps=epoch(stamps)))


class _Tail:
    """How far the log of one pod has been read.

    `late` pods appeared after we began: all of theirs is new. `ended` is the end of a container that was last said, or
    that was over before we came.
    """

    def __init__(self, pod: _Pod, late: bool) -> None:
        self.pod, self.late, self.resume = pod, late, Resume()
        self.ended = None if pod.finished else pod.ended
