"""`ops-center workloads` as a script and as a person at a terminal sees it, on a local API server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.cluster.access import User
from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment
from tests.terminal import Terminal
from tui.core.journal import Journal

PROGRAM = """\
from tui.cli import main
from tui.cli.workloads import workloads
main.add_command(workloads)
main()
"""
NEVER_READY = {"readinessProbe": {"exec": {"command": ["false"]}}}
Said = tuple[int, str, str]
"""Exit code, stdout, stderr."""
Call = Callable[..., Awaitable[Said]]


@pytest.fixture(name="ops")
def _ops(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The program on the cluster, with a home of its own and nobody at a terminal."""
    (tmp_path / "empty.toml").write_text("")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))

    async def call(*arguments: str, flags: tuple[str, ...] = ()) -> Said:
        process = await asyncio.create_subprocess_exec(
            *command(tmp_path, *flags, "workloads", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    return call


def command(folder: Path, *arguments: str) -> list[str]:
    settings = ["--config", str(folder / "empty.toml"), "--set", "kubernetes.context=local"]
    return [sys.executable, "-c", PROGRAM, *settings, *arguments]


async def ready(cluster: Cluster, name: str) -> None:
    await cluster.kubectl("rollout", "status", f"deployment/{name}")


async def test_the_list_is_a_table_or_one_json_object(cluster: Cluster, ops: Call) -> None:
    cluster.apply(deployment("api", replicas=2), deployment("idle", replicas=0))
    await ready(cluster, "api")
    code, table, err = await ops()
    assert (code, err) == (0, "")
    heads, api, idle = table.splitlines()
    assert heads.split()[:6] == ["STATE", "WORKLOAD", "WANT", "UPD", "READY", "AVAIL"]
    assert api.split()[:7] == ["●", "OK", "deployment/api", "2", "2", "2", "2"]
    assert idle.split()[:4] == ["○", "AT", "ZERO", "deployment/idle"]
    assert "\x1b" not in table
    _, text, _ = await ops("--json")
    found = json.loads(text)
    assert [(one["ref"]["name"], one["state"], one["progress"]) for one in found["workloads"]] == [
        ("api", "ok", "2 of 2 updated and ready"),
        ("idle", "no-data", "scaled to 0: no pods"),
    ]
    assert len(found["pods"]) == 2


async def test_a_restart_is_followed_to_its_end_and_journalled(cluster: Cluster, ops: Call, tmp_path: Path) -> None:
    cluster.apply(deployment("api", replicas=2))
    await ready(cluster, "api")
    code, out, err = await ops("restart", "api", "--yes")
    assert (code, out) == (0, "deployment/api: 2 of 2 updated and ready\n")
    assert "Replaces all 2 replicas of deployment/api" in err
    assert "as: kubectl --context local rollout restart deployment/api" in err
    (entry,) = Journal(tmp_path / "home" / "ops-center" / "journal.jsonl").read().entries
    assert entry.intent is not None
    assert (entry.intent.verb, entry.intent.target) == ("restart", "deployment/api")
    assert entry.outcome is not None
    assert entry.outcome.state == "ok"


async def test_undo_goes_to_the_one_before_or_to_the_one_that_is_named(cluster: Cluster, ops: Call) -> None:
    for number in (1, 2, 3):
        cluster.apply(deployment("api", container={"image": f"api:{number}"}))
        await ready(cluster, "api")

    def image() -> str:
        found = cluster.get("deployments/api")["spec"]["template"]["spec"]["containers"][0]["image"]
        assert isinstance(found, str)
        return found

    assert (await ops("undo", "deploy/api", "--yes"))[0] == 0
    assert image() == "api:2"
    assert (await ops("undo", "api", "--to-revision", "1", "--yes"))[0] == 0
    assert image() == "api:1"
    code, _, err = await ops("undo", "api", "--to-revision", "77", "--yes")
    assert code == 1
    assert "there is no revision 77 to go back to\nhint: there are" in err


async def test_scaling_and_deleting_a_pod(cluster: Cluster, ops: Call) -> None:
    cluster.apply(deployment("api", replicas=1))
    await ready(cluster, "api")
    code, out, _ = await ops("scale", "api", "--replicas", "3", "--yes")
    assert (code, out) == (0, "deployment/api: 3 of 3 updated and ready\n")
    names = [pod["metadata"]["name"] for pod in cluster.store.list("pods", cluster.namespace)]
    code, out, _ = await ops("delete-pod", names[0], "--yes")
    assert (code, out) == (0, f"pod/{names[0]}: replaced: 3 of 3 ready\n")


async def test_a_rollout_that_never_gets_ready_fails_at_its_deadline(cluster: Cluster, ops: Call) -> None:
    cluster.apply(deployment("api"))
    await ready(cluster, "api")
    cluster.apply(deployment("api", container=NEVER_READY, progressDeadlineSeconds=20, paused=True))
    await cluster.kubectl("rollout", "resume", "deployment/api")
    code, out, err = await ops("restart", "api", "--yes")
    assert (code, out) == (1, "")
    assert "its deadline has passed\nhint: nothing is rolled back by itself" in err


@pytest.mark.parametrize(
    ("arguments", "flags", "code", "says"),
    [
        (("restart", "nope", "--yes"), (), 1, "there is no workload nope\nhint: there are deployment/api"),
        (("restart", "job/api", "--yes"), (), 2, "job is no kind of workload\nhint: "),
        (("restart", "api"), (), 2, "not confirmed: nothing was changed\nhint: "),
        (("restart", "api", "--yes"), ("--read-only",), 1, "not permitted: read-only"),
        (("scale", "api", "--replicas", "0", "--yes"), (), 2, "wants a name typed\nhint: do it on a terminal"),
        (("scale", "api", "--replicas", "-1"), (), 2, "-1 is not in the range"),
        (("scale", "api"), (), 2, "--replicas"),
        (("undo", "api", "--yes"), (), 1, "there is no other revision to go back to\nhint: "),
        (("delete-pod", "nope", "--yes"), (), 1, "pod/nope is gone already"),
        (("--json", "restart", "api"), (), 2, "--json is for the list"),
    ],
)
async def test_what_is_not_done_says_why_and_what_to_try(
    cluster: Cluster, ops: Call, arguments: tuple[str, ...], flags: tuple[str, ...], code: int, says: str
) -> None:
    cluster.apply(deployment("api"))
    await ready(cluster, "api")
    before = cluster.get("deployments/api")["metadata"]["generation"]
    found, out, err = await ops(*arguments, flags=flags)
    assert (found, out) == (code, "")
    assert says in err
    assert cluster.get("deployments/api")["metadata"]["generation"] == before


async def test_a_right_that_is_missing_is_said_before_anything_is_asked(
    cluster: Cluster, ops: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.apply(deployment("api"))
    await ready(cluster, "api")
    reader = User(name="reader", rules=({"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},))
    monkeypatch.setenv("KUBECONFIG", str(cluster.admit(reader)))
    code, _, err = await ops("restart", "api", "--yes")
    assert code == 1
    assert "not permitted: not allowed to patch deployments in namespace" in err
    assert "Replaces" not in err


async def test_no_platform_and_no_server(ops: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    code, _, err = await ops()
    assert code == 1
    assert "hint: " in err
    bare = [sys.executable, "-c", PROGRAM, "--config", str(tmp_path / "empty.toml"), "workloads"]
    process = await asyncio.create_subprocess_exec(*bare, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"names neither kubernetes nor compose\nhint: set kubernetes.context" in said


@pytest.mark.parametrize(
    ("arguments", "question", "answer", "replicas"),
    [
        (("scale", "api", "--replicas", "2"), b"Scale? [y/N]", b"y\r", 2),
        (("scale", "api", "--replicas", "2"), b"Scale? [y/N]", b"\r", 1),
        (("scale", "api", "--replicas", "0", "--yes"), b"Type api to confirm", b"api\r", 0),
        (("scale", "api", "--replicas", "0", "--yes"), b"Type api to confirm", b"yes\r", 1),
    ],
    ids=["yes", "enter", "named", "not-named"],
)
@pytest.mark.usefixtures("ops")
async def test_a_person_at_a_terminal_is_asked(
    cluster: Cluster, tmp_path: Path, arguments: tuple[str, ...], question: bytes, answer: bytes, replicas: int
) -> None:
    cluster.apply(deployment("api"))
    await ready(cluster, "api")

    def talk() -> int:
        terminal = Terminal(command(tmp_path, "workloads", *arguments))
        try:
            terminal.wait_for(lambda said: question in said)
            terminal.type(answer)
            while terminal.read_once(30):
                pass
            _, status = os.waitpid(terminal.pid, 0)
        finally:
            os.close(terminal._fd)
        return os.waitstatus_to_exitcode(status)

    code = await asyncio.to_thread(talk)
    done = replicas != 1
    assert cluster.get("deployments/api")["spec"]["replicas"] == replicas
    assert code == (0 if done else 2)
