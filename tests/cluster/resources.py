"""The resources served, and how clients find out: discovery, OpenAPI, version.

Sources: https://kubernetes.io/docs/concepts/overview/kubernetes-api/ and
https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import msgspec

from tests.cluster.objects import Object

VERSION = "v1.37.1"
_ALL = ("create", "delete", "get", "list", "patch", "update", "watch")


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. `subresources` maps the name to the kind it takes, as discovery lists it."""

    plural: str
    kind: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = _ALL
    subresources: dict[str, str] = {}

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


_SCALED = {"scale": "Scale"}

RESOURCES = {
    resource.plural: resource
    for resource in (
        Resource(
            plural="namespaces", kind="Namespace", namespaced=False, short=("ns",), verbs=("get", "list", "watch")
        ),
        Resource(
            plural="pods",
            kind="Pod",
            short=("po",),
            categories=("all",),
            subresources={"log": "Pod", "exec": "PodExecOptions"},
        ),
        Resource(plural="events", kind="Event", short=("ev",)),
        Resource(plural="services", kind="Service", short=("svc",), categories=("all",)),
        Resource(plural="configmaps", kind="ConfigMap", short=("cm",)),
        Resource(plural="secrets", kind="Secret"),
        Resource(
            plural="deployments",
            kind="Deployment",
            group="apps",
            short=("deploy",),
            categories=("all",),
            subresources=_SCALED,
        ),
        Resource(
            plural="replicasets",
            kind="ReplicaSet",
            group="apps",
            short=("rs",),
            categories=("all",),
            subresources=_SCALED,
        ),
        Resource(
            plural="statefulsets",
            kind="StatefulSet",
            group="apps",
            short=("sts",),
            categories=("all",),
            subresources=_SCALED,
        ),
        Resource(plural="controllerrevisions", kind="ControllerRevision", group="apps"),
        Resource(
            plural="selfsubjectaccessreviews",
            kind="SelfSubjectAccessReview",
            group="authorization.k8s.io",
            namespaced=False,
            verbs=("create",),
        ),
        Resource(
            plural="selfsubjectrulesreviews",
            kind="SelfSubjectRulesReview",
            group="authorization.k8s.io",
            namespaced=False,
            verbs=("create",),
        ),
    )
}
"""By plural, which is unique among them."""

GROUPS = sorted({resource.group for resource in RESOURCES.values()} - {""})


def _in_group(group: str) -> list[Resource]:
    return [resource for resource in RESOURCES.values() if resource.group == group]


def _listed(resource: Resource) -> list[Object]:
    entry: Object = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short:
        entry["shortNames"] = list(resource.short)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    # Subresources carry no short names: kubectl would take `deploy/scale` for an ambiguity.
    return [
        entry,
        *(
            {
                "name": f"{resource.plural}/{name}",
                "singularName": "",
                "namespaced": resource.namespaced,
                "kind": kind,
                "verbs": ["get"]
                if name == "log"
                else ["get", "create"]
                if name == "exec"
                else ["get", "patch", "update"],
                **({"group": "autoscaling", "version": "v1"} if kind == "Scale" else {}),
            }
            for name, kind in resource.subresources.items()
        ),
    ]


def _group(group: str) -> Object:
    version = {"groupVersion": f"{group}/v1", "version": "v1"}
    return {"name": group, "versions": [version], "preferredVersion": version}


def _openapi(group: str) -> Object:
    """No schemas: only what makes kubectl trust the server to validate fields, which `apply` insists on."""
    root = f"/apis/{group}/v1" if group else "/api/v1"
    paths: Object = {}
    for resource in _in_group(group):
        home = "namespaces/{namespace}/" if resource.namespaced else ""
        paths[f"{root}/{home}{resource.plural}/{{name}}"] = {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": {"group": group, "version": "v1", "kind": resource.kind},
            }
        }
    info = {"title": "Kubernetes", "version": VERSION}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def _documents() -> dict[str, Object]:
    groups = {group: f"apis/{group}/v1" for group in GROUPS}
    roots = {"": "api/v1", **groups}
    documents: dict[str, Object] = {
        "/version": {"major": "1", "minor": VERSION.split(".")[1], "gitVersion": VERSION, "platform": "linux/amd64"},
        "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in GROUPS]},
        "/openapi/v3": {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in roots.values()}},
    }
    for group, root in roots.items():
        documents[f"/{root}"] = {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{group}/v1" if group else "v1",
            "resources": [entry for resource in _in_group(group) for entry in _listed(resource)],
        }
        documents[f"/openapi/v3/{root}"] = _openapi(group)
        if group:
            documents[f"/apis/{group}"] = {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
    return documents


DOCUMENTS = _documents()
"""What does not depend on who asks or when, by path."""
