"""Which cluster and who we are: kubeconfigs as kubectl reads them, plugins, certificates, and the pod we run in."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cluster.cluster import Cluster
from tests.services.fixtures import Tls
from tests.sources.kubernetes_doubles import connected, watching
from tui.model.errors import SourceError
from tui.model.profile import KubernetesBackend
from tui.sources import kubernetes_config
from tui.sources.http import Denied, Unreachable
from tui.sources.kubernetes_api import Api
from tui.sources.kubernetes_config import load

Config = dict[str, Any]


def config(name: str, *, server: str = "https://cluster:6443", user: Config | None = None, **extra: Any) -> Config:  # noqa: ANN401 - JSON
    """A kubeconfig with one context, cluster and user of that name."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": server, **extra}}],
        "users": [{"name": name, "user": user or {"token": f"token-of-{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
    }


class Home:
    """A folder of kubeconfigs and plugins."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._patch = folder, monkeypatch

    def use(self, *configs: Config) -> None:
        files = [self.folder / f"config-{number}" for number in range(len(configs))]
        for file, content in zip(files, configs, strict=True):
            file.write_bytes(msgspec.json.encode(content))
        self._patch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))

    def plugin(self, python: str, **section: object) -> Config:
        """A user with a credential plugin beside the kubeconfig that runs some Python."""
        file = self.folder / "plugin"
        file.write_text(f"#!{sys.executable}\nimport json, os, sys\n{python}\n")
        file.chmod(0o755)
        return {"exec": {"apiVersion": VERSION, "command": "./plugin", "interactiveMode": "IfAvailable", **section}}


VERSION = "client.authentication.k8s.io/v1"
CREDENTIAL = f"print(json.dumps({{'kind': 'ExecCredential', 'apiVersion': '{VERSION}', 'status': %s}}))"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    yield
    assert kubernetes_config.official._temp_files == {}, "a key was left in a temporary file"


async def read(backend: KubernetesBackend | None = None) -> kubernetes_config.Connection:
    return await asyncio.to_thread(load, backend or KubernetesBackend())


def token(connection: kubernetes_config.Connection) -> object:
    return connection.configuration.api_key.get("BearerToken")


async def test_of_several_files_the_first_to_say_something_decides(home: Home) -> None:
    first = config("one") | {"current-context": ""}
    home.use(first, config("two"), config("three"), config("one", server="https://other"))
    found = await read()
    assert (found.configuration.host, found.namespace) == ("https://cluster:6443", "ns-two")
    named = await read(KubernetesBackend(context="one"))
    assert (named.configuration.host, token(named)) == ("https://cluster:6443", "Bearer token-of-one")
    assert (await read(KubernetesBackend(context="three", namespace="mine"))).namespace == "mine"


async def test_a_file_of_the_list_may_be_missing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.use(config("one"))
    monkeypatch.setenv("KUBECONFIG", f"/nowhere/config:{os.environ['KUBECONFIG']}:")
    assert (await read()).namespace == "ns-one"


async def test_the_usual_place(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(home.folder))
    (home.folder / ".kube").mkdir()
    (home.folder / ".kube" / "config").write_bytes(msgspec.json.encode(config("home")))
    assert (await read()).namespace == "ns-home"


async def test_the_pod_we_run_in(home: Home, monkeypatch: pytest.MonkeyPatch, tls_files: Tls) -> None:
    monkeypatch.setenv("KUBECONFIG", str(home.folder / "none"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    for name, text in (("token", "of-the-pod"), ("namespace", "agents\n")):
        (home.folder / name).write_text(text)
    monkeypatch.setattr(kubernetes_config, "_NAMESPACE_FILE", home.folder / "namespace")
    loader = kubernetes_config.in_cluster
    monkeypatch.setattr(loader, "SERVICE_TOKEN_FILENAME", str(home.folder / "token"))
    monkeypatch.setattr(loader, "SERVICE_CERT_FILENAME", str(tls_files.ca))
    found = await read()
    assert (found.configuration.host, found.namespace, token(found)) == (
        "https://10.0.0.1:443",
        "agents",
        "bearer of-the-pod",
    )


async def test_certificates_in_the_file(home: Home, tls_files: Tls) -> None:
    import base64

    def data(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    user = {
        "client-certificate-data": data(tls_files.client_cert),
        "client-key-data": data(tls_files.client_key),
    }
    home.use(config("one", user=user, **{"certificate-authority-data": data(tls_files.ca)}))
    found = await read()
    assert [cert["subject"] for cert in found.rest.ssl_context.get_ca_certs()] == [((("commonName", "ca"),),)]


async def test_impersonation_is_obeyed(home: Home) -> None:
    home.use(config("one", user={"token": "t", "as": "ops", "as-groups": ["a", "b"], "as-user-extra": {"why": ["x"]}}))
    assert (await read()).headers == (
        ("Impersonate-User", "ops"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-why", "x"),
    )


async def test_a_plugin_hands_out_a_token(home: Home) -> None:
    said = "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec']\n" + CREDENTIAL % (
        "{'token': ' '.join([*sys.argv[1:], os.environ['WHO'], str(info['interactive']), info['cluster']['server'],"
        " str(sys.stdin.isatty())])}"
    )
    user = home.plugin(said, args=["get", "token"], env=[{"name": "WHO", "value": "me"}], provideClusterInfo=True)
    home.use(config("one", user=user))
    assert token(await read()) == "Bearer get token me False https://cluster:6443 False"


async def test_a_plugin_hands_out_a_certificate(home: Home, tls_files: Tls) -> None:
    pems = {
        "clientCertificateData": tls_files.client_cert.read_text(),
        "clientKeyData": tls_files.client_key.read_text(),
    }
    home.use(config("one", user=home.plugin(CREDENTIAL % repr(pems))))
    assert token(await read()) is None


@pytest.mark.parametrize(
    ("python", "section", "kind", "why", "hint"),
    [
        ("print('token \\x1b[2J expired', file=sys.stderr); sys.exit(1)", {}, Denied, "token ␛[2J expired", "log in"),
        ("sys.exit(3)", {}, Denied, "exit code 3", "log in"),
        ("print('{}')", {}, SourceError, "no ExecCredential", "up to date"),
        ("print('hello')", {}, SourceError, "no ExecCredential", "up to date"),
        (CREDENTIAL % "{}", {}, SourceError, "neither token nor certificate", "KUBECONFIG"),
        ("import time; time.sleep(60)", {}, Unreachable, "within 0.5 s", "overloaded"),
        ("", {"interactiveMode": "Always"}, Denied, "ask you something", "kubectl once"),
        ("", {"command": "no-such-plugin", "installHint": "get it at x"}, SourceError, "not installed", "get it at x"),
    ],
)
async def test_a_plugin_that_fails_says_so(
    home: Home, python: str, section: Config, kind: type[SourceError], why: str, hint: str
) -> None:
    home.use(config("one", user=home.plugin(python, **section)))
    with pytest.raises(SourceError) as caught:
        await read(KubernetesBackend(timeout_s=0.5))
    assert type(caught.value) is kind
    assert why in caught.value.why
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (config("one") | {"current-context": ""}, "names no current context"),
        (config("one") | {"current-context": "two"}, "has no context two"),
        (config("one") | {"contexts": [{"name": "one", "context": {"cluster": "nine"}}]}, "object with name nine"),
        (config("one", user=None, **{"certificate-authority": "/no/ca.pem"}), "/no/ca.pem"),
        (config("one", user=None, **{"certificate-authority-data": "bm90IGEgY2VydA=="}), "cannot be used"),
        ({"contexts": 3}, "cannot be used"),
    ],
)
async def test_a_kubeconfig_that_cannot_be_used(home: Home, content: Config, why: str) -> None:
    home.use(content)
    with pytest.raises(SourceError, match=re.escape(why)):
        await read()


async def test_nothing_is_said_on_the_terminal(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    home.use(config("one", user=home.plugin("print('x', file=sys.stderr); sys.exit(1)")))
    with pytest.raises(SourceError):
        await read()
    assert capfd.readouterr() == ("", "")


async def test_a_plugin_is_asked_again_when_its_token_is_not_taken_any_more(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.cluster.access import ADMIN

    monkeypatch.setattr("tui.sources.kubernetes_api._AGAIN_S", 0.0)
    home = Home(tmp_path, monkeypatch)
    (tmp_path / "token").write_text("first")
    made = msgspec.json.decode(cluster.kubeconfig.read_bytes())
    made["users"][0]["user"] = home.plugin(CREDENTIAL % f"{{'token': open('{tmp_path}/token').read()}}")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_bytes(msgspec.json.encode(made))
    cluster.access.add("first", ADMIN)
    async with connected(cluster, monkeypatch, kubeconfig=kubeconfig) as source, watching(source) as until:
        assert not (await until(lambda seen: seen.at > 0)).stale
        cluster.access.revoke("first")
        cluster.access.add("second", ADMIN)
        (tmp_path / "token").write_text("second")
        cluster.faults.watch_dies("/pods")
        cluster.populate(1)
        await until(lambda seen: len(seen.pods) == 1 and not seen.stale)


async def test_a_server_that_is_not_trusted(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    made = msgspec.json.decode(cluster.kubeconfig.read_bytes())
    del made["clusters"][0]["cluster"]["certificate-authority"]
    cluster.kubeconfig.write_bytes(msgspec.json.encode(made))
    async with connected(cluster, monkeypatch) as source, watching(source) as until:
        assert "certificate not trusted" in (await until(lambda seen: bool(seen.stale))).stale
    made["clusters"][0]["cluster"]["insecure-skip-tls-verify"] = True
    cluster.kubeconfig.write_bytes(msgspec.json.encode(made))
    async with connected(cluster, monkeypatch) as source, watching(source) as until:
        assert (await until(lambda seen: True)).stale == ""  # noqa: ARG005 - any will do


async def test_many_first_calls_connect_once(home: Home) -> None:
    (home.folder / "count").write_text("")
    home.use(
        config(
            "one", user=home.plugin(f"open('{home.folder}/count', 'a').write('x')\n" + CREDENTIAL % "{'token': 't'}")
        )
    )
    api = Api(KubernetesBackend())
    assert await asyncio.gather(*(api.namespace() for _ in range(20))) == ["ns-one"] * 20
    assert (home.folder / "count").read_text() == "x"
    await api.aclose()
