"""Files are followed through rotation and truncation, and a pipe to its end, on real files and pipes."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOW, FakeClock
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.sources.files import FileLogs, Splitter, StdinLogs

ONCE = LogRequest(selector="", follow=False)
FOLLOW = LogRequest(selector="")


async def read(path: Path, **changes: object) -> list[bytes]:
    """All lines, not following."""
    request = LogRequest(selector="", follow=False, **changes)  # type: ignore[arg-type] # the request's own fields
    return [
        line
        async for item in FileLogs(path, FakeClock()).stream(request)
        if isinstance(item, LogLines)
        for line in item.lines
    ]


class Reader:
    """Follows a file; `until` waits for a line or notice."""

    def __init__(self, stream: AsyncIterator[LogItem]) -> None:
        self._stream = stream
        self.said: list[str] = []

    async def until(self, wanted: str) -> None:
        async with asyncio.timeout(10):
            while wanted not in self.said:
                item = await anext(self._stream)
                if isinstance(item, LogNotice):
                    self.said.append(item.text)
                else:
                    self.said += [line.decode() for line in item.lines]


@contextlib.asynccontextmanager
async def following(path: Path) -> AsyncIterator[Reader]:
    stream = FileLogs(path, FakeClock(), poll_s=0.001).stream(FOLLOW)
    yield Reader(stream)
    await stream.aclose()  # type: ignore[attr-defined] # an async generator


async def test_a_file_is_read_to_its_end_with_or_without_a_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(b"a\n\nb")
    assert await read(path) == [b"a", b"", b"b"]
    path.write_bytes(b"a\r\nb\n")
    assert await read(path) == [b"a\r", b"b"]
    path.write_bytes(b"")
    assert await read(path) == []


async def test_the_tail_is_found_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    lines = [b"line %d " % n + b"x" * 100 for n in range(20_000)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    for count in (0, 1, 10, 12_345, 20_000, 30_000):
        assert await read(path, tail=count) == lines[len(lines) - min(count, len(lines)) :]
    path.write_bytes(b"a\nb")
    assert await read(path, tail=1) == [b"b"]


async def test_since_goes_by_the_time_that_lines_say(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(b"2026-11-23 13:00:00 old\n  more\n2026-11-23 14:03:00 new\n  more\n")
    assert await read(path, since_s=60.0) == [b"2026-11-23 14:03:00 new", b"  more"]
    assert await read(path, since_s=1.0) == []


async def test_what_is_appended_arrives_and_a_line_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(b"a\n")
    async with following(path) as reader:
        await reader.until("a")
        with path.open("ab", buffering=0) as log:
            log.write(b"b")
            log.write(b"c\nd\n")
        await reader.until("d")
    assert reader.said == ["a", "bc", "d"]


async def test_truncation_and_rotation_are_said_and_followed(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(b"one\nunfinished")
    async with following(path) as reader:
        await reader.until("one")
        path.write_bytes(b"two\n")
        await reader.until("two")
        path.rename(tmp_path / "worker.log.1")
        await reader.until("the file is gone; waiting for another")
        path.write_bytes(b"three\n")
        await reader.until("three")
    assert reader.said == [
        "one",
        "unfinished",
        "the file was truncated; reading from its beginning",
        "two",
        "the file is gone; waiting for another",
        "another file has taken its place; reading that from its beginning",
        "three",
    ]


@pytest.mark.parametrize("name", ["missing.log", "."])
async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="hint: check its name"):
        await read(tmp_path / name)


async def test_a_pipe_is_read_as_it_is_filled_and_its_end_is_said() -> None:
    out, into = os.pipe()
    stream = StdinLogs(out, FakeClock()).stream(ONCE)
    try:
        os.write(into, b"a\nb")
        item = await anext(stream)
        assert isinstance(item, LogLines)
        assert item.lines == (b"a",)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        assert not waiting.done()
        os.write(into, b"c\n")
        item = await waiting
        assert isinstance(item, LogLines)
        assert item.lines == (b"bc",)
        os.close(into)
        assert await anext(stream) == LogNotice(source="stdin", text="the sender has ended", at=NOW, gone=True)
    finally:
        os.close(out)


async def test_stdin_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(b"a\nb")
    with path.open("rb") as file:
        items = [item async for item in StdinLogs(file.fileno(), FakeClock()).stream(ONCE)]
    assert [item.lines for item in items if isinstance(item, LogLines)] == [(b"a",), (b"b",)]


@given(st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"x", b"\n")), max_size=20))
def test_lines_do_not_depend_on_where_the_stream_is_cut(parts: list[bytes]) -> None:
    splitter = Splitter()
    found = [line for part in parts for line in splitter.feed(part)] + splitter.end()
    whole = b"".join(parts)
    assert found == (whole.removesuffix(b"\n").split(b"\n") if whole else [])


def test_what_never_ends_is_cut() -> None:
    splitter = Splitter()
    found = [line for _ in range(100) for line in splitter.feed(b"50%\r" * 10_000)]
    assert len(found) > 1
    assert max(map(len, found)) < 1_200_000
