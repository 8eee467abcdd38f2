"""Which cluster, and who we are: the kubeconfig as kubectl reads it, or else the pod we run in.

Imported on first use, in a thread: it loads the official client, half a second of CPU (see `tui.sources.kubernetes`).
The client's own loader does most of it. What is done here is what kubectl does differently:

- of several files in KUBECONFIG, the first to name a current context decides, not the last;
- a credential plugin that fails is an error with its words, not an anonymous request; it cannot reach the operator's
  terminal, is looked for beside the kubeconfig if its path is relative, and is told about the cluster if it asks;
- `as` and `as-groups` are obeyed: without them we would be more than we were told to be;
- keys are in temporary files only until they are loaded.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import yaml
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject
from kubernetes.aio.config import ConfigException

from tui.model.errors import SourceError
from tui.model.profile import KubernetesBackend
from tui.model.text import sanitise_line
from tui.sources.http import UNREADABLE, Denied, explain, is_loopback, timed_out

# The client's loaders have no types.
official: Any = importlib.import_module("kubernetes.aio.config.kube_config")
in_cluster: Any = importlib.import_module("kubernetes.aio.config.incluster_config")

WHAT = "Kubernetes"
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_HINT = "set KUBECONFIG, or kubernetes.context in the profile"
_CONNECTIONS = 256
"""At a time: watches, followed logs, and room for calls."""
_MALFORMED = (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError, ConfigException)
"""What a file of another shape makes of the loader."""

logging.getLogger("kubernetes").addHandler(logging.NullHandler())  # without one, its warnings end on the screen


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster as the profile means it. `rest` opens its session on the first request, in that event loop."""

    configuration: Configuration
    rest: RESTClientObject
    namespace: str
    headers: tuple[tuple[str, str], ...] = ()
    """Whom to impersonate."""


def load(backend: KubernetesBackend) -> Connection:
    """Read everything that is needed to call the API server. Blocks, and runs an event loop: call it in a thread.

    Raises:
        SourceError: there is no kubeconfig, it is malformed, or a credential plugin failed.
    """
    paths = os.environ.get("KUBECONFIG") or "~/.kube/config"
    files = [path for path in paths.split(os.pathsep) if path and Path(path).expanduser().exists()]
    settings = Configuration(connection_pool_maxsize=_CONNECTIONS)
    try:
        if files:
            return _from_files(os.pathsep.join(files), backend, settings)
        if not backend.context and "KUBERNETES_SERVICE_HOST" in os.environ:
            in_cluster.load_incluster_config(settings)
            return _connection(settings, backend.namespace or _NAMESPACE_FILE.read_text().strip(), {})
    except _MALFORMED as error:
        raise SourceError(WHAT, f"the kubeconfig cannot be used: {_words(error)}", _HINT) from error
    except aiohttp.ClientError as error:  # a refresh of the token, asked of who issues it
        raise explain(f"{WHAT}, token refresh", error, timeout_s=backend.timeout_s) from error
    except ImportError as error:
        why = "the kubeconfig uses an auth-provider that kubectl has dropped as well"
        raise SourceError(WHAT, why, "have the cloud's command line write a new one") from error
    finally:
        official._cleanup_temp_files()  # noqa: SLF001 - it has no public name, and keys are not left lying about
    raise SourceError(WHAT, f"no kubeconfig to use: {sanitise_line(paths, 200)} does not exist", _HINT)


def _from_files(paths: str, backend: KubernetesBackend, settings: Configuration) -> Connection:
    merger = official.KubeConfigMerger(paths)
    current = next((one["current-context"] for one in merger.config_files.values() if one.get("current-context")), None)
    contexts = {one.value["name"]: one.value["context"] or {} for one in merger.config.value["contexts"]}
    name = backend.context or current
    if name is None:
        raise SourceError(WHAT, "the kubeconfig names no current context", _HINT)
    if name not in contexts:
        there_are = ", ".join(sanitise_line(str(one), 60) for one in sorted(contexts))
        raise SourceError(
            WHAT, f"the kubeconfig has no context {sanitise_line(str(name), 60)}", f"there are: {there_are or 'none'}"
        )
    loader = _Loader(merger, name, backend.timeout_s)
    asyncio.run(loader.load_and_set(settings))
    namespace = backend.namespace or contexts[name].get("namespace") or "default"
    return _connection(settings, namespace, loader.user)


def _connection(settings: Configuration, namespace: str, user: Mapping[str, Any]) -> Connection:
    settings.client_session_kwargs = {"trust_env": not is_loopback(settings.host)}  # kubectl: no proxy to this machine
    impersonated = [("Impersonate-User", user.get("as")), ("Impersonate-Uid", user.get("as-uid"))]
    impersonated += [("Impersonate-Group", group) for group in user.get("as-groups") or ()]
    for key, values in (user.get("as-user-extra") or {}).items():
        impersonated += [(f"Impersonate-Extra-{key}", value) for value in values]
    return Connection(
        configuration=settings,
        rest=RESTClientObject(settings),
        namespace=str(namespace),
        headers=tuple((name, str(value)) for name, value in impersonated if value),
    )


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} {sanitise_line(str(error.filename or ''), 120)}".strip()
    if isinstance(error, ConfigException):
        return sanitise_line(str(error), 200)
    return f"it is no YAML of that shape ({type(error).__name__})"


class _Loader(official.KubeConfigLoader):  # type: ignore[misc]  # it has no types
    """The official loader, with plugins that cannot fail unseen."""

    def __init__(self, merger: Any, context: str, timeout_s: float) -> None:  # noqa: ANN401 - the client's, untyped
        super().__init__(
            merger.config, context, config_base_path=None, config_persister=lambda _: merger.save_changes()
        )
        self._timeout_s = timeout_s

    @property
    def user(self) -> Mapping[str, Any]:
        """The user's section; empty without one."""
        found: Mapping[str, Any] = self._user.value if self._user is not None else {}
        return found

    async def load_from_exec_plugin(self) -> bool:
        """Take the token or certificate that the plugin hands out; it may block, since this loop has nothing else."""
        folder = self._get_base_path(self._user.path)
        status = _ask_plugin(self._user.value["exec"], Path(folder), self._cluster.value, self._timeout_s)
        if token := status.get("token"):
            self.token = f"Bearer {token}"
        if status.get("clientCertificateData") and status.get("clientKeyData"):
            for attribute, key in (("cert_file", "clientCertificateData"), ("key_file", "clientKeyData")):
                pem = official.FileOrData(status, None, data_key_name=key, base64_file_content=False)
                setattr(self, attribute, pem.as_file())
        elif not token:
            raise ConfigException("the credential plugin gave neither token nor certificate")
        return True


def _ask_plugin(
    section: Mapping[str, Any], folder: Path, cluster: Mapping[str, Any], timeout_s: float
) -> Mapping[str, str]:
    """What is under `status` in a credential plugin's answer. It has no terminal to ask anything on.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    """
    command, version = section["command"], section["apiVersion"]
    if os.sep in command:
        command = str(folder / command)  # an absolute path stays what it is
    what = f"{WHAT} credential plugin {sanitise_line(Path(command).name, 60)}"
    if section.get("interactiveMode") == "Always":
        raise Denied(what, "it has to ask you something", "run kubectl once in a shell, then try again")
    if shutil.which(command) is None:
        hint = sanitise_line(str(section.get("installHint") or "install it, or see that it is in PATH"), 300)
        raise SourceError(what, "it is not installed", hint)
    spec: dict[str, object] = {"interactive": False}
    if section.get("provideClusterInfo"):
        spec["cluster"] = {key: value for key, value in cluster.items() if key in _CLUSTER_INFO}
    info = msgspec.json.encode({"apiVersion": version, "kind": "ExecCredential", "spec": spec}).decode()
    given = {one["name"]: one["value"] for one in section.get("env") or ()}
    try:
        done = subprocess.run(  # noqa: S603 - the command the operator's own kubeconfig names
            [command, *(section.get("args") or ())],
            env=os.environ | given | {"KUBERNETES_EXEC_INFO": info},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            start_new_session=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise timed_out(what, timeout_s, connected=True) from None
    if done.returncode:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        why = sanitise_line(lines[-1] if lines else f"exit code {done.returncode}", 300)
        raise Denied(what, why, "log in again, as its words say; then try again")
    try:
        answer = msgspec.json.decode(done.stdout, type=_Credential)
    except UNREADABLE:
        answer = _Credential()
    if (answer.kind, answer.version) != ("ExecCredential", version):
        why = f"its answer is no ExecCredential of {sanitise_line(version, 60)}"
        raise SourceError(what, why, "is it up to date?")
    return answer.status


class _Credential(msgspec.Struct, frozen=True):
    kind: str = ""
    version: str = msgspec.field(name="apiVersion", default="")
    status: Mapping[str, str] = {}


_CLUSTER_INFO = {"server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url"}
