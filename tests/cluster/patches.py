"""The three ways to change a part of an object: JSON patch, JSON merge patch, strategic merge patch.

A strategic merge merges lists of objects by a key that depends on the field, and takes directives inside the patch.
Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from tests.cluster.errors import ApiError
from tests.cluster.objects import Object, copy

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
    "conditions": "type",
    "ownerReferences": "uid",
}
_ORDER = "$setElementOrder/"
_REMOVE = "$deleteFromPrimitiveList/"


def apply(kind: str, obj: Object, patch: Any) -> Object:  # noqa: ANN401 - a JSON patch is a list, the others objects
    """The changed object; raises ApiError 415 for another content type, 422 for a JSON patch that does not fit."""
    if kind == JSON_PATCH:
        try:
            patched: Object = jsonpatch.apply_patch(obj, patch)
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            raise ApiError(422, f"the server rejected our request due to an error in our request: {error}") from error
        return patched
    if kind == MERGE_PATCH:
        return _merge(copy(obj), patch)
    if kind == STRATEGIC_PATCH:
        return _strategic(copy(obj), patch)
    raise ApiError(415, f"the body of the request was in an unknown format: {kind}")


def _merge(target: Object, patch: Object) -> Object:
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict):
            below = target.get(name)
            target[name] = _merge(below if isinstance(below, dict) else {}, value)
        else:
            target[name] = value
    return target


def _merge_key(field: str, items: list[Any]) -> str | None:
    """What identifies an item of the list; None for lists that are replaced as a whole."""
    if field == "ports":  # a container's ports by containerPort, a service's by port
        return "containerPort" if any("containerPort" in item for item in items) else "port"
    return _MERGE_KEYS.get(field)


def _strategic(target: Object, patch: Object) -> Object:
    directive = patch.get("$patch")
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    if directive == "delete":
        return {}
    if (kept := patch.get("$retainKeys")) is not None:
        target = {name: value for name, value in target.items() if name in kept}
    for name, value in patch.items():
        if name.startswith(_REMOVE):
            field = name.removeprefix(_REMOVE)
            target[field] = [item for item in target.get(field, ()) if item not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            target.pop(name, None)
        elif isinstance(value, dict):
            below = target.get(name)
            target[name] = _strategic(below if isinstance(below, dict) else {}, value)
        elif isinstance(value, list):
            target[name] = _list(name, target.get(name) or [], value, patch.get(_ORDER + name))
        else:
            target[name] = value
    return target


def _list(field: str, present: list[Any], patch: list[Any], order: list[Any] | None) -> list[Any]:
    if field == "finalizers":
        return [*(item for item in patch if item not in present), *present]
    identity = _merge_key(field, [item for item in [*present, *patch] if isinstance(item, dict)])
    if identity is None:
        return patch
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    merged = {item.get(identity): item for item in present}
    new = {}
    for item in patch:
        name = item.get(identity)
        if item.get("$patch") == "delete":
            merged.pop(name, None)
        elif name in merged:
            merged[name] = _strategic(merged[name], item)
        else:
            new[name] = _strategic({}, item)
    ordered = {**new, **merged}  # without an order, what is new comes first
    if order is not None:
        names = [item.get(identity) for item in order]
        ordered = {name: ordered[name] for name in names if name in ordered} | ordered
    return list(ordered.values())
