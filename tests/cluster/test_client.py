"""The official client works with the cluster: lists, watches, patches, logs, commands, reviews."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment, pod
from tests.cluster.objects import is_ready

# Half the client is untyped, and in the rest every field may be None: Any says as much and reads better.
aio: Any = importlib.import_module("kubernetes.aio")
api: Any = importlib.import_module("kubernetes.aio.client")
sockets: Any = importlib.import_module("kubernetes.aio.stream")

Connection: TypeAlias = Any


@pytest.fixture
async def connection(cluster: Cluster) -> AsyncIterator[Connection]:
    async with await aio.config.new_client_from_config(str(cluster.kubeconfig)) as connected:
        yield connected


async def test_lists_typed_objects(cluster: Cluster, connection: Connection) -> None:
    cluster.apply(deployment("web"))
    await cluster.until(lambda: any(is_ready(each) for each in cluster.pods("web")))
    found = await api.CoreV1Api(connection).list_namespaced_pod("default", label_selector="app=web")
    assert [each.status.phase for each in found.items] == ["Running"]
    deployments = await api.AppsV1Api(connection).list_namespaced_deployment("default")
    assert deployments.items[0].status.observed_generation == 1


async def test_watches_from_a_list_on(cluster: Cluster, connection: Connection) -> None:
    core = api.CoreV1Api(connection)
    cluster.populate(2, app="web")
    listed = await core.list_namespaced_pod("default")
    cluster.populate(1, app="db")
    cluster.store.delete("pods", "default", listed.items[0].metadata.name)
    async with aio.watch.Watch() as watch:
        version = listed.metadata.resource_version
        stream = watch.stream(core.list_namespaced_pod, "default", resource_version=version, timeout_seconds=1)
        seen = [(event["type"], event["object"].metadata.labels["app"]) async for event in stream]
    assert seen == [("ADDED", "db"), ("DELETED", "web")]


async def test_a_watch_with_a_selector_tells_when_an_object_leaves_it(cluster: Cluster, connection: Connection) -> None:
    core = api.CoreV1Api(connection)
    cluster.populate(1, app="web")
    (one,) = cluster.pods("web")
    seen = []
    async with aio.watch.Watch() as watch:
        async for event in watch.stream(core.list_namespaced_pod, "default", label_selector="app=web"):
            seen.append(event["type"])
            if event["type"] == "ADDED":
                body = {"metadata": {"labels": {"app": "spare" if len(seen) == 1 else "web"}}}
                await core.patch_namespaced_pod(one["metadata"]["name"], "default", body)
            if event["type"] == "DELETED":
                break
    assert seen == ["ADDED", "DELETED"]


async def test_restarts_by_a_patch(cluster: Cluster, connection: Connection) -> None:
    cluster.apply(deployment("web"))
    await cluster.until(lambda: any(is_ready(each) for each in cluster.pods("web")))
    annotations = {"kubectl.kubernetes.io/restartedAt": "2026-11-23T12:00:00Z"}
    body = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    patched = await api.AppsV1Api(connection).patch_namespaced_deployment("web", "default", body)
    assert patched.metadata.generation == 2
    await cluster.until(lambda: len(cluster.store.list("replicasets")) == 2)


async def test_replaces_with_the_version_it_read(cluster: Cluster, connection: Connection) -> None:
    apps = api.AppsV1Api(connection)
    cluster.apply(deployment("web", replicas=0))
    await cluster.until(lambda: "observedGeneration" in cluster.get("deployments/web")["status"])
    read = await apps.read_namespaced_deployment("web", "default")
    read.spec.replicas = 1
    await apps.replace_namespaced_deployment("web", "default", read)
    with pytest.raises(api.ApiException) as refused:
        await apps.replace_namespaced_deployment("web", "default", read)
    assert refused.value.status == 409


async def test_follows_a_log_to_its_end(cluster: Cluster, connection: Connection) -> None:
    cluster.apply(pod("one", "import time\nfor i in range(3): print(i); time.sleep(0.1)", policy="Never"))
    await cluster.until(lambda: "running" in str(cluster.get("pods/one")["status"]))
    core = api.CoreV1Api(connection)
    # Not by aio.Watch: 37.0 takes lines of a log for JSON, and asks again for ever when it has ended.
    answer = await core.read_namespaced_pod_log_without_preload_content("one", "default", follow=True)
    assert [line async for line in answer.content] == [b"0\n", b"1\n", b"2\n"]


async def test_runs_a_command(cluster: Cluster) -> None:
    cluster.apply(pod("one", "import time; time.sleep(60)"))
    await cluster.until(lambda: is_ready(cluster.get("pods/one")))
    configuration = api.Configuration()
    await aio.config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    async with sockets.WsApiClient(configuration) as connection:
        said = await api.CoreV1Api(connection).connect_get_namespaced_pod_exec(
            "one", "default", command=["echo", "hello"], stdout=True, stderr=True
        )
    assert said == "hello\n"


async def test_asks_for_permission(connection: Connection) -> None:
    wanted = api.V1ResourceAttributes(namespace="default", verb="patch", group="apps", resource="deployments")
    review = api.V1SelfSubjectAccessReview(spec=api.V1SelfSubjectAccessReviewSpec(resource_attributes=wanted))
    answer = await api.AuthorizationV1Api(connection).create_self_subject_access_review(review)
    assert answer.status.allowed


async def test_initial_events_end_with_a_bookmark(cluster: Cluster, connection: Connection) -> None:
    cluster.populate(2)
    answer = await api.CoreV1Api(connection).list_namespaced_pod_without_preload_content(
        "default",
        watch=True,
        send_initial_events=True,
        resource_version_match="NotOlderThan",
        allow_watch_bookmarks=True,
        timeout_seconds=1,
    )
    async with asyncio.timeout(10):
        events = [json.loads(line) async for line in answer.content]
    # The last is the one a server sends before it ends a watch.
    assert [event["type"] for event in events] == ["ADDED", "ADDED", "BOOKMARK", "BOOKMARK"]
    meta = events[2]["object"]["metadata"]
    assert meta["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert meta["resourceVersion"] == str(cluster.store.version)


async def test_pages_are_of_one_instant_and_expire(cluster: Cluster, connection: Connection) -> None:
    core = api.CoreV1Api(connection)
    cluster.populate(5)
    first = await core.list_namespaced_pod("default", limit=3)
    cluster.populate(1, app="later")
    rest = await core.list_namespaced_pod("default", limit=3, _continue=first.metadata._continue)
    assert (len(first.items), len(rest.items), rest.metadata._continue) == (3, 2, None)
    assert rest.metadata.resource_version == first.metadata.resource_version
    cluster.compact()
    with pytest.raises(api.ApiException) as expired:
        await core.list_namespaced_pod("default", limit=3, _continue=first.metadata._continue)
    assert expired.value.status == 410
