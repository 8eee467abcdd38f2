"""Changes as kubectl makes them, and whether the server would let us.

Source: https://github.com/kubernetes/kubectl/tree/master/pkg/polymorphichelpers (objectrestarter, rollback, history)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.text import sanitise
from tui.model.workload import Change, Permission, Ref, Revision
from tui.sources.kubectl import command
from tui.sources.kubernetes_api import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, WHAT, Api, Refused
from tui.sources.kubernetes_objects import (
    RESTARTED_AT,
    REVISION,
    Meta,
    Selector,
    Template,
    Wire,
    instant,
    line,
    seconds,
    word,
)
from tui.sources.kubernetes_pods import HASH

T = TypeVar("T")

MANAGER = "kubectl-rollout"
_CAUSE = "kubernetes.io/change-cause"
_KEPT = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
}
"""Annotations that stay the deployment's own when it goes back."""
_APPS = "/apis/apps/v1/namespaces/{ns}"
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_PLURAL = {"deployment": "deployments", "statefulset": "statefulsets"}
_TEMPLATE_LIMIT = 200_000
_LISTED = "200"


class _Spec(Wire, frozen=True):
    replicas: int | None = None
    paused: bool | None = None
    selector: Selector = Selector()
    template: msgspec.Raw = msgspec.Raw(b"{}")


class _RevisionStatus(Wire, frozen=True):
    update_revision: str | None = None


class _Object(Wire, frozen=True):
    """A Deployment, StatefulSet or ReplicaSet."""

    metadata: Meta = Meta()
    spec: _Spec = _Spec()
    status: _RevisionStatus = _RevisionStatus()


class _History(Wire, frozen=True):
    """A ControllerRevision: `data` is the patch that brings the template back."""

    metadata: Meta = Meta()
    revision: int = 0
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _HistorySpec(Wire, frozen=True):
    template: msgspec.Raw = msgspec.Raw(b"{}")


class _HistoryData(Wire, frozen=True):
    spec: _HistorySpec = _HistorySpec()


class _List(msgspec.Struct, Generic[T], frozen=True):
    items: tuple[T, ...] | None = None


class _ReviewStatus(Wire, frozen=True):
    allowed: bool = False
    reason: str | None = None
    evaluation_error: str | None = None


class _Review(Wire, frozen=True):
    status: _ReviewStatus = _ReviewStatus()


class _Pod(Wire, frozen=True):
    metadata: Meta = Meta()


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """One revision as the server keeps it."""

    number: int
    meta: Meta
    template: msgspec.Raw
    current: bool
    patch: object
    content: str


class Actions:
    """What can be changed in the namespace.

    Args:
        api: The cluster.
        clock: Unix seconds.
    """

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api, self._clock = api, clock

    async def perform(self, change: Change) -> str:
        """Do it.

        Raises:
            SourceError: it was refused, or makes no sense; see `tui.sources.kubernetes_api`.
        """
        match change.verb:
            case "restart":
                return await self._restart(change)
            case "undo":
                return await self._undo(change)
            case "scale":
                return await self._scale(change)
            case "delete-pod":
                return await self._delete(change)

    def equivalent(self, change: Change) -> str:
        """The kubectl command that does the same, on the profile's context and namespace."""
        backend = self._api.backend
        return command(change, context=backend.context, namespace=backend.namespace)

    async def permission(self, change: Change) -> Permission:
        """Ask by SelfSubjectAccessReview for each right the change takes."""
        kind, name = _parse(change)
        plural = _PLURAL.get(kind, "pods")
        history = "replicasets" if plural == "deployments" else "controllerrevisions"
        asked: list[tuple[str, str, str, str, str]] = {
            "restart": [("get", "apps", plural, "", name), ("patch", "apps", plural, "", name)],
            "undo": [
                ("get", "apps", plural, "", name),
                ("list", "apps", history, "", ""),
                ("patch", "apps", plural, "", name),
            ],
            "scale": [("patch", "apps", plural, "scale", name)],
            "delete-pod": [("delete", "", "pods", "", name)],
        }[change.verb]
        found = await asyncio.gather(*(allowed(self._api, *one) for one in asked))
        return next((one for one in found if not one.allowed), Permission(allowed=True))

    async def _restart(self, change: Change) -> str:
        path, found = await self._found(change)
        if found.spec.paused:
            raise _paused(change)
        now = datetime.fromtimestamp(int(self._clock()), UTC)
        template = msgspec.json.decode(bytes(found.spec.template), type=Template)
        if instant((template.metadata.annotations or {}).get(RESTARTED_AT, "")) == now.timestamp():
            why = "a restart was already asked for in this very second, and Kubernetes counts in whole seconds"
            raise Refused(f"{WHAT} restart", why, "it is under way; to restart once more, wait a second", 409)
        stamp = {RESTARTED_AT: now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        patch = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
        await self._api.send("PATCH", path, patch, _Object, content=STRATEGIC_PATCH, manager=MANAGER)
        return f"{change.target} restarted"

    async def _scale(self, change: Change) -> str:
        if not (change.argument.isascii() and change.argument.isdigit()):
            why = f"{line(change.argument, 40) or 'nothing'} is no number of replicas"
            raise Refused(f"{WHAT} scale", why, "give a whole number from 0", 400)
        path = f"{_path(change)}/scale"
        patch = {"spec": {"replicas": int(change.argument)}}
        scale = await self._api.send("PATCH", path, patch, _Object, content=MERGE_PATCH)
        return f"{change.target} scaled to {scale.spec.replicas or 0}"

    async def _delete(self, change: Change) -> str:
        _, name = _parse(change)
        path = f"/api/v1/namespaces/{{ns}}/pods/{quote(name, safe='')}"
        await self._api.send("DELETE", path, {"propagationPolicy": "Background"}, _Pod)
        return f"{change.target} deleted"

    async def _undo(self, change: Change) -> str:
        path, found = await self._found(change)
        if found.spec.paused:
            raise _paused(change)
        steps = await self._steps(change.target, found)
        what = f"{WHAT} undo"
        if not change.argument:
            step = next((one for one in steps if not one.current), None)
        else:
            step = next((one for one in steps if str(one.number) == change.argument), None)
        if step is None:
            which = f"revision {line(change.argument, 20)}" if change.argument else "earlier revision"
            there_are = ", ".join(str(one.number) for one in steps)
            raise Refused(what, f"{change.target} has no {which}", f"there are: {there_are or 'none'}", 404)
        if step.current:
            why = f"{change.target} is at revision {step.number} already"
            raise Refused(what, why, "choose another revision", 409)
        await self._api.send("PATCH", path, step.patch, _Object, content=step.content, manager=MANAGER)
        return f"{change.target} rolled back to revision {step.number}"

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:
        """What `ref` can be rolled back to, newest first; templates as YAML, for reading."""
        change = Change(verb="undo", target=str(ref))
        _, found = await self._found(change)
        steps = await self._steps(change.target, found)
        return await asyncio.to_thread(lambda: tuple(_revision(step) for step in steps))

    async def _found(self, change: Change) -> tuple[str, _Object]:
        path = _path(change)
        return path, await self._api.get(path, _Object)

    async def _steps(self, target: str, found: _Object) -> list[_Step]:
        labels = found.spec.selector.match_labels or {}
        params = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items()), "limit": _LISTED}
        if target.startswith("deployment/"):
            sets = (await self._api.get(f"{_APPS}/replicasets", _List[_Object], params)).items or ()
            steps = [_of_replica_set(one, found) for one in sets if _owned(one.metadata, found)]
        else:
            past = (await self._api.get(f"{_APPS}/controllerrevisions", _List[_History], params)).items or ()
            steps = [_of_history(one, found) for one in past if _owned(one.metadata, found)]
        return sorted(steps, key=lambda step: -step.number)


async def allowed(api: Api, verb: str, group: str, resource: str, subresource: str = "", name: str = "") -> Permission:
    """Whether we have one right in the namespace, asked of the server."""
    namespace = await api.namespace()
    attributes = {
        "namespace": namespace,
        "verb": verb,
        "group": group,
        "resource": resource,
        "subresource": subresource,
        "name": name,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    status = (await api.send("POST", _REVIEWS, body, _Review)).status
    if status.allowed:
        return Permission(allowed=True)
    what = f"{resource}/{subresource}" if subresource else resource
    why = line(status.reason or status.evaluation_error)
    return Permission(
        allowed=False,
        why=f"not allowed to {verb} {what} in namespace {word(namespace)}" + (f": {why}" if why else ""),
    )


def _owned(meta: Meta, found: _Object) -> bool:
    return meta.controller is not None and meta.controller.uid == found.metadata.uid


def _of_replica_set(one: _Object, found: _Object) -> _Step:
    annotations, mine = one.metadata.annotations or {}, found.metadata.annotations or {}
    template = msgspec.json.decode(bytes(one.spec.template))
    (template.get("metadata", {}).get("labels") or {}).pop(HASH, None)
    kept = {key: value for key, value in mine.items() if key in _KEPT}
    back = kept | {key: value for key, value in annotations.items() if key not in _KEPT}
    number = annotations.get(REVISION, "")
    return _Step(
        number=int(number) if number.isascii() and number.isdigit() else 0,
        meta=one.metadata,
        template=msgspec.Raw(msgspec.json.encode(template)),
        current=template == msgspec.json.decode(bytes(found.spec.template)),
        patch=[
            {"op": "replace", "path": "/spec/template", "value": template},
            {"op": "replace", "path": "/metadata/annotations", "value": back},
        ],
        content=JSON_PATCH,
    )


def _of_history(one: _History, found: _Object) -> _Step:
    data = msgspec.json.decode(bytes(one.data), type=_HistoryData)
    return _Step(
        number=one.revision,
        meta=one.metadata,
        template=data.spec.template,
        current=one.metadata.name == found.status.update_revision,
        patch=msgspec.json.decode(bytes(one.data)),
        content=STRATEGIC_PATCH,
    )


def _revision(step: _Step) -> Revision:
    template: Any = msgspec.json.decode(bytes(step.template))
    if isinstance(template, dict):
        template.pop("$patch", None)
    read = msgspec.json.decode(bytes(step.template), type=Template)
    return Revision(
        number=step.number,
        created_at=seconds(step.meta.creation_timestamp),
        cause=line((step.meta.annotations or {}).get(_CAUSE)),
        images=tuple(word(one.image) for one in read.spec.containers or ()),
        template=sanitise(_yaml(_without_nulls(template)), _TEMPLATE_LIMIT),
        current=step.current,
    )


def _yaml(value: object) -> str:
    """As a person would write it: a text of several lines stands on several."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """One of our own, since what it is taught would go for everybody."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    said: str = yaml.dump(value, Dumper=Dumper, allow_unicode=True, width=10_000)
    return said


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Fields that say nothing only disturb a diff."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _parse(change: Change) -> tuple[str, str]:
    kind, _, name = change.target.partition("/")
    expected = {"pod"} if change.verb == "delete-pod" else set(_PLURAL)
    if kind not in expected or not name:
        raise Refused(
            f"{WHAT} {change.verb}", f"{line(change.target, 100)} is no {' or '.join(sorted(expected))}", "", 400
        )
    return kind, name


def _path(change: Change) -> str:
    kind, name = _parse(change)
    return f"{_APPS}/{_PLURAL[kind]}/{quote(name, safe='')}"


def _paused(change: Change) -> SourceError:
    why = f"{change.target} is paused, so nothing would be rolled out"
    return Refused(f"{WHAT} {change.verb}", why, f"resume it first: kubectl rollout resume {change.target}", 409)
