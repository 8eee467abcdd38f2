"""All objects, and what happened to them: one resourceVersion counts every change.

Watchers replay the changes since the version they know. Only the last changes are remembered; who asks for older
ones is told 410, as by a server whose etcd was compacted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec

from tests.cluster.errors import already_exists, conflict, expired, not_found
from tests.cluster.objects import Object, copy, key, new_uid, rfc3339
from tests.cluster.resources import RESOURCES

_REMEMBERED = 20_000


class Change(msgspec.Struct, frozen=True):
    """One write. `before` is the object until then: a selector may have matched it."""

    kind: Literal["ADDED", "MODIFIED", "DELETED"]
    plural: str
    obj: Object
    before: Object | None
    version: int


class Store:
    """Objects by plural, then by namespace and name. What it hands out is shared and must not be changed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.version = 1000
        self._clock = clock
        self._objects: dict[str, dict[tuple[str, str], Object]] = {plural: {} for plural in RESOURCES}
        self._history: deque[Change] = deque(maxlen=_REMEMBERED)
        self._oldest = self.version
        self._queues: set[asyncio.Queue[Change]] = set()

    def find(self, plural: str, namespace: str, name: str) -> Object | None:
        """The object, if there."""
        return self._objects[plural].get((namespace, name))

    def get(self, plural: str, namespace: str, name: str) -> Object:
        """The object; raises ApiError 404."""
        found = self.find(plural, namespace, name)
        if found is None:
            raise not_found(plural, RESOURCES[plural].group, name)
        return found

    def list(self, plural: str, namespace: str = "") -> list[Object]:
        """All, or those of one namespace, in the order of namespace and name as etcd has them."""
        objects = sorted(self._objects[plural].items())
        return [obj for (home, _), obj in objects if namespace in ("", home)]

    def prepared(self, plural: str, obj: Object) -> Object:
        """The object with all that creation sets."""
        resource = RESOURCES[plural]
        made = {"apiVersion": resource.api_version, "kind": resource.kind, **copy(obj)}
        made["metadata"] |= {"uid": new_uid(), "creationTimestamp": rfc3339(self._clock())}
        return made

    def create(self, plural: str, obj: Object) -> Object:
        """Store a new object; raises ApiError 409 for a name that is taken."""
        if key(obj) in self._objects[plural]:
            raise already_exists(plural, key(obj)[1])
        return self._put("ADDED", plural, self.prepared(plural, obj), None)

    def update(self, plural: str, obj: Object) -> Object:
        """Store a changed object; raises ApiError 404, or 409 when its resourceVersion is not the present one."""
        before = self.get(plural, *key(obj))
        wanted = obj["metadata"].get("resourceVersion")
        if wanted and wanted != before["metadata"]["resourceVersion"]:
            raise conflict(plural, key(obj)[1])
        changed = copy(obj)
        changed["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"]
        if changed == before:
            return before
        return self._put("MODIFIED", plural, changed, before)

    def delete(self, plural: str, namespace: str, name: str) -> Object:
        """Remove it at once; raises ApiError 404."""
        before = self.get(plural, namespace, name)
        del self._objects[plural][namespace, name]
        return self._publish("DELETED", plural, copy(before), before)

    def _put(self, kind: Literal["ADDED", "MODIFIED"], plural: str, obj: Object, before: Object | None) -> Object:
        self._objects[plural][key(obj)] = obj
        return self._publish(kind, plural, obj, before)

    def _publish(
        self, kind: Literal["ADDED", "MODIFIED", "DELETED"], plural: str, obj: Object, before: Object | None
    ) -> Object:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        change = Change(kind, plural, obj, before, self.version)
        if len(self._history) == _REMEMBERED:
            self._oldest = self._history[0].version
        self._history.append(change)
        for queue in self._queues:
            queue.put_nowait(change)
        return obj

    def compact(self) -> None:
        """Forget what happened until now, so that taking up a watch again gets 410."""
        self._history.clear()
        self.version += 1
        self._oldest = self.version

    @contextmanager
    def subscribed(self, since: int) -> Iterator[asyncio.Queue[Change]]:
        """The changes after version `since`, then every new one; raises ApiError 410 when they are forgotten."""
        if since < self._oldest:
            raise expired(f"too old resource version: {since} ({self._oldest})")
        queue: asyncio.Queue[Change] = asyncio.Queue()
        for change in self._history:
            if change.version > since:
                queue.put_nowait(change)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.remove(queue)
