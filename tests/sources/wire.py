"""A server that says exactly what a test tells it to: for faults that no real server produces on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import msgspec
import pytest

from tui.model.errors import SourceError
from tui.model.profile import HttpBackend
from tui.sources.prometheus import Prometheus

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Request(msgspec.Struct, frozen=True):
    """What was asked; header names are lower case."""

    target: str
    headers: Mapping[str, str]


@contextlib.asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[str]:
    """A server on a free port that runs `talk` for each connection; yields its URL."""
    tasks = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await talk(reader, writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # a transport closes in the turn after its abort


async def receive(reader: asyncio.StreamReader) -> Request:
    """One request without body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in head[1:] if line)
    return Request(head[0].split(" ")[1], {name.lower(): value for name, _, value in pairs})


def reply(body: bytes | str, status: str = "200 OK", **headers: str) -> bytes:
    """A complete HTTP response; a header's name is given with _ for -."""
    data = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(data)}", "", ""]).encode() + data


def saying(answer: Callable[[Request], bytes] | bytes, seen: list[Request] | None = None) -> Talk:
    """Answer every request on a connection that is kept open."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await receive(reader)
            if seen is not None:
                seen.append(request)
            writer.write(answer(request) if callable(answer) else answer)
            await writer.drain()

    return talk


VECTOR = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795442602.5,"1"]}]}}'
"""The answer to `vector(1)`."""


async def asked(talk: Talk, **settings: object) -> SourceError:
    """The error of one query to a Prometheus that talks like this."""
    async with talking(talk) as url:
        source = Prometheus(HttpBackend(url=url, **settings))  # type: ignore[arg-type]  # each test gives fitting ones
        with pytest.raises(SourceError) as caught:
            await source.instant("up")
        await source.aclose()
    return caught.value
