"""Lists that stay current: list once by pages, then watch, and take the watch up again whatever happens to it.

    list ──► watch ──► (server ends it after a while) ──► watch from the newest version
      ▲        │
      │        ├── broken off, silent, refused ──► wait, longer each time ──► watch from the newest version
      └── 410 ─┘

A server ends each watch after `Pace.silent_s`; when nothing has come for half as long again, not even that end, the
connection is dead. Bookmarks keep the newest version recent where nothing happens, so 410 is rare.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.workload import Snapshot
from tui.sources.http import Denied
from tui.sources.kubernetes_api import Api, Busy, Gone, Status, decode, refused
from tui.sources.kubernetes_objects import EventObject, WorkloadObject, deployment, happening, stateful_set
from tui.sources.kubernetes_pods import PodObject, pod
from tui.sources.log_lines import Splitter
from tui.sources.pace import Backoff, Pace

M = TypeVar("M")

PAGE = 500
MOST_PODS = 20_000
MOST_EVENTS = 500
_LONGEST_EVENT = 64 * 2**20
_AT_ONCE = 200
"""Watch events taken in before others get their turn."""
_SHORT_S = 1.0
"""A watch that the server ends sooner is not worth to be taken up at once."""
_DEAD = 1.5
"""Times `Pace.silent_s` without a byte."""


class _Meta(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


class Object(Protocol):
    """What is listed: it has a name and a version."""

    @property
    def metadata(self) -> _Meta:
        """Its name and version."""
        ...


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    next: str | None = msgspec.field(name="continue", default=None)
    remaining_item_count: int | None = None


class _Event(msgspec.Struct, frozen=True):
    type: str = ""
    object: msgspec.Raw = msgspec.Raw(b"{}")


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""


class _Bookmark(msgspec.Struct, frozen=True):
    metadata: _Version = _Version()


class Resource(msgspec.Struct, Generic[M], frozen=True, kw_only=True):
    """A kind of objects.

    Args:
        title: What they are called in words to the operator.
        path: Where they are listed; `{ns}` is the namespace.
        kind: What one is decoded to.
        convert: Makes of it what is kept.
        most: How many are kept.
    """

    title: str
    path: str
    kind: type[Object]
    convert: Callable[[Any], M]
    most: int = 2_000


class Reflector(Generic[M]):
    """All objects of one kind in the namespace, as they are now.

    Args:
        api: The cluster.
        resource: Which kind.
        changed: Called after each change, and after trouble begins or ends.
        pace: How long to wait.
        rng: Draws the jitter.
        labels: A label selector.
    """

    def __init__(
        self,
        api: Api,
        resource: Resource[M],
        *,
        changed: Callable[[], None],
        pace: Pace,
        rng: random.Random,
        labels: str = "",
    ) -> None:
        self.title, self.items = resource.title, dict[str, M]()
        self.trouble = ""
        """Why it is not current; empty when it is."""
        self.denied = ""
        """Why we may not see it at all."""
        self.error: SourceError | None = None
        """The last failure, while it lasts."""
        self.left_out = 0
        self.answered = False
        """Whether it was listed, or it is known why not."""
        self._api, self._path, self._kind, self._convert = api, resource.path, resource.kind, resource.convert
        items: Any = tuple[resource.kind, ...] | None  # type: ignore[name-defined]  # known at run time
        fields: list[tuple[str, Any, Any]] = [("items", items, None), ("metadata", _ListMeta, _ListMeta())]
        self._list = msgspec.defstruct("List", fields)
        self._changed, self._pace, self._rng, self._most, self._labels = changed, pace, rng, resource.most, labels
        self._opened = 0.0
        """When the watch was last answered; 0 while it is not."""
        self._version = ""

    async def run(self) -> None:
        """Keep current until cancelled."""
        backoff = Backoff(self._pace, self._rng)
        while True:
            pause = 0.0
            self._opened = 0.0
            try:
                if not self._version:
                    await self.relist()
                await self._watch()
            except Gone:
                self._version = ""
            except SourceError as error:
                self._failed(error)
                pause = error.retry_s if isinstance(error, Busy) else self._pace.retry_s / 10
                if self.denied:
                    pause = self._pace.retry_most_s
            if self._opened and time.monotonic() - self._opened >= _SHORT_S:
                backoff.reset()
                await asyncio.sleep(pause)
            else:
                await asyncio.sleep(max(backoff.next(), pause))

    async def relist(self) -> None:
        """List everything once.

        Raises:
            SourceError: it cannot be listed; what was known stays.
        """
        found: dict[str, M] = {}
        params = {"limit": str(PAGE)} | self._selector()
        self.left_out = 0
        while True:
            page: Any = await self._api.get(self._path, self._list, params)
            for one in page.items or ():
                found[one.metadata.name] = self._convert(one)
            meta: _ListMeta = page.metadata
            if not meta.next:
                break
            if len(found) >= self._most:
                self.left_out = meta.remaining_item_count or 0
                break
            params["continue"] = meta.next
        self._version = meta.resource_version
        self.items = found
        self._well()
        self._changed()

    async def _watch(self) -> None:
        """Take in events until the server ends the watch."""
        limit = self._pace.silent_s
        params = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(max(1, round(limit * (1 + self._rng.random() / 5)))),
        }
        lines, taken = Splitter(_LONGEST_EVENT), 0
        async with self._api.stream(self._path, params | self._selector(), silent_s=limit * _DEAD) as pieces:
            self._opened = time.monotonic()
            self._well()
            async for piece in pieces:
                for line in lines.feed(piece):
                    self._take(line)
                    taken += 1
                    if taken % _AT_ONCE == 0:
                        await asyncio.sleep(0)

    def _take(self, line: bytes) -> None:
        event = decode(line, _Event)
        if event.type == "ERROR":
            status = decode(bytes(event.object), Status)
            raise refused(status.code, bytes(event.object))
        if event.type == "BOOKMARK":
            self._version = decode(bytes(event.object), _Bookmark).metadata.resource_version or self._version
            return
        one = decode(bytes(event.object), self._kind)
        self._version = one.metadata.resource_version or self._version
        name = one.metadata.name
        if event.type == "DELETED":
            if self.items.pop(name, None) is not None:
                self._changed()
            return
        if name not in self.items and len(self.items) >= self._most:
            return
        kept = self._convert(one)
        if self.items.get(name) != kept:
            self.items[name] = kept
            self._changed()

    def _selector(self) -> dict[str, str]:
        return {"labelSelector": self._labels} if self._labels else {}

    def _well(self) -> None:
        if self.trouble or self.denied or not self.answered:
            self.trouble = self.denied = ""
            self.error = None
            self.answered = True
            self._changed()

    def _failed(self, error: SourceError) -> None:
        denied = isinstance(error, Denied) and error.up
        words = error.why if denied else f"{error.why}; {error.hint}"
        seen = (self.trouble, self.denied, self.answered)
        self.trouble, self.denied, self.answered, self.error = (
            "" if denied else words,
            words if denied else "",
            True,
            error,
        )
        if seen != (self.trouble, self.denied, True):
            self._changed()


_APPS, _CORE = "/apis/apps/v1/namespaces/{ns}", "/api/v1/namespaces/{ns}"
DEPLOYMENTS = Resource(title="deployments", path=f"{_APPS}/deployments", kind=WorkloadObject, convert=deployment)
STATEFUL_SETS = Resource(title="stateful sets", path=f"{_APPS}/statefulsets", kind=WorkloadObject, convert=stateful_set)
PODS = Resource(title="pods", path=f"{_CORE}/pods", kind=PodObject, convert=pod, most=MOST_PODS)
EVENTS = Resource(title="events", path=f"{_CORE}/events", kind=EventObject, convert=happening, most=20_000)


class Watched:
    """All that a snapshot holds, each kept current by a reflector of its own."""

    def __init__(self, api: Api, *, clock: Clock, rng: random.Random, pace: Pace) -> None:
        self._clock, self._pace = clock, pace
        self._dirty = asyncio.Event()

        def reflect(resource: Resource[M]) -> Reflector[M]:
            return Reflector(api, resource, changed=self._dirty.set, pace=pace, rng=rng)

        self._deployments, self._stateful = reflect(DEPLOYMENTS), reflect(STATEFUL_SETS)
        self._pods, self._events = reflect(PODS), reflect(EVENTS)

    async def snapshots(self) -> AsyncGenerator[Snapshot]:
        """The first as soon as workloads and pods are known, then one after changes."""
        all_of_them: Sequence[Reflector[Any]] = (self._deployments, self._stateful, self._pods, self._events)
        tasks = [asyncio.create_task(one.run()) for one in all_of_them]
        for task in tasks:
            task.add_done_callback(lambda _: self._dirty.set())
        try:
            while True:
                await self._dirty.wait()
                if all(one.answered for one in all_of_them[:-1]):
                    self._dirty.clear()
                    yield self._snapshot(all_of_them)
                    await asyncio.sleep(self._pace.coalesce_s)
                else:
                    self._dirty.clear()
                for task in tasks:
                    if task.done():
                        task.result()  # a bug of ours: it has to be seen
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _snapshot(self, parts: Sequence[Reflector[Any]]) -> Snapshot:
        self._prune()
        workloads = (*self._deployments.items.values(), *self._stateful.items.values())
        stale = {one: one.trouble or (one.denied if one.items else "") for one in parts}
        cut = [f"{one.title}: {one.denied}" for one in parts if one.denied and not one.items]
        cut += [f"{one.left_out:,} more {one.title} are left out" for one in parts if one.left_out]
        return Snapshot(
            at=self._clock(),
            workloads=tuple(sorted(workloads, key=lambda workload: workload.ref)),
            pods=tuple(map(self._pods.items.__getitem__, sorted(self._pods.items))),
            events=tuple(sorted(self._events.items.values(), key=lambda event: event.at or 0)),
            stale=_joined(stale),
            cut="; ".join(cut),
        )

    def _prune(self) -> None:
        """Keep the newest events. A server lists them by name, and keeps them for an hour."""
        events = self._events.items
        if len(events) > MOST_EVENTS:
            newest = sorted(events, key=lambda name: events[name].at or 0)[-MOST_EVENTS:]
            self._events.items = {name: events[name] for name in newest}


def _joined(stale: dict[Reflector[Any], str]) -> str:
    """Each reason once, with what it concerns unless that is everything."""
    reasons = {words for words in stale.values() if words}
    if len(reasons) == 1 and all(stale.values()):
        return reasons.pop()
    return "; ".join(
        f"{', '.join(one.title for one in stale if stale[one] == words)}: {words}" for words in sorted(reasons)
    )
