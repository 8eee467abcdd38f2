"""Ordered trouble comes as ordered, as often as ordered, and no more."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.cluster.cluster import Cluster

PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
async def http(cluster: Cluster) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cafile=str(cluster.folder / "authority.crt"))
    async with aiohttp.ClientSession(
        cluster.server,
        connector=aiohttp.TCPConnector(ssl=context),
        headers={"Authorization": "Bearer token-of-admin"},
        timeout=aiohttp.ClientTimeout(total=10),
    ) as session:
        yield session


async def status(http: aiohttp.ClientSession, path: str = PODS) -> int:
    async with http.get(path) as answer:
        return answer.status


async def events(http: aiohttp.ClientSession, **parameters: str) -> list[tuple[str, int | None]]:
    """Type of each event of a watch, and the code if it is an error."""
    async with http.get(PODS, params={"watch": "1", "timeoutSeconds": "1", **parameters}) as answer:
        decoded = [json.loads(line) async for line in answer.content]
    return [(event["type"], event["object"].get("code")) for event in decoded]


@pytest.mark.parametrize("code", [401, 403, 409, 429, 500, 503])
async def test_refuses_as_often_as_told(cluster: Cluster, http: aiohttp.ClientSession, code: int) -> None:
    cluster.faults.answer(r"/pods$", code, times=2)
    assert [await status(http) for _ in range(3)] == [code, code, 200]
    assert cluster.faults.met == [f"GET {PODS}"] * 2


async def test_befalls_only_what_matches(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.answer(r"/pods$", 500, method="DELETE")
    cluster.faults.answer(r"/events$", 500)
    assert await status(http) == 200


async def test_says_when_to_come_back(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.answer(r"/pods$", 429, retry_after=7)
    async with http.get(PODS) as answer:
        assert answer.headers["Retry-After"] == "7"
        assert (await answer.json())["reason"] == "TooManyRequests"


async def test_kubectl_comes_back_when_told(cluster: Cluster) -> None:
    cluster.populate(1)
    cluster.faults.answer(r"/pods\?", 429, retry_after=1)
    assert len((await cluster.kubectl("get", "pods", "-o", "name")).out.split()) == 1


async def test_is_slow(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.slow(r"/pods$", 0.3)
    began = time.monotonic()
    assert await status(http) == 200
    assert time.monotonic() - began >= 0.3


async def test_hangs(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.hang(r"/pods$")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await status(http)
    assert await status(http) == 200


async def test_drops_the_connection(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.drop(r"/pods$", method="POST")
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post(PODS, json={})


async def test_a_watch_dies(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.populate(3)
    cluster.faults.watch_dies(r"/pods\?", after=2)
    with pytest.raises(aiohttp.ClientError):
        await events(http)
    assert await events(http) == [("ADDED", None)] * 3


async def test_a_watch_expires(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.populate(3)
    cluster.faults.watch_expires(r"/pods\?", after=1)
    assert await events(http) == [("ADDED", None), ("ERROR", 410)]


async def test_a_watch_falls_silent(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    cluster.populate(1)
    cluster.faults.watch_silent(r"/pods\?", after=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):  # longer than the watch was to last
            await events(http)


async def test_a_forgotten_version_is_gone(cluster: Cluster, http: aiohttp.ClientSession) -> None:
    before = str(cluster.store.version)
    cluster.populate(1)
    assert await events(http, resourceVersion=before) == [("ADDED", None)]
    cluster.compact()
    assert await events(http, resourceVersion=before) == [("ERROR", 410)]


async def test_an_unknown_path_or_name_is_not_found(http: aiohttp.ClientSession) -> None:
    assert await status(http, "/apis/batch/v1/jobs") == 404
    async with http.get(f"{PODS}/none") as answer:
        assert (await answer.json())["details"] == {"name": "none", "group": "", "kind": "pods"}


async def test_who_is_not_known_is_unauthorized(http: aiohttp.ClientSession) -> None:
    async with http.get(PODS, headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 401
