"""The API server: who asks, for what, may they, and the answer in the form they understand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from tests.cluster import access, protobuf
from tests.cluster.errors import ApiError
from tests.cluster.faults import Fault, Faults
from tests.cluster.kubelet import Kubelet
from tests.cluster.objects import Object
from tests.cluster.operations import Operations, listing, require_object
from tests.cluster.resources import DOCUMENTS, RESOURCES, Resource
from tests.cluster.selectors import query
from tests.cluster.store import Store
from tests.cluster.streams import run_in_pod, send_log
from tests.cluster.tables import table
from tests.cluster.watch import Watch

_BOOKMARK_S = 5.0
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Target(msgspec.Struct, frozen=True):
    """What a path is about. `name` and `subresource` may be empty; so may the namespace, for all of them."""

    resource: Resource
    namespace: str
    name: str
    subresource: str

    def ask(self, method: str, *, watch: bool) -> access.Ask:
        """The permission the request needs."""
        verb = _VERBS.get(method, "get" if self.name else "watch" if watch else "list")
        plural = f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural
        if self.subresource == "exec":
            verb = "create"  # since 1.35 also where a WebSocket begins as a GET
        return access.Ask(verb=verb, group=self.resource.group, plural=plural, namespace=self.namespace, name=self.name)


def target(path: str) -> Target:
    """Take a path apart; raises ApiError 404."""
    parts = path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[3:])
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    resource = RESOURCES.get(rest[0]) if rest else None
    name, subresource = [*rest, "", "", ""][1:3]
    known = (
        resource is not None and resource.group == group and (not subresource or subresource in resource.subresources)
    )
    if resource is None or not known or parts[0] not in ("api", "apis") or len(rest) > 3:
        raise ApiError(404, "the server could not find the requested resource")
    return Target(resource, namespace, name, subresource)


class Api:
    """Serves the store over HTTP."""

    def __init__(
        self, store: Store, kubelet: Kubelet, users: access.Access, faults: Faults, clock: Callable[[], float]
    ) -> None:
        self.operations = Operations(store, clock)
        self._store, self._kubelet, self._access, self._faults, self._clock = store, kubelet, users, faults, clock

    def app(self) -> web.Application:
        """The web application: one handler for every path."""
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        fault = None
        try:
            user = self._access.user(request.headers.get("Authorization", ""))
            fault = self._faults.take(request.method, request.path_qs, watch=_watches(request))
            await self._suffer(fault, request)
            if (document := DOCUMENTS.get(request.path)) is not None:
                return _json(document)
            if request.path in ("/healthz", "/readyz", "/livez"):
                return web.Response(text="ok")
            return await self._serve(request, user, target(request.path), fault)
        except ApiError as error:
            response = _json(error.status(), error.code)
            if fault is not None and fault.retry_after is not None:
                response.headers["Retry-After"] = str(fault.retry_after)
            return response

    @staticmethod
    async def _suffer(fault: Fault | None, request: web.Request) -> None:
        """Let the trouble happen that befalls whole calls."""
        if fault is None:
            return
        if fault.trouble == "answer":
            raise ApiError(fault.code, "ordered by the test")
        if fault.trouble == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.trouble == "drop" and request.transport is not None:
            request.transport.abort()
        if fault.trouble in ("drop", "hang"):
            await asyncio.Event().wait()  # until the client goes

    async def _serve(
        self, request: web.Request, user: access.User, about: Target, fault: Fault | None
    ) -> web.StreamResponse:
        resource = about.resource
        if resource.plural.startswith("selfsubject"):
            body = require_object(await _body(request))
            rules = resource.plural == "selfsubjectrulesreviews"
            return _json(access.rules_review(user) if rules else access.review(user, body), 201)
        access.require(user, about.ask(request.method, watch=_watches(request)))
        if about.subresource == "log":
            return await send_log(request, self._kubelet, self._store.get("pods", about.namespace, about.name))
        if about.subresource == "exec":
            return await run_in_pod(request, self._kubelet, self._store.get("pods", about.namespace, about.name))
        if _watches(request):
            return await self._watch(request, about, fault)
        if request.method == "GET":
            return self._read(request, about)
        body = await _body(request)
        return _json(self._write(request, about, body), 201 if request.method == "POST" else 200)

    def _read(self, request: web.Request, about: Target) -> web.Response:
        resource, parameters = about.resource, request.query
        if about.subresource == "scale":
            return _json(self.operations.scale(resource, about.namespace, about.name))
        if about.name:
            obj = self._store.get(resource.plural, about.namespace, about.name)
            return _json(self._table(request, resource, [obj]) if _as_table(request) else obj)
        limit, token = int(parameters.get("limit") or 0), parameters.get("continue", "")
        objects, meta = self.operations.page(resource, about.namespace, query(parameters), limit, token)
        if _as_table(request):
            return _json({**self._table(request, resource, objects), "metadata": meta})
        return _json(listing(resource, objects, meta))

    def _table(self, request: web.Request, resource: Resource, objects: list[Object], *, header: bool = True) -> Object:
        whole = request.query.get("includeObject") == "Object"
        return table(resource.plural, objects, self._clock(), whole=whole, header=header)

    async def _watch(self, request: web.Request, about: Target, fault: Fault | None) -> web.StreamResponse:
        first = True

        def row(obj: Object) -> Object:
            nonlocal first
            header, first = first, False
            return self._table(request, about.resource, [obj], header=header)

        def whole(obj: Object) -> Object:
            return obj

        watch = Watch(
            request,
            self._store,
            about.resource,
            about.namespace,
            match=query(request.query),
            render=row if _as_table(request) else whole,
            fault=fault,
            bookmark_s=_BOOKMARK_S,
        )
        return await watch.run()

    def _write(self, request: web.Request, about: Target, body: Any) -> Object:  # noqa: ANN401 - a JSON patch is a list
        resource, namespace, name, do = about.resource, about.namespace, about.name, self.operations
        dry_run = request.query.get("dryRun") == "All"
        scaling = about.subresource == "scale"
        match request.method:
            case "POST" if not name:
                return do.create(resource, namespace, require_object(body), dry_run=dry_run)
            case "PUT" if scaling:
                return do.set_scale(resource, namespace, name, require_object(body), dry_run=dry_run)
            case "PUT":
                return do.replace(resource, namespace, require_object(body), dry_run=dry_run)
            case "PATCH" if scaling:
                return do.patch_scale(resource, namespace, name, request.content_type, body, dry_run=dry_run)
            case "PATCH":
                return do.patch(resource, namespace, name, request.content_type, body, dry_run=dry_run)
            case "DELETE" if name:
                options = body or {}
                if "gracePeriodSeconds" in request.query:
                    options["gracePeriodSeconds"] = int(request.query["gracePeriodSeconds"])
                dry_run = dry_run or "All" in options.get("dryRun", ())
                return do.delete(resource, namespace, name, options, dry_run=dry_run)
        raise ApiError(405, "the server does not allow this method on the requested resource")


def _watches(request: web.Request) -> bool:
    return request.method == "GET" and request.query.get("watch", "") in ("true", "1")


def _as_table(request: web.Request) -> bool:
    return "as=Table" in request.headers.get("Accept", "")


async def _body(request: web.Request) -> Any:  # noqa: ANN401 - any JSON
    raw = await request.read()
    if not raw:
        return None
    if raw.startswith(protobuf.MAGIC):
        return protobuf.decode(raw)
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise ApiError(400, f"the body is not understood: {error}") from error


def _json(body: Object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
