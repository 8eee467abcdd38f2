"""Which platform a profile gets, made when it is first asked and closed if it was."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tui.core.wiring import connect
from tui.model.profile import ComposeBackend, KubernetesBackend, Profile
from tui.model.workload import Change


@pytest.mark.parametrize(
    ("profile", "target", "said"),
    [
        (
            Profile(name="p", configured=frozenset({"kubernetes"}), kubernetes=KubernetesBackend(namespace="agents")),
            "deployment/celery-worker",
            "kubectl -n agents rollout restart deployment/celery-worker",
        ),
        (
            Profile(name="p", configured=frozenset({"compose"}), compose=ComposeBackend(file=Path("/srv/c.yaml"))),
            "service/worker",
            "docker compose --file /srv/c.yaml restart worker",
        ),
    ],
)
async def test_a_profile_gets_its_platform(profile: Profile, target: str, said: str) -> None:
    backends = connect(profile)
    assert backends.workloads is not None
    assert backends.logs is not None
    assert backends.workloads.equivalent(Change(verb="restart", target=target)) == said
    await backends.aclose()


async def test_without_a_platform_there_are_neither_workloads_nor_logs() -> None:
    backends = connect(Profile(name="p"))
    assert (backends.workloads, backends.logs) == (None, None)
    await backends.aclose()


async def test_what_was_never_asked_is_closed_without_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    backends = connect(Profile(name="p", configured=frozenset({"kubernetes"})))
    await backends.aclose()
    assert backends.platform is not None
    assert backends.platform._made is None


async def test_a_platform_that_cannot_be_reached_is_a_stale_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    backends = connect(Profile(name="p", configured=frozenset({"kubernetes"})))
    assert backends.workloads is not None
    async with contextlib.AsyncExitStack() as stack:
        snapshots = backends.workloads.watch()
        stack.push_async_callback(snapshots.aclose)  # type: ignore[attr-defined]  # a generator behind the Protocol
        assert "no kubeconfig to use" in (await anext(snapshots)).stale
    await backends.aclose()
