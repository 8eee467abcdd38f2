"""What goes wrong between us and Prometheus, and what is said about it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import socket
import threading
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.process import free_port
from tests.sources.wire import VECTOR, Request, Talk, asked, receive, reply, saying, talking
from tui.model.errors import SourceError
from tui.model.profile import HttpBackend
from tui.model.samples import Vector
from tui.model.text import sanitise
from tui.sources import session
from tui.sources.http import Denied, Unreachable
from tui.sources.prometheus import Prometheus


def threads() -> list[threading.Thread]:
    """The threads that wait for a server."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("prometheus")]


def ended() -> bool:
    """Whether all of them end at once."""
    for thread in threads():
        thread.join(timeout=2)
    return not threads()


@pytest.mark.parametrize(
    ("status", "body", "kind", "why"),
    [
        ("401 Unauthorized", "Unauthorized", Denied, "not authenticated (401): Unauthorized"),
        ("403 Forbidden", "", Denied, "not allowed (403)"),
        ("404 Not Found", "404 page not found", SourceError, "no such path (404): 404 page not found"),
        ("429 Too Many Requests", "slow down", SourceError, "too many requests (429): slow down"),
        ("500 Internal Server Error", "<h1>Oops</h1>", SourceError, "server error (500): Oops"),
        ("503 Service Unavailable", "Service Unavailable", SourceError, "not available (503): Service Unavailable"),
        ("418 I'm a teapot", "short", SourceError, "refused (418): short"),
    ],
)
async def test_statuses(status: str, body: str, kind: type[SourceError], why: str) -> None:
    error = await asked(saying(reply(body, status)))
    assert type(error) is kind
    assert error.why == why
    assert error.hint
    assert error.what.startswith("Prometheus at http://127.0.0.1:")
    assert not error.up


@pytest.mark.parametrize(("status", "kind"), [("400 Bad Request", "bad_data"), ("422 Unprocessable", "execution")])
async def test_a_bad_query_carries_the_servers_message_without_its_escapes(status: str, kind: str) -> None:
    body = f'{{"status":"error","errorType":"{kind}","error":"found \\u001b]52;c;eA==\\u0007 here"}}'
    error = await asked(saying(reply(body, status)))
    assert (error.what, error.why) == ("query up", "found ␛]52;c;eA==␇ here")
    assert error.up


async def test_an_error_with_status_200_is_an_error() -> None:
    error = await asked(saying(reply('{"status":"error","errorType":"execution","error":"too many samples"}')))
    assert error.why == "too many samples"


async def test_a_timeout_in_the_servers_words() -> None:
    body = '{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}'
    error = await asked(saying(reply(body, "503 Service Unavailable")))
    assert error.why == "not available (503): query timed out in expression evaluation"


async def test_a_login_page_is_named_and_not_followed() -> None:
    seen: list[Request] = []
    answer = reply("", "302 Found", Location="/login?next=\x1b[2J")
    error = await asked(saying(answer, seen))
    assert error.why == "redirected (302) to /login?next=␛[2J"
    assert len(seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        "<html><title>Sign in</title><script>alert(1)</script></html>",
        "",
        "null",
        "[]",
        "{}",
        '{"status":"success"}',
        '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}}',
        '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}}',
        '{"status":"success","data":{"resultType":"vector","result":[',
        '{"status":"success","x":' + "[" * 50_000,
        b"\xff\xfe\x00",
    ],
)
async def test_what_is_no_answer_of_prometheus(body: str | bytes) -> None:
    error = await asked(saying(reply(body)))
    assert "answer" in error.why
    assert "something else than Prometheus" in error.hint
    assert "alert(1)" not in error.why


async def test_a_native_histogram_is_no_number() -> None:
    histogram = '{"metric":{},"histogram":[1,{"count":"1","sum":"1"}]}'
    error = await asked(
        saying(reply(f'{{"status":"success","data":{{"resultType":"vector","result":[{histogram}]}}}}'))
    )
    assert error.why == "a native histogram, not a number"
    assert error.up


async def test_warnings_are_kept_and_made_harmless() -> None:
    body = VECTOR[:-1] + ',"warnings":["store \\u001b[31m is down"]}'
    async with talking(saying(reply(body))) as url:
        source = Prometheus(HttpBackend(url=url))
        assert (await source.instant("up")).warnings == ("store ␛[31m is down",)
        assert (await source.probe()).note == "store ␛[31m is down"
        await source.aclose()


async def test_points_off_the_grid_take_the_nearest_place_or_none() -> None:
    points = '[[99,"0"],[100.4,"1"],[119.7,"3"],[150,"9"]]'
    body = f'{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":{points}}}]}}}}'
    async with talking(saying(reply(body))) as url:
        source = Prometheus(HttpBackend(url=url))
        (series,) = (await source.window("up", start=100, step=10, points=4)).series
        await source.aclose()
    assert series.values == (1, None, 3, None)


async def test_a_compressed_answer_is_read() -> None:
    async with talking(saying(reply(gzip.compress(VECTOR.encode()), Content_Encoding="gzip"))) as url:
        source = Prometheus(HttpBackend(url=url))
        assert (await source.instant("up")).at == 1795442602.5
        await source.aclose()


async def test_a_truncated_answer_is_a_broken_connection() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(reply(VECTOR)[:-30])

    error = await asked(talk)
    assert isinstance(error, Unreachable)
    assert "broke off" in error.why


async def test_garbage_instead_of_http() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(b"220 mail.example ESMTP\r\n\x1b[2J\r\n")

    error = await asked(talk)
    assert isinstance(error, Unreachable)
    assert "another protocol" in error.hint


@pytest.mark.parametrize("compressed", [False, True])
async def test_an_endless_answer_is_cut(*, compressed: bool) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await receive(reader)
        if compressed:
            bomb = gzip.compress(bytes(64 * 1024 * 1024))
            writer.write(reply(bomb, Content_Encoding="gzip"))
            sent = len(bomb)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in itertools.count():
            writer.write(b" " * 65_536)
            sent += 65_536
            await writer.drain()

    error = await asked(talk, timeout_s=30)
    assert error.why == "more than 16 MiB of answer"
    assert error.up
    assert sent < 48 * 1024 * 1024


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await receive(reader)
    await asyncio.Event().wait()
    writer.close()


def dripping(start: bytes) -> Talk:
    """Send `start`, then a byte every 20 ms for ever: never late by a timeout per read."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(start)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        hanging,
        dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ],
    ids=["hangs", "drips headers", "drips a body", "drips until closed", "drips chunks"],
)
async def test_the_whole_call_has_a_deadline(talk: Talk) -> None:
    began = time.monotonic()
    error = await asked(talk, timeout_s=0.3)
    assert time.monotonic() - began < 2
    assert isinstance(error, Unreachable)
    assert ended(), "the thread does not outlive its call"


async def test_a_silent_server_is_told_from_one_that_does_not_connect() -> None:
    error = await asked(hanging, timeout_s=0.2)
    assert error.why == "connected, but no full answer within 0.2 s"


async def test_nobody_accepts() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with contextlib.ExitStack() as waiting:  # a full queue: further connections get no answer at all
            for _ in range(3):
                sock = waiting.enter_context(socket.socket())
                sock.setblocking(False)
                sock.connect_ex(address)
            source = Prometheus(HttpBackend(url=f"http://127.0.0.1:{address[1]}", timeout_s=0.3))
            with pytest.raises(Unreachable, match=r"no connection within 0\.3 s"):
                await source.instant("up")
            await source.aclose()


@pytest.fixture
async def waiting() -> AsyncIterator[tuple[Prometheus, asyncio.Task[Vector]]]:
    """A source, and its query to a server that has heard it and does not answer."""
    heard = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        heard.set()
        await reader.read()
        writer.close()

    async with talking(talk) as url:
        source = Prometheus(HttpBackend(url=url, timeout_s=60))
        query = asyncio.create_task(source.instant("up"))
        await heard.wait()
        yield source, query
        await source.aclose()


async def test_closing_ends_what_runs(waiting: tuple[Prometheus, asyncio.Task[Vector]]) -> None:
    source, query = waiting
    await source.aclose()
    with pytest.raises(Unreachable):
        await query
    assert ended()


async def test_cancelling_ends_the_thread(waiting: tuple[Prometheus, asyncio.Task[Vector]]) -> None:
    _, query = waiting
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    assert ended()


async def test_connection_refused() -> None:
    source = Prometheus(HttpBackend(url=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(Unreachable, match="connection refused") as caught:
        await source.instant("up")
    assert "port-forward" in caught.value.hint
    await source.aclose()


async def test_an_unknown_host() -> None:
    source = Prometheus(HttpBackend(url="http://no-such-host.invalid:9090"))
    with pytest.raises(Unreachable, match="host name is not known"):
        await source.instant("up")
    await source.aclose()


async def test_twenty_at_a_time_share_one_session() -> None:
    connections = 0
    keep = saying(reply(VECTOR))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await keep(reader, writer)

    async with talking(talk) as url:
        source = Prometheus(HttpBackend(url=url))
        for _ in range(5):
            await asyncio.gather(*(source.instant("up") for _ in range(20)))
        await source.aclose()
    assert connections <= 20, "a hundred queries, twenty at a time, on the same connections"


async def test_more_than_the_pool_wait_their_turn() -> None:
    busy = most = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        while True:
            await receive(reader)
            busy, most = busy + 1, max(most, busy + 1)
            await asyncio.sleep(0)
            busy -= 1
            writer.write(reply(VECTOR))

    async with talking(talk) as url:
        source = Prometheus(HttpBackend(url=url))
        answers = await asyncio.gather(*(source.instant("up") for _ in range(100)))
        await source.aclose()
    assert len(answers) == 100
    assert most <= session.POOL_SIZE


_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_points = st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=6)), max_size=3)
_results = st.one_of(
    _json,
    st.lists(st.fixed_dictionaries({"metric": st.dictionaries(st.text(max_size=4), st.text()), "values": _points})),
    st.lists(st.fixed_dictionaries({"metric": st.dictionaries(st.text(max_size=4), st.text()), "value": _json})),
)
_bodies = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda kind, result, warnings: {
            "status": "success",
            "data": {"resultType": kind, "result": result},
            "warnings": warnings,
        },
        st.sampled_from(["vector", "matrix", "scalar", "string", "\x1b"]),
        _results,
        st.lists(st.text(), max_size=2) | _json,
    ),
)


@given(body=_bodies, status=st.sampled_from([200, 200, 200, 302, 400, 401, 500]))
def test_no_answer_breaks_anything(body: object, status: int) -> None:
    """Whatever a server says, a source answers or raises SourceError, and its words are harmless."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)

    said: list[str] = []

    async def ask() -> None:
        source = Prometheus(HttpBackend(url="http://localhost:9090"))
        for question in (
            source.instant("up"),
            source.window("up", start=0.5, step=0.001, points=5),
            source.alerts(),
        ):
            try:
                await question
            except SourceError as error:
                said.append(str(error))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "fetch", lambda *_arguments: session.Answer(status, {"Location": "\x1b"}, data))
        asyncio.run(ask())
    assert [sanitise(text) for text in said] == said
