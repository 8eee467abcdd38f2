"""Logs of real processes through a local API server: every line once, and who comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest

from tests.cluster.access import User
from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment, pod
from tests.sources.kubernetes_doubles import LIMIT_S, QUICK, connected
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.sources import kubernetes_logs
from tui.sources.http import Denied
from tui.sources.kubernetes import Kubernetes

COUNTING = """
import itertools, time
for number in itertools.count():
    print("line", number, flush=True)
    time.sleep(0.02)
"""
TEN = "for number in range(10): print('line', number)"
NEVER = {"policy": "Never"}


@pytest.fixture
async def source(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kubernetes]:
    async with connected(cluster, monkeypatch) as made:
        yield made


class Seen:
    """What came, by source."""

    def __init__(self) -> None:
        self.lines: dict[str, list[bytes]] = {}
        self.notices: list[tuple[str, str]] = []

    def add(self, item: LogItem) -> None:
        if isinstance(item, LogNotice):
            self.notices.append((item.source, item.text))
            return
        assert isinstance(item, LogLines)
        assert len(item.lines) == len(item.stamps) > 0
        self.lines.setdefault(item.source, []).extend(item.lines)

    def said(self, source: str, words: str) -> bool:
        return any(who == source and words in text for who, text in self.notices)


@contextlib.asynccontextmanager
async def reading(
    source: Kubernetes, request: LogRequest
) -> AsyncIterator[tuple[Seen, Callable[[Callable[[], bool]], Awaitable[None]]]]:
    """Yields what has come, and a function that reads on until something holds of it."""
    seen = Seen()
    async with contextlib.aclosing(source.stream(request)) as items:

        async def until(holds: Callable[[], bool]) -> None:
            async with asyncio.timeout(LIMIT_S):
                while not holds():
                    seen.add(await anext(items))

        yield seen, until


async def all_of(source: Kubernetes, request: LogRequest) -> Seen:
    seen = Seen()
    async with asyncio.timeout(LIMIT_S):
        async for item in source.stream(request):
            seen.add(item)
    return seen


def numbered(count: int) -> list[bytes]:
    return [b"line %d" % number for number in range(count)]


async def done(cluster: Cluster, name: str) -> None:
    await cluster.until(lambda: cluster.get(f"pods/{name}").get("status", {}).get("phase") in ("Succeeded", "Failed"))


async def test_what_there_is(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", TEN, **NEVER))
    await done(cluster, "one")
    seen = await all_of(source, LogRequest(selector="app=one", follow=False))
    assert seen.lines == {"one": numbered(10)}
    assert seen.notices == []
    last = await all_of(source, LogRequest(selector="app=one", follow=False, tail=3))
    assert last.lines == {"one": numbered(10)[-3:]}
    kubectl = (await cluster.kubectl("logs", "-l", "app=one", "--tail=-1")).out
    assert kubectl.encode().splitlines() == seen.lines["one"]


async def test_stamps_are_the_servers(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", TEN, **NEVER))
    await done(cluster, "one")
    items = [item async for item in source.stream(LogRequest(selector="app=one", follow=False))]
    stamps = [stamp for item in items if isinstance(item, LogLines) for stamp in item.stamps]
    assert len(stamps) == 10
    assert stamps == sorted(stamps)
    assert not any(map(math.isnan, stamps))
    recent = await all_of(source, LogRequest(selector="app=one", follow=False, since_s=3600))
    assert recent.lines == {"one": numbered(10)}


async def test_any_bytes_are_lines(cluster: Cluster, source: Kubernetes) -> None:
    code = r"import os; os.write(1, b'a\x00b\xff\n' + b'\n' + b'\x1b]52;c;cm0=\x07\r\n' + b'x' * 50_000 + b'\nend')"
    cluster.apply(pod("one", code, **NEVER))
    await done(cluster, "one")
    seen = await all_of(source, LogRequest(selector="app=one", follow=False))
    lines = seen.lines["one"]
    assert lines[:3] == [b"a\x00b\xff", b"", b"\x1b]52;c;cm0=\x07"]
    assert b"".join(lines[3:-1]) == b"x" * 50_000
    assert lines[-1] == b"end"


async def test_following_all_pods_of_a_selector(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker", replicas=2), deployment("api"))
    await cluster.until(lambda: len(cluster.pods("celery-worker")) == 2)
    async with reading(source, LogRequest(selector="app=celery-worker")) as (seen, until):
        await until(lambda: len(seen.lines) == 2 and min(map(len, seen.lines.values())) > 5)
        await cluster.kubectl("scale", "deployment/celery-worker", "--replicas=3")
        await until(lambda: len(seen.lines) == 3)
        new = next(name for name, text in seen.notices if text == "appeared")
        assert seen.lines[new][0].startswith(b"started ")
        gone = min(seen.lines)
        await cluster.kubectl("delete", "pod", gone, "--wait=false")
        await until(lambda: seen.said(gone, "gone"))
    assert all(name.startswith("celery-worker") for name in seen.lines)


async def test_only_the_pods_that_are_asked_for(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(deployment("celery-worker", replicas=3))
    await cluster.until(lambda: len(cluster.pods("celery-worker")) == 3)
    name = cluster.pods("celery-worker")[1]["metadata"]["name"]
    async with reading(source, LogRequest(selector="app=celery-worker", pods=(name,))) as (seen, until):
        await until(lambda: len(seen.lines.get(name, ())) > 10)
    assert set(seen.lines) == {name}


async def test_a_log_that_breaks_goes_on_without_losing_or_doubling_a_line(
    cluster: Cluster, source: Kubernetes
) -> None:
    cluster.apply(pod("one", COUNTING))
    async with reading(source, LogRequest(selector="app=one")) as (seen, until):
        for count in (20, 40, 60):
            await until(lambda n=count: len(seen.lines.get("one", ())) > n)  # type: ignore[misc]  # bound early on purpose
            await _cut(cluster)
        await until(lambda: len(seen.lines["one"]) > 100)
    assert seen.lines["one"] == numbered(len(seen.lines["one"]))
    assert seen.said("one", "log broken off")


async def _cut(cluster: Cluster) -> None:
    """End every connection the server has open, as a restart of it would."""
    assert cluster._runner is not None
    assert cluster._runner.server is not None
    for connection in list(cluster._runner.server.connections):
        if connection.transport is not None:
            connection.transport.abort()


async def test_a_container_that_is_restarted(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", "import time; print('up', flush=True); time.sleep(0.1); raise SystemExit(3)"))
    async with reading(source, LogRequest(selector="app=one")) as (seen, until):
        await until(lambda: seen.lines.get("one", []).count(b"up") == 3)
    assert seen.said("one", "container ended: Error, exit code 3")
    previous = await all_of(source, LogRequest(selector="app=one", previous=True))
    assert previous.lines == {"one": [b"up"]}


async def test_there_is_no_previous_container(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", COUNTING))
    await cluster.until(lambda: cluster.get("pods/one").get("status", {}).get("phase") == "Running")
    seen = await all_of(source, LogRequest(selector="app=one", previous=True))
    assert seen.lines == {}
    assert seen.said("one", "previous terminated container")


async def test_a_container_that_is_not_there_yet(cluster: Cluster, source: Kubernetes) -> None:
    waiting = pod("one", TEN, **NEVER)
    async with reading(source, LogRequest(selector="app=one")) as (seen, until):
        cluster.apply(waiting)
        await until(lambda: seen.lines.get("one") == numbered(10))
        await until(lambda: seen.said("one", "container ended: Completed, exit code 0"))


async def test_a_container_by_name_and_by_annotation(cluster: Cluster, source: Kubernetes) -> None:
    two = pod("one", "print('main')", **NEVER)
    second = msgspec.json.decode(msgspec.json.encode(two["spec"]["containers"][0])) | {"name": "side"}
    second["command"] = ["echo", "side"]
    two["spec"]["containers"].append(second)
    cluster.apply(two)
    await done(cluster, "one")
    first = await all_of(source, LogRequest(selector="app=one", follow=False))
    named = await all_of(source, LogRequest(selector="app=one", follow=False, container="side"))
    assert (first.lines, named.lines) == ({"one": [b"main"]}, {"one": [b"side"]})
    await cluster.kubectl("annotate", "pod", "one", "kubectl.kubernetes.io/default-container=side")
    annotated = await all_of(source, LogRequest(selector="app=one", follow=False))
    assert annotated.lines == named.lines


async def test_a_slow_reader_holds_the_pods_back_and_not_the_memory(
    cluster: Cluster, source: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_logs, "_QUEUED", 4)
    cluster.apply(pod("one", "for number in range(300_000): print('line', number)", **NEVER))
    await done(cluster, "one")
    stream = source.stream(LogRequest(selector="app=one", follow=False))
    seen = Seen()
    async with contextlib.aclosing(stream), asyncio.timeout(LIMIT_S):
        async for item in stream:
            seen.add(item)
            await asyncio.sleep(0)
    assert seen.lines["one"] == numbered(300_000)


async def test_too_many_pods_are_said(cluster: Cluster, source: Kubernetes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_logs, "MOST_PODS", 2)
    cluster.apply(*(pod(f"p{number}", TEN, **NEVER) for number in range(3)))
    for number in range(3):
        await done(cluster, f"p{number}")
    seen = await all_of(source, LogRequest(selector="", follow=False))
    assert set(seen.lines) == {"p0", "p1"}
    assert seen.said("", "2 of 3 pods are followed")


async def test_nothing_matches(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", TEN))
    assert (await all_of(source, LogRequest(selector="app=none", follow=False))).lines == {}


async def test_pods_that_may_not_be_listed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = cluster.admit(User(name="nobody", rules=()))
    async with connected(cluster, monkeypatch, kubeconfig=nobody) as source:
        for follow in (True, False):
            with pytest.raises(Denied, match="not allowed"):
                await all_of(source, LogRequest(selector="app=one", follow=follow))


async def test_logs_that_may_not_be_read(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.apply(pod("one", COUNTING))
    await cluster.until(lambda: cluster.get("pods/one").get("status", {}).get("phase") == "Running")
    lister = cluster.admit(User(name="lister", rules=({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]},)))
    async with connected(cluster, monkeypatch, kubeconfig=lister) as source:
        seen = await all_of(source, LogRequest(selector="app=one", follow=False))
    assert seen.said("one", "not allowed (403)")


async def test_a_server_that_is_busy_is_asked_again(cluster: Cluster, source: Kubernetes) -> None:
    cluster.apply(pod("one", TEN, **NEVER))
    await done(cluster, "one")
    cluster.faults.answer("/log", 500, times=2)
    async with reading(source, LogRequest(selector="app=one")) as (seen, until):
        await until(lambda: seen.lines.get("one") == numbered(10))
    assert seen.said("one", "server error (500)")


async def test_leaving_closes_every_connection(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.apply(deployment("celery-worker", replicas=3))
    await cluster.until(lambda: len(cluster.pods("celery-worker")) == 3)
    async with connected(cluster, monkeypatch, pace=QUICK) as source:
        before = len(asyncio.all_tasks())
        async with reading(source, LogRequest(selector="app=celery-worker")) as (seen, until):
            await until(lambda: len(seen.lines) == 3)
        ours = {task for task in asyncio.all_tasks() if "kubernetes_" in str(task.get_coro())}
    assert not ours
    assert before


async def test_a_source_that_cannot_connect(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = cluster.folder / "broken"
    broken.write_text(cluster.kubeconfig.read_text().replace(cluster.server, "https://127.0.0.1:1"))
    async with connected(cluster, monkeypatch, kubeconfig=broken) as source:
        with pytest.raises(SourceError, match="connection refused"):
            await all_of(source, LogRequest(selector="app=one"))
