"""Logs that are files, followed as `tail -F` does, and what is piped in: `kubectl logs … | ops-center logs -`."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import BinaryIO

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.model.log_line import time_of
from tui.model.sgr import decode
from tui.model.text import sanitise_line

_CHUNK = 512 * 1024
_POLL_S = 0.25
_LINE_BYTES = 2**20
"""What goes on longer without a newline is cut in two."""
_TIME_BYTES = 400


class Splitter:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes; what is longer than a megabyte counts as complete."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LINE_BYTES:
            lines += self.end()
        return lines

    def end(self) -> list[bytes]:
        """The last line, if it had no newline."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class FileLogs:
    """A LogSource: one file.

    Of a request it heeds `tail`, `since_s` (by the time that lines say) and `follow`.

    Args:
        path: The file.
        clock: Unix seconds.
        poll_s: Between two looks at whether it has grown.
    """

    def __init__(self, path: Path, clock: Clock, *, poll_s: float = _POLL_S) -> None:
        self._path, self._clock, self._poll_s = path, clock, poll_s
        self._name = sanitise_line(path.name, 200)

    async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        """The file's lines; while following, also those of the file that takes its place."""
        file = await asyncio.to_thread(self._open)
        try:
            splitter = Splitter()
            since = _Since(None if request.since_s is None else self._clock() - request.since_s)
            if request.tail is not None:
                file.seek(await asyncio.to_thread(_tail_offset, file, request.tail))
            said = ""
            while True:
                data = await asyncio.to_thread(file.read, _CHUNK)
                if lines := since.those(splitter.feed(data)):
                    yield self._item(lines)
                if data:
                    continue
                if not request.follow:
                    break
                await asyncio.sleep(self._poll_s)
                state = await asyncio.to_thread(_state, self._path, file)
                if state in {_TRUNCATED, _REPLACED} and (last := splitter.end()):
                    yield self._item(last)
                if state == _TRUNCATED:
                    file.seek(0)
                elif state == _REPLACED:
                    file.close()
                    file = await asyncio.to_thread(self._open)
                if state and state != said:
                    yield self._notice(state)
                said = state if state == _MISSING else ""
            if last := splitter.end():
                yield self._item(last)
        except OSError as error:
            raise self._failed(error) from error
        finally:
            file.close()

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> SourceError:
        where = sanitise_line(str(self._path), 500)
        return SourceError(
            f"log file {where}", error.strerror or str(error), "check its name and whether you may read it"
        )

    def _item(self, lines: Sequence[bytes]) -> LogLines:
        return LogLines(source=self._name, lines=tuple(lines), stamps=(math.nan,) * len(lines))

    def _notice(self, text: str) -> LogNotice:
        return LogNotice(source=self._name, text=text, at=self._clock())


class StdinLogs:
    """A LogSource: what is piped in. Of a request it heeds nothing: the sender decides.

    Args:
        fd: Where to read; not closed.
        clock: Unix seconds.
    """

    def __init__(self, fd: int, clock: Clock) -> None:
        self._fd, self._clock = fd, clock

    async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:  # noqa: ARG002 - see the class
        """Lines until the sender closes the pipe; it is held back while nobody takes them."""
        splitter = Splitter()
        while data := await _read(self._fd):
            if lines := splitter.feed(data):
                yield LogLines(source="stdin", lines=tuple(lines), stamps=(math.nan,) * len(lines))
        if last := splitter.end():
            yield LogLines(source="stdin", lines=tuple(last), stamps=(math.nan,))
        yield LogNotice(source="stdin", text="the sender has ended", at=self._clock(), gone=True)


async def _read(fd: int) -> bytes:
    """What there is to read, once there is; empty at the end.

    A thread that waits in `read` could not be stopped when the operator leaves.
    """
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(fd, ready.set)
    except PermissionError:  # a regular file cannot be waited for, nor need it be
        return await asyncio.to_thread(os.read, fd, _CHUNK)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)
    return os.read(fd, _CHUNK)


_MISSING = "the file is gone; waiting for another"
_TRUNCATED = "the file was truncated; reading from its beginning"
_REPLACED = "another file has taken its place; reading that from its beginning"


def _state(path: Path, file: BinaryIO) -> str:
    """What became of the file since it was opened; empty when it only may have grown."""
    mine = os.fstat(file.fileno())
    try:
        there = path.stat()
    except FileNotFoundError:
        return _MISSING
    if (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
        return "" if mine.st_size > file.tell() else _REPLACED  # its last lines come first
    return _TRUNCATED if mine.st_size < file.tell() else ""


def _tail_offset(file: BinaryIO, lines: int) -> int:
    """Where the last `lines` lines begin."""
    end = file.seek(0, os.SEEK_END)
    if lines <= 0:
        return end
    at, wanted = end, lines
    while at > 0:
        size = min(_CHUNK, at)
        at -= size
        file.seek(at)
        data = file.read(size)
        upto = len(data) - (at + size == end and data.endswith(b"\n"))
        while (found := data.rfind(b"\n", 0, upto)) >= 0:
            wanted -= 1
            if not wanted:
                return at + found + 1
            upto = found
    return 0


class _Since:
    """Leaves out lines up to the first that was written at `at` or later; none when `at` is None."""

    def __init__(self, at: float | None) -> None:
        self._at = at

    def those(self, lines: list[bytes]) -> list[bytes]:
        """What is left of these lines."""
        if self._at is None:
            return lines
        for index, line in enumerate(lines):
            at = time_of(decode(line, _TIME_BYTES)[0])
            if at is not None and at >= self._at:
                self._at = None
                return lines[index:]
        return []
