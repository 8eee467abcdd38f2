"""The verbs on objects, as the server does them whoever asks: defaults, checks, generations, dry runs, pages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tests.cluster import defaults, patches
from tests.cluster.errors import ApiError, conflict, expired
from tests.cluster.kubelet import NODE
from tests.cluster.objects import Object, copy, deleting, new_uid, rfc3339, suffix
from tests.cluster.resources import Resource
from tests.cluster.selectors import Match
from tests.cluster.store import Store

_WORKLOADS = ("deployments", "replicasets", "statefulsets")
_PAGES_KEPT = 16


class Operations:
    """Changes of the store by request."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._pages: OrderedDict[str, tuple[int, list[Object]]] = OrderedDict()

    def create(self, resource: Resource, namespace: str, obj: Object, *, dry_run: bool = False) -> Object:
        """Add it; raises ApiError 409 or 422."""
        made = copy(obj)
        meta = made.setdefault("metadata", {})
        if resource.namespaced:
            meta["namespace"] = namespace
        if "name" not in meta and (start := meta.get("generateName")):
            meta["name"] = start + suffix(new_uid().encode(), 5)
        if resource.plural in _WORKLOADS:
            meta["generation"] = 1
            made["status"] = {"replicas": 0}
        elif resource.plural == "pods":
            made["status"] = {"phase": "Pending"}
        defaults.complete(resource.plural, made)
        defaults.check(resource.kind, made)
        return self._store.prepared(resource.plural, made) if dry_run else self._store.create(resource.plural, made)

    def replace(self, resource: Resource, namespace: str, obj: Object, *, dry_run: bool = False) -> Object:
        """Put another version in its place; raises ApiError 404, 409 or 422."""
        before = self._store.get(resource.plural, namespace, obj["metadata"]["name"])
        # Clients in Python send no kind. Status belongs to the controllers, and who the object is to nobody.
        after = {"apiVersion": resource.api_version, "kind": resource.kind, **copy(obj)}
        for name in ("uid", "creationTimestamp", "namespace", "generation", "deletionTimestamp"):
            if name in before["metadata"]:
                after["metadata"][name] = before["metadata"][name]
        if "status" in before:
            after["status"] = copy(before["status"])
        defaults.complete(resource.plural, after)
        defaults.check(resource.kind, after)
        defaults.check_update(resource.kind, before, after)
        if resource.plural in _WORKLOADS and after["spec"] != before["spec"]:
            after["metadata"]["generation"] = before["metadata"]["generation"] + 1
        if dry_run:
            if after["metadata"].get("resourceVersion") not in (None, "", before["metadata"]["resourceVersion"]):
                raise conflict(resource.plural, after["metadata"]["name"])
            return after
        return self._store.update(resource.plural, after)

    def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        kind: str,
        patch: Any,  # noqa: ANN401 - a JSON patch is a list, the others objects
        *,
        dry_run: bool = False,
    ) -> Object:
        """Change a part; raises ApiError 404, 409, 415 or 422."""
        before = self._store.get(resource.plural, namespace, name)
        return self.replace(resource, namespace, patches.apply(kind, before, patch), dry_run=dry_run)

    def scale(self, resource: Resource, namespace: str, name: str) -> Object:
        """The `scale` subresource."""
        obj = self._store.get(resource.plural, namespace, name)
        kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        labels = obj["spec"]["selector"]["matchLabels"]
        return {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {field: obj["metadata"][field] for field in kept},
            "spec": {"replicas": obj["spec"]["replicas"]},
            "status": {
                "replicas": obj["status"].get("replicas", 0),
                "selector": ",".join(f"{label}={value}" for label, value in labels.items()),
            },
        }

    def set_scale(
        self, resource: Resource, namespace: str, name: str, scale: Object, *, dry_run: bool = False
    ) -> Object:
        """Take the replicas of a Scale object."""
        changed = copy(self._store.get(resource.plural, namespace, name))
        changed["spec"]["replicas"] = scale["spec"].get("replicas", 0)
        changed["metadata"]["resourceVersion"] = scale["metadata"].get("resourceVersion", "")
        self.replace(resource, namespace, changed, dry_run=dry_run)
        answer = self.scale(resource, namespace, name)
        return {**answer, "spec": {"replicas": changed["spec"]["replicas"]}}

    def patch_scale(
        self, resource: Resource, namespace: str, name: str, kind: str, patch: Object, *, dry_run: bool = False
    ) -> Object:
        """What `kubectl scale` does."""
        scale = self.scale(resource, namespace, name)
        # A patch says nothing of versions unless it wants to.
        scale["metadata"]["resourceVersion"] = ""
        return self.set_scale(resource, namespace, name, patches.apply(kind, scale, patch), dry_run=dry_run)

    def delete(
        self, resource: Resource, namespace: str, name: str, options: Object, *, dry_run: bool = False
    ) -> Object:
        """Remove it; a running pod is only marked, and goes when its processes have ended."""
        before = self._store.get(resource.plural, namespace, name)
        wanted_uid = (options.get("preconditions") or {}).get("uid")
        if wanted_uid and wanted_uid != before["metadata"]["uid"]:
            raise conflict(resource.plural, name)
        if dry_run:
            return before
        if resource.plural == "pods" and before["spec"].get("nodeName") == NODE:
            grace = options.get("gracePeriodSeconds")
            grace = before["spec"]["terminationGracePeriodSeconds"] if grace is None else grace
            if grace > 0:
                return before if deleting(before) else self._mark(before, grace)
        self._store.delete(resource.plural, namespace, name)
        details = {"name": name, "group": resource.group, "kind": resource.plural, "uid": before["metadata"]["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def _mark(self, pod: Object, grace: int) -> Object:
        marked = copy(pod)
        marked["metadata"]["deletionGracePeriodSeconds"] = grace
        marked["metadata"]["deletionTimestamp"] = rfc3339(self._clock() + grace)
        return self._store.update("pods", marked)

    def page(
        self, resource: Resource, namespace: str, match: Match, limit: int, token: str
    ) -> tuple[list[Object], Object]:
        """The objects of one page and the list's metadata.

        The pages of one list are of one instant: the rest is kept for who comes back with the token, but not for long;
        raises ApiError 410 then.
        """
        if token:
            if token not in self._pages:
                raise expired("The provided continue parameter is too old to display a consistent list result.")
            version, objects = self._pages[token]
        else:
            version = self._store.version
            objects = [obj for obj in self._store.list(resource.plural, namespace) if match(obj)]
        meta: Object = {"resourceVersion": str(version)}
        if limit and len(objects) > limit:
            following = new_uid()
            self._pages[following] = (version, objects[limit:])
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
            meta |= {"continue": following, "remainingItemCount": len(objects) - limit}
            objects = objects[:limit]
        return objects, meta

    def forget_pages(self) -> None:
        """Answer 410 to lists that are under way."""
        self._pages.clear()


def listing(resource: Resource, objects: list[Object], meta: Object) -> Object:
    """A list. Its items carry no kind, as a real server's."""
    items = [{name: part for name, part in obj.items() if name not in ("kind", "apiVersion")} for obj in objects]
    return {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": meta, "items": items}


def require_object(body: Any) -> Object:  # noqa: ANN401 - anything can come over the wire
    """Raise ApiError 400 for a body that is no object."""
    if not isinstance(body, dict):
        raise ApiError(400, "the object provided is unrecognized")
    return body
