"""What `ops-center doctor` asks of that which runs the platform: a Kubernetes cluster, or docker compose."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tui.model.errors import SourceError
from tui.model.profile import ComposeBackend, KubernetesBackend
from tui.model.text import sanitise_line
from tui.sources.call import Call, in_thread
from tui.sources.docker import WHAT, Docker, Listed, listed
from tui.sources.http import UNREADABLE, Denied, explain, timed_out
from tui.sources.protocols import Health

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_VERBS = (
    ("read pods", "get", "", "pods", ""),
    ("read logs", "get", "", "pods", "log"),
    ("restart deployments", "patch", "apps", "deployments", ""),
    ("scale deployments", "patch", "apps", "deployments", "scale"),
)
"""What an operator does, and the verb, group, resource and subresource it takes. The first is needed for anything."""


class KubernetesProbe:
    """Asks the cluster for its version, and what we may do in the namespace.

    The official client in a thread: importing it takes a second of CPU, and a credential plugin may take longer.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend

    async def probe(self) -> Health:
        """Version, and what is allowed; not to be allowed to read pods is an error."""
        timeout_s = self._backend.timeout_s
        return await in_thread(
            self._ask,
            name="kubernetes probe",
            timeout_s=timeout_s,
            late=lambda _call: timed_out("Kubernetes", timeout_s, connected=True),
        )

    def _ask(self, _call: Call) -> Health:
        from kubernetes import client
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        api, namespace = self._connect()
        limit = self._backend.timeout_s
        try:
            with api:
                version = client.VersionApi(api).get_code(_request_timeout=limit).git_version
                reviews = client.AuthorizationV1Api(api)
                allowed = {}
                for title, verb, group, resource, subresource in _VERBS:
                    attributes = client.V1ResourceAttributes(
                        namespace=namespace, verb=verb, group=group, resource=resource, subresource=subresource
                    )
                    spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
                    review = client.V1SelfSubjectAccessReview(spec=spec)
                    answer = reviews.create_self_subject_access_review(review, _request_timeout=limit)
                    allowed[title] = bool(answer.status and answer.status.allowed)
        except ApiException as error:
            raise _refused(error) from error
        except (HTTPError, OSError) as error:
            raise explain("Kubernetes", error, timeout_s=limit) from error
        may = [title for title, yes in allowed.items() if yes]
        may_not = [title for title, yes in allowed.items() if not yes]
        place = f"in namespace {sanitise_line(namespace, 80)}"
        if _VERBS[0][0] in may_not:
            raise Denied("Kubernetes", f"not allowed to {' or '.join(may_not)} {place}", "ask for a role binding there")
        note = f"may {', '.join(may)} {place}" + (f"; not {', '.join(may_not)}" if may_not else "")
        return Health(version=sanitise_line(version, 40), authenticated=self._words, note=note)

    @property
    def _words(self) -> str:
        return "kubeconfig" if not self._backend.context else f"context {sanitise_line(self._backend.context, 40)}"

    def _connect(self) -> tuple[ApiClient, str]:
        """A client of the context, and the namespace to look at."""
        from kubernetes import client, config

        context = self._backend.context or None
        file = os.environ.get("KUBECONFIG") or "~/.kube/config"
        settings = client.Configuration()
        try:
            contexts, current = config.list_kube_config_contexts(file)  # type: ignore[no-untyped-call]  # it has no types
            names = {one["name"]: one["context"] for one in contexts}
            if not context or context in names:
                config.load_kube_config(file, context, settings)  # type: ignore[no-untyped-call]  # as above
        except Exception as error:  # a wrong file makes the loader raise anything, its YAML parser's errors too
            why = f"no kubeconfig to use: {sanitise_line(str(error), 200) or type(error).__name__}"
            raise SourceError("Kubernetes", why, "set KUBECONFIG, or kubernetes.context in the profile") from error
        if context and context not in names:
            there_are = ", ".join(sanitise_line(name, 60) for name in sorted(names))
            raise SourceError("Kubernetes", f"no context {sanitise_line(context, 60)}", f"there are: {there_are}")
        settings.retries = 0
        chosen = names[context] if context else current["context"]
        return client.ApiClient(settings), self._backend.namespace or chosen.get("namespace") or "default"


class _Message(msgspec.Struct, frozen=True):
    message: str = ""


def _refused(error: object) -> SourceError:
    status, body = getattr(error, "status", 0), getattr(error, "body", None) or b""
    try:
        said = msgspec.json.decode(body, type=_Message).message
    except UNREADABLE:
        said = str(getattr(error, "reason", ""))
    tail = f" ({status}): {sanitise_line(said, 200)}"
    match status:
        case 401:
            return Denied(
                "Kubernetes", f"not authenticated{tail}", "log in again: the token or certificate has expired"
            )
        case 403:
            return Denied("Kubernetes", f"not allowed{tail}", "ask for a role binding")
    return SourceError("Kubernetes", f"refused{tail}", "is this the API server?")


class ComposeProbe:
    """Asks `docker compose ps` which services run.

    Source: https://docs.docker.com/reference/cli/docker/compose/ps/
    """

    def __init__(self, backend: ComposeBackend) -> None:
        self._docker, self._timeout_s = Docker(backend), backend.timeout_s

    async def probe(self) -> Health:
        """Version of compose, and which services do not run."""
        try:
            async with asyncio.timeout(self._timeout_s):
                version = await self._docker.run(["compose", "version", "--short"])
                containers = listed(
                    (await self._docker.run(self._docker.compose("ps", "--all", "--format", "json"))).out
                )
        except TimeoutError:
            raise timed_out(WHAT, self._timeout_s, connected=True) from None
        words = sanitise_line(version.out.decode(errors="replace"), 40)
        return Health(version=words, authenticated="docker", note=_running(containers))


def _running(containers: Sequence[Listed]) -> str:
    if not containers:
        return "no container runs in this project"
    down = [one for one in containers if one.state != "running" or one.health == "unhealthy"]
    names = ", ".join(sorted({sanitise_line(f"{one.service} {one.health or one.state}", 60) for one in down}))
    count = len({one.service for one in containers})
    return f"{count} service{'' if count == 1 else 's'}" + (f"; {names}" if names else ", all running")
