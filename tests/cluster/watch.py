"""Watches: one JSON event per line, for as long as the client listens.

A watch that starts without a version, or asks with `sendInitialEvents`, first gets everything there is as ADDED. With a
selector an object that begins to match is ADDED and one that no longer does is DELETED. BOOKMARKs carry the version
on, the last one just before the end.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import msgspec
from aiohttp import web

from tests.cluster.errors import ApiError, expired
from tests.cluster.faults import Fault
from tests.cluster.objects import Object
from tests.cluster.resources import Resource
from tests.cluster.selectors import Match
from tests.cluster.store import Change, Store

Render = Callable[[Object], Object]
"""How an object travels: as it is, or as a row of a Table."""

_NEVER = 3600.0


class Watch:
    """One watch request."""

    def __init__(
        self,
        request: web.Request,
        store: Store,
        resource: Resource,
        namespace: str,
        *,
        match: Match,
        render: Render,
        fault: Fault | None,
        bookmark_s: float,
    ) -> None:
        self._request, self._store, self._resource, self._namespace = request, store, resource, namespace
        self._match, self._render = match, render
        self._fault, self._sent = fault, 0
        query = request.query
        self._since = query.get("resourceVersion", "")
        self._initial = query.get("sendInitialEvents") == "true"
        self._bookmark_s = bookmark_s if query.get("allowWatchBookmarks") == "true" else _NEVER
        self._ends = time.monotonic() + float(query.get("timeoutSeconds") or _NEVER)
        self._response = web.StreamResponse(headers={"Content-Type": "application/json"})

    async def run(self) -> web.StreamResponse:
        """Serve it to its end."""
        present: list[Object] = []
        since = int(self._since or 0)
        if since == 0 or self._initial:
            present = [obj for obj in self._store.list(self._resource.plural, self._namespace) if self._match(obj)]
            since = self._store.version
        try:
            with self._store.subscribed(since) as queue:
                await self._response.prepare(self._request)
                await self._send([("ADDED", self._render(obj)) for obj in present])
                if self._initial:
                    await self._send([("BOOKMARK", self._bookmark(initial_events_end=True))])
                await self._follow(queue)
        except ApiError as error:  # after the headers, an error is an event
            if not self._response.prepared:
                await self._response.prepare(self._request)
            await self._write([("ERROR", error.status())])
        return self._response

    async def _follow(self, queue: asyncio.Queue[Change]) -> None:
        while (left := self._ends - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, self._bookmark_s)):
                    changes = [await queue.get()]
            except TimeoutError:
                if self._bookmark_s < _NEVER:
                    await self._send([("BOOKMARK", self._bookmark())])
                continue
            while not queue.empty():
                changes.append(queue.get_nowait())
            await self._send([event for change in changes for event in self._events(change)])

    def _events(self, change: Change) -> Iterator[tuple[str, Object]]:
        meta = change.obj["metadata"]
        if change.plural != self._resource.plural or self._namespace not in ("", meta.get("namespace", "")):
            return
        matches = change.kind != "DELETED" and self._match(change.obj)
        matched = change.before is not None and self._match(change.before)
        if matches or matched:
            kind = "DELETED" if not matches else "MODIFIED" if matched else "ADDED"
            yield kind, self._render(change.obj)

    def _bookmark(self, *, initial_events_end: bool = False) -> Object:
        meta: Object = {"resourceVersion": str(self._store.version)}
        if initial_events_end:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        return {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": meta}

    async def _send(self, events: list[tuple[str, Object]]) -> None:
        """Write events, unless a fault's time has come."""
        fault = self._fault
        if fault is not None and fault.trouble.startswith("watch-") and self._sent + len(events) >= fault.after:
            await self._write(events[: fault.after - self._sent])
            if fault.trouble == "watch-expires":
                raise expired("too old resource version")
            if fault.trouble == "watch-dies" and self._request.transport is not None:
                self._request.transport.abort()
            await asyncio.Event().wait()  # until the client goes
        self._sent += len(events)
        await self._write(events)

    async def _write(self, events: list[tuple[str, Object]]) -> None:
        if events:
            lines = [msgspec.json.encode({"type": kind, "object": obj}) + b"\n" for kind, obj in events]
            await self._response.write(b"".join(lines))
