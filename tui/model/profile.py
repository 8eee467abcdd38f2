"""A profile: where things are, how to authenticate, and what is allowed.

Every setting is documented at its field; `tui.core.settings` reads them from the file, `OPS_CENTER_*` variables and
flags, and derives the variable's name from the field's place. A secret is never a value here: it is named by a file or
by an environment variable, and read when it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class HttpBackend(msgspec.Struct, frozen=True, kw_only=True):
    """A server that speaks HTTP: Prometheus, Alertmanager, Jaeger, Grafana."""

    url: Annotated[str, Meta(description="Base URL, http:// or https://, with its path prefix if there is one.")]
    username: Annotated[str, Meta(description="User for basic authentication.")] = ""
    password_file: Annotated[Path | None, Meta(description="File that holds the password.")] = None
    password_env: Annotated[str, Meta(description="Name of the variable that holds the password.")] = ""
    bearer_token_file: Annotated[Path | None, Meta(description="File that holds the token; read for each request.")] = (
        None
    )
    bearer_token_env: Annotated[str, Meta(description="Name of the variable that holds the token.")] = ""
    ca_file: Annotated[Path | None, Meta(description="CA certificates (PEM) to trust instead of the system's.")] = None
    cert_file: Annotated[Path | None, Meta(description="Client certificate (PEM).")] = None
    key_file: Annotated[Path | None, Meta(description="Key of the client certificate, if not in the same file.")] = None
    timeout_s: Annotated[float, Meta(description="Seconds a whole request may take.")] = 5.0


class RedisBackend(msgspec.Struct, frozen=True, kw_only=True):
    """The Redis that holds the queue."""

    url: Annotated[str, Meta(description="redis://, rediss:// (TLS) or unix://, with the database number as path.")]
    username: Annotated[str, Meta(description="ACL user.")] = ""
    password_file: Annotated[Path | None, Meta(description="File that holds the password.")] = None
    password_env: Annotated[str, Meta(description="Name of the variable that holds the password.")] = ""
    ca_file: Annotated[Path | None, Meta(description="CA certificates (PEM) to trust instead of the system's.")] = None
    timeout_s: Annotated[float, Meta(description="Seconds a command may take.")] = 5.0


class KubernetesBackend(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster the platform runs in."""

    context: Annotated[str, Meta(description="Context of the kubeconfig; the current one when not set.")] = ""
    namespace: Annotated[str, Meta(description="Namespace of the platform; the context's when not set.")] = ""
    timeout_s: Annotated[float, Meta(description="Seconds a request may take.")] = 10.0


class ComposeBackend(msgspec.Struct, frozen=True, kw_only=True):
    """The docker compose project the platform runs as."""

    project: Annotated[str, Meta(description="Project name; docker's own choice when not set.")] = ""
    file: Annotated[Path | None, Meta(description="Compose file; docker's own choice when not set.")] = None
    timeout_s: Annotated[float, Meta(description="Seconds a docker command may take.")] = 10.0


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One platform as one operator sees it.

    Every backend has its usual local address even where nothing is said about it, so that links can be drawn;
    `configured` holds the names of those that were said, and Prometheus.
    """

    name: str
    configured: frozenset[str] = frozenset({"prometheus"})
    read_only: Annotated[bool, Meta(description="Refuse every action that changes something.")] = False
    runbooks: Annotated[tuple[Path, ...], Meta(description="Folders of runbooks besides the shipped ones.")] = ()
    log_lines: Annotated[
        int, Meta(description="Lines that the logs pane holds; the oldest are dropped, which is said.")
    ] = 1_000_000
    catalog: Annotated[Path | None, Meta(description="Catalog to use instead of the shipped one.")] = None
    prometheus: HttpBackend = HttpBackend(url="http://localhost:9090")
    alertmanager: HttpBackend = HttpBackend(url="http://localhost:9093")
    jaeger: HttpBackend = HttpBackend(url="http://localhost:16686")
    grafana: HttpBackend = HttpBackend(url="http://localhost:3000")
    redis: RedisBackend = RedisBackend(url="redis://localhost:6379/0")
    kubernetes: KubernetesBackend = KubernetesBackend()
    compose: ComposeBackend = ComposeBackend()

    @property
    def platform(self) -> Literal["kubernetes", "compose", ""]:
        """What the platform runs on; empty when the profile does not say."""
        if "kubernetes" in self.configured:
            return "kubernetes"
        return "compose" if "compose" in self.configured else ""
