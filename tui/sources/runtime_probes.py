"""What `ops-center doctor` asks of that which runs the platform: a Kubernetes cluster, or docker compose."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

from tui.model.profile import ComposeBackend, KubernetesBackend
from tui.model.text import sanitise_line
from tui.sources.docker import WHAT, Docker, Listed, listed
from tui.sources.http import Denied, timed_out
from tui.sources.kubernetes_actions import allowed
from tui.sources.kubernetes_api import Api
from tui.sources.protocols import Health

_VERBS = (
    ("read pods", "get", "", "pods", ""),
    ("read logs", "get", "", "pods", "log"),
    ("restart deployments", "patch", "apps", "deployments", ""),
    ("scale deployments", "patch", "apps", "deployments", "scale"),
)
"""What an operator does, and the verb, group, resource and subresource it takes. The first is needed for anything."""


class KubernetesProbe:
    """Asks the cluster for its version, and what we may do in the namespace.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend

    async def probe(self) -> Health:
        """Version, and what is allowed; not to be allowed to read pods is an error."""
        async with contextlib.aclosing(Api(self._backend)) as api:
            version = (await api.get("/version/", _Version)).git_version
            asked = (allowed(api, *right) for _, *right in _VERBS)
            answers = await asyncio.gather(*asked)
            place = f"in namespace {sanitise_line(await api.namespace(), 80)}"
        titles = [title for title, *_ in _VERBS]
        may = [title for title, answer in zip(titles, answers, strict=True) if answer.allowed]
        may_not = [title for title in titles if title not in may]
        if titles[0] in may_not:
            raise Denied("Kubernetes", f"not allowed to {' or '.join(may_not)} {place}", "ask for a role binding there")
        note = f"may {', '.join(may)} {place}" + (f"; not {', '.join(may_not)}" if may_not else "")
        return Health(version=sanitise_line(version, 40), authenticated=self._words, note=note)

    @property
    def _words(self) -> str:
        return "kubeconfig" if not self._backend.context else f"context {sanitise_line(self._backend.context, 40)}"


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    git_version: str = ""


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
