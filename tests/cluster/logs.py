"""A container's output, line by line, each with the time it came."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

_LIMIT = 10 * 2**20
"""Bytes kept, as by a kubelet that rotates its files at 10 MiB."""


class Log:
    """What one run of a container wrote, stdout and stderr together. Lines are counted from its beginning."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.ended = False
        self._clock = clock
        self._lines: deque[tuple[float, bytes]] = deque()
        self._first = self._size = 0
        self._partial = b""
        self._news = asyncio.Event()

    @property
    def end(self) -> int:
        """The number of the line that will come next."""
        return self._first + len(self._lines)

    def feed(self, chunk: bytes) -> None:
        """Take some output."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        self._add([line + b"\n" for line in lines])

    def close(self) -> None:
        """There will be no more."""
        self._add([self._partial] if self._partial else [])
        self.ended = True
        self._wake()

    def _add(self, lines: list[bytes]) -> None:
        if not lines:
            return
        now = self._clock()
        for line in lines:
            self._lines.append((now, line))
            self._size += len(line)
        while self._size > _LIMIT and len(self._lines) > 1:
            self._size -= len(self._lines.popleft()[1])
            self._first += 1
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def news(self) -> None:
        """Return when there is more, or no more to come."""
        if not self.ended:
            await self._news.wait()

    def now(self) -> float:
        """The time by the clock that stamps the lines."""
        return self._clock()

    def since(self, at: float) -> int:
        """The number of the first line written at `at` (Unix seconds) or later."""
        return next((self._first + index for index, (time, _) in enumerate(self._lines) if time >= at), self.end)

    def read(self, start: int, *, timestamps: bool = False) -> Iterator[bytes]:
        """The lines from number `start` on, those forgotten left out."""
        for at, line in islice(self._lines, max(0, start - self._first), None):
            yield stamp(at) + line if timestamps else line


def stamp(at: float) -> bytes:
    """A time as `kubectl logs --timestamps` shows it, with nanoseconds and a space."""
    time = dt.datetime.fromtimestamp(at, dt.UTC)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ").encode()
