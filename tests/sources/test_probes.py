"""What doctor asks: Alertmanager and Redis are real; Grafana, Jaeger, a cluster and docker are doubles."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.services.fixtures import PASSWORD, USER, RedisServer, Tls
from tests.services.process import free_port
from tests.sources.wire import Request, Talk, receive, reply, saying, talking
from tui.model.errors import SourceError
from tui.model.profile import ComposeBackend, HttpBackend, KubernetesBackend, RedisBackend
from tui.sources.http import Denied, Unreachable
from tui.sources.probes import AlertmanagerProbe, GrafanaProbe, JaegerProbe, RedisProbe
from tui.sources.protocols import Health
from tui.sources.runtime_probes import ComposeProbe, KubernetesProbe

HttpProbe = type[AlertmanagerProbe] | type[JaegerProbe] | type[GrafanaProbe]
HTTP_PROBES = [AlertmanagerProbe, JaegerProbe, GrafanaProbe]


def routes(answers: Mapping[str, bytes]) -> Callable[[Request], bytes]:
    """A server that knows some paths, and answers others with status 404."""
    return lambda request: answers.get(request.target, reply("404 page not found", "404 Not Found"))


async def asked(probe: HttpProbe, talk: Talk, **settings: object) -> Health:
    """What one probe makes of a server that talks like this."""
    async with talking(talk) as url:
        return await probe(HttpBackend(url=url, **settings)).probe()  # type: ignore[arg-type]  # each test gives fitting ones


async def test_alertmanager(alertmanager: str) -> None:
    health = await AlertmanagerProbe(HttpBackend(url=alertmanager)).probe()
    assert health.version.startswith("0.")
    assert (health.authenticated, health.note) == ("no authentication", "")


async def test_another_server_is_no_alertmanager(prometheus: str) -> None:
    with pytest.raises(SourceError, match="is this Alertmanager"):
        await AlertmanagerProbe(HttpBackend(url=prometheus)).probe()


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_refused(probe: HttpProbe) -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        await probe(HttpBackend(url=f"http://localhost:{free_port()}")).probe()


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_denied(probe: HttpProbe) -> None:
    with pytest.raises(Denied, match="not authenticated"):
        await asked(probe, saying(reply("no", "401 Unauthorized")))


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_login_page(probe: HttpProbe) -> None:
    with pytest.raises(SourceError, match=r"redirected \(302\) to /login"):
        await asked(probe, saying(reply("", "302 Found", Location="/login")))


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_web_page(probe: HttpProbe) -> None:
    with pytest.raises(SourceError, match="Sign in ␛") as caught:
        await asked(probe, saying(reply("<html><title>Sign in \x1b[2J</title>")))
    assert "something else than" in caught.value.hint


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_endless(probe: HttpProbe) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" " * 65_536)
            await writer.drain()

    with pytest.raises(SourceError, match="more than 16 MiB"):
        await asked(probe, talk, timeout_s=30)


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_silent(probe: HttpProbe) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"connected, but no full answer within 0\.2 s"):
        await asked(probe, talk, timeout_s=0.2)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_tls(probe: HttpProbe, prometheus_tls: str, tls_files: Tls) -> None:
    with pytest.raises(Unreachable, match="certificate not trusted"):
        await probe(HttpBackend(url=prometheus_tls)).probe()
    with pytest.raises(Denied, match="client certificate"):
        await probe(HttpBackend(url=prometheus_tls, ca_file=tls_files.ca)).probe()
    let_in = HttpBackend(
        url=prometheus_tls, ca_file=tls_files.ca, cert_file=tls_files.client_cert, key_file=tls_files.client_key
    )
    with pytest.raises(SourceError, match=r"no such path \(404\)|no answer of"):  # it is Prometheus
        await probe(let_in).probe()


async def test_jaeger_of_today() -> None:
    health = await asked(JaegerProbe, saying(routes({"/api/v3/services": reply('{"services":["api","worker"]}')})))
    assert health.note == "API v3, 2 services"


@pytest.mark.parametrize(
    "v3", [reply("<html>UI</html>"), reply("bad", "400 Bad Request"), reply("no", "404 Not Found")]
)
async def test_jaeger_of_old(v3: bytes) -> None:
    old = {"/api/v3/services": v3, "/api/services": reply('{"data":["api"],"total":1}')}
    assert (await asked(JaegerProbe, saying(routes(old)))).note == "API v1, 1 service"


async def test_jaeger_without_traces() -> None:
    old = {"/api/services": reply('{"data":null,"total":0}')}
    assert (await asked(JaegerProbe, saying(routes(old)))).note == "API v1, 0 services"


async def test_grafana_without_credentials() -> None:
    health = await asked(GrafanaProbe, saying(routes({"/api/health": reply('{"database":"ok","version":"11.2.0"}')})))
    assert (health.version, health.authenticated) == ("11.2.0", "no authentication")


async def test_grafana_says_whether_it_takes_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("glsa_right")

    def answer(request: Request) -> bytes:
        if request.target == "/api/health":  # open to all, so it proves nothing
            return reply('{"version":"11.2.0"}')
        right = request.headers["authorization"] == "Bearer glsa_right"
        return reply("[]") if right else reply('{"message":"Invalid API key"}', "401 Unauthorized")

    assert (await asked(GrafanaProbe, saying(answer), bearer_token_file=file)).authenticated == "bearer token"
    file.write_text("glsa_wrong")
    with pytest.raises(Denied, match="Invalid API key"):
        await asked(GrafanaProbe, saying(answer), bearer_token_file=file)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


async def test_redis_as_a_user(redis_server: RedisServer, password_file: Path) -> None:
    health = await RedisProbe(RedisBackend(url=redis_server.url, username=USER, password_file=password_file)).probe()
    assert health.version.startswith("7.")
    assert (health.authenticated, health.note) == ("user ops", "")


async def test_redis_with_a_password_alone(redis_server: RedisServer, tmp_path: Path) -> None:
    file = tmp_path / "default"
    file.write_text("default secret")
    health = await RedisProbe(RedisBackend(url=redis_server.url, password_file=file)).probe()
    assert health.authenticated == "password"


async def test_redis_user_who_may_only_ping(redis_server: RedisServer, password_file: Path) -> None:
    backend = RedisBackend(url=redis_server.url, username="blind", password_file=password_file)
    health = await RedisProbe(backend).probe()
    assert (health.version, health.note) == ("", "the user may not ask for INFO")


async def test_redis_over_tls(redis_server: RedisServer, tls_files: Tls, password_file: Path) -> None:
    backend = RedisBackend(url=redis_server.tls_url, username=USER, password_file=password_file, ca_file=tls_files.ca)
    assert (await RedisProbe(backend).probe()).version.startswith("7.")


async def test_redis_whose_authority_is_unknown(redis_server: RedisServer, password_file: Path) -> None:
    backend = RedisBackend(url=redis_server.tls_url, username=USER, password_file=password_file)
    with pytest.raises(Unreachable, match="certificate not trusted"):
        await RedisProbe(backend).probe()


async def test_redis_ca_file_that_is_missing(redis_server: RedisServer, tmp_path: Path) -> None:
    backend = RedisBackend(url=redis_server.tls_url, ca_file=tmp_path / "none.pem")
    with pytest.raises(SourceError, match="cannot use"):
        await RedisProbe(backend).probe()


async def test_redis_with_a_wrong_password(redis_server: RedisServer, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("tr0ub4dor")
    with pytest.raises(Denied, match="not authenticated") as caught:
        await RedisProbe(RedisBackend(url=redis_server.url, username=USER, password_file=wrong)).probe()
    assert "tr0ub4dor" not in str(caught.value)


async def test_redis_without_a_password(redis_server: RedisServer) -> None:
    with pytest.raises(Denied, match="not authenticated") as caught:
        await RedisProbe(RedisBackend(url=redis_server.url)).probe()
    assert "password_file" in caught.value.hint


async def test_redis_refused() -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        await RedisProbe(RedisBackend(url=f"redis://localhost:{free_port()}")).probe()


async def test_redis_that_is_silent() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with talking(talk) as url:
        backend = RedisBackend(url=url.replace("http", "redis"), timeout_s=0.3)
        with pytest.raises(Unreachable, match="no full answer"):
            await RedisProbe(backend).probe()


async def test_redis_that_is_none() -> None:
    async with talking(saying(reply("hello"))) as url:
        with pytest.raises(SourceError):
            await RedisProbe(RedisBackend(url=url.replace("http", "redis"), timeout_s=0.5)).probe()


class Cluster:
    """As much of an API server as the probe asks: its version, and SelfSubjectAccessReview."""

    def __init__(self, *, allowed: frozenset[str]) -> None:
        self.allowed = allowed
        self.reviews: list[dict[str, str]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await receive(reader)
            body = await reader.readexactly(int(request.headers.get("content-length", 0)))
            writer.write(self._answer(request, body))
            await writer.drain()

    def _answer(self, request: Request, body: bytes) -> bytes:
        if request.target == "/version/":
            names = ("major", "minor", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform")
            return reply(json.dumps(dict.fromkeys(names, "x") | {"gitVersion": "v1.32.4"}))
        assert request.target == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        review = json.loads(body)
        asked = review["spec"]["resourceAttributes"]
        self.reviews.append(asked)
        name = "/".join(filter(None, (asked["verb"], asked["resource"], asked.get("subresource", ""))))
        return reply(json.dumps(review | {"status": {"allowed": name in self.allowed}}), "201 Created")


ALL = frozenset({"get/pods", "get/pods/log", "patch/deployments", "patch/deployments/scale"})


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes a kubeconfig with the contexts `here` (current, namespace agents) and `there`."""

    def write(url: str) -> None:
        contexts = [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "agents"}},
            {"name": "there", "context": {"cluster": "c", "user": "u"}},
        ]
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": contexts,
        }
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(config))
        monkeypatch.setenv("KUBECONFIG", str(file))

    return write


@pytest.mark.parametrize(
    ("backend", "namespace"),
    [
        (KubernetesBackend(), "agents"),
        (KubernetesBackend(context="there"), "default"),
        (KubernetesBackend(context="there", namespace="mine"), "mine"),
    ],
)
async def test_kubernetes(kubeconfig: Callable[[str], None], backend: KubernetesBackend, namespace: str) -> None:
    cluster = Cluster(allowed=ALL - {"patch/deployments/scale"})
    async with talking(cluster) as url:
        kubeconfig(url)
        health = await KubernetesProbe(backend).probe()
    assert health.version == "v1.32.4"
    may = f"may read pods, read logs, restart deployments in namespace {namespace}; not scale deployments"
    assert health.note == may
    assert {review["namespace"] for review in cluster.reviews} == {namespace}


async def test_kubernetes_pods_not_to_be_read(kubeconfig: Callable[[str], None]) -> None:
    async with talking(Cluster(allowed=frozenset({"get/pods/log"}))) as url:
        kubeconfig(url)
        with pytest.raises(Denied, match="not allowed to read pods"):
            await KubernetesProbe(KubernetesBackend()).probe()


async def test_kubernetes_denied(kubeconfig: Callable[[str], None]) -> None:
    body = '{"kind":"Status","message":"Unauthorized \\u001b[2J"}'
    async with talking(saying(reply(body, "401 Unauthorized"))) as url:
        kubeconfig(url)
        with pytest.raises(Denied, match=r"not authenticated \(401\): Unauthorized ␛\[2J"):
            await KubernetesProbe(KubernetesBackend()).probe()


async def test_kubernetes_refused(kubeconfig: Callable[[str], None]) -> None:
    kubeconfig(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match="connection refused"):
        await KubernetesProbe(KubernetesBackend()).probe()


async def test_kubernetes_silent(kubeconfig: Callable[[str], None]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with talking(talk) as url:
        kubeconfig(url)
        with pytest.raises(Unreachable, match="no full answer within"):
            await KubernetesProbe(KubernetesBackend(timeout_s=0.3)).probe()


async def test_kubernetes_context_that_does_not_exist(kubeconfig: Callable[[str], None]) -> None:
    kubeconfig("http://127.0.0.1:1")
    with pytest.raises(SourceError, match="no context prod") as caught:
        await KubernetesProbe(KubernetesBackend(context="prod")).probe()
    assert caught.value.hint == "there are: here, there"


@pytest.mark.parametrize("content", [None, "", "[]", "clusters: 3", "{", "current-context: x\ncontexts: []"])
async def test_kubernetes_without_a_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(file))
    with pytest.raises(SourceError, match="kubeconfig"):
        await KubernetesProbe(KubernetesBackend()).probe()


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a `docker` into PATH that runs a shell script; returns where its arguments are noted."""

    def install(script: str) -> Path:
        (tmp_path / "bin").mkdir()
        program, noted = tmp_path / "bin" / "docker", tmp_path / "arguments"
        program.write_text(f'#!/bin/sh\necho "$@" >> {noted}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        return noted

    return install


_PS = '{"Service":"worker","State":"running","Health":""}\n{"Service":"db","State":"exited","Health":""}\n'


@pytest.mark.parametrize(
    ("listed", "note"),
    [
        (_PS, "2 services; db exited"),
        (f"[{','.join(_PS.splitlines())}]", "2 services; db exited"),
        (_PS.splitlines()[0], "1 service, all running"),
        ('{"Service":"api","State":"running","Health":"unhealthy"}', "1 service; api unhealthy"),
        ("", "no container runs in this project"),
        ("[]", "no container runs in this project"),
    ],
)
async def test_compose(docker: Callable[[str], Path], tmp_path: Path, listed: str, note: str) -> None:
    (tmp_path / "ps").write_text(listed)
    noted = docker(f'case "$*" in *version*) echo 2.29.1;; *) cat {tmp_path}/ps;; esac')
    health = await ComposeProbe(ComposeBackend(project="agents", file=Path("/srv/compose.yaml"))).probe()
    assert (health.version, health.note) == ("2.29.1", note)
    assert noted.read_text().splitlines() == [
        "compose version --short",
        "compose --project-name agents --file /srv/compose.yaml ps --all --format json",
    ]


@pytest.mark.parametrize(
    ("said", "kind", "hint"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            Unreachable,
            "start docker",
        ),
        ("permission denied while trying to connect to the Docker daemon socket", Denied, "group"),
        ("docker: 'compose' is not a docker command.", Unreachable, "plugin"),
        ("no configuration file provided: not found", SourceError, "compose.file"),
    ],
)
async def test_compose_failures(docker: Callable[[str], Path], said: str, kind: type[SourceError], hint: str) -> None:
    docker(f'echo "{said}" >&2; exit 1')
    with pytest.raises(SourceError) as caught:
        await ComposeProbe(ComposeBackend()).probe()
    assert type(caught.value) is kind
    assert caught.value.why == said
    assert hint in caught.value.hint


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its exit code."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not listed.strip() or listed.startswith("Z")


async def test_compose_that_hangs_is_ended_with_its_children(docker: Callable[[str], Path], tmp_path: Path) -> None:
    docker(f"sleep 600 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(Unreachable, match="no full answer"):
        await ComposeProbe(ComposeBackend(timeout_s=0.5)).probe()
    assert gone(int((tmp_path / "child").read_text()))


async def test_compose_without_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreachable, match="cannot be started"):
        await ComposeProbe(ComposeBackend()).probe()


async def test_compose_that_does_not_answer_in_json(docker: Callable[[str], Path]) -> None:
    docker("echo NAME IMAGE COMMAND")
    with pytest.raises(SourceError, match="JSON"):
        await ComposeProbe(ComposeBackend()).probe()
