"""Events: what the controllers and the kubelet say about objects. One said again is counted, not repeated."""

from __future__ import annotations

from collections.abc import Callable

from tests.cluster.objects import Object, copy, new_uid, rfc3339
from tests.cluster.store import Store


class Events:
    """Writes events to the store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._names: dict[tuple[str, ...], str] = {}

    def say(self, about: Object, reason: str, message: str, *, source: str, warning: bool = False) -> None:
        """Add an event, or count it once more."""
        meta, now = about["metadata"], rfc3339(self._clock())
        namespace = meta["namespace"]
        same = (meta["uid"], reason, message, source)
        known = self._store.find("events", namespace, self._names.get(same, ""))
        if known is not None:
            again = copy(known)
            again |= {"count": known["count"] + 1, "lastTimestamp": now}
            self._store.update("events", again)
            return
        name = f"{meta['name']}.{new_uid().replace('-', '')[:16]}"
        self._names[same] = name
        self._store.create(
            "events",
            {
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": {
                    "kind": about["kind"],
                    "namespace": namespace,
                    "name": meta["name"],
                    "uid": meta["uid"],
                    "apiVersion": about["apiVersion"],
                    "resourceVersion": meta["resourceVersion"],
                },
                "reason": reason,
                "message": message,
                "source": {"component": source},
                "reportingComponent": source,
                "type": "Warning" if warning else "Normal",
                "count": 1,
                "firstTimestamp": now,
                "lastTimestamp": now,
            },
        )
