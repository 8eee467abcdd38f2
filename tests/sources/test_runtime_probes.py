"""What doctor asks of a cluster and of docker: doubles over the wire and in PATH."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.process import free_port
from tests.sources.wire import Request, receive, reply, saying, talking
from tui.model.errors import SourceError
from tui.model.profile import ComposeBackend, KubernetesBackend
from tui.sources.http import Denied, Unreachable
from tui.sources.runtime_probes import ComposeProbe, KubernetesProbe


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
