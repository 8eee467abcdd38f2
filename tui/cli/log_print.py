"""Logs as text, for pipes and scripts: merged and filtered as on the screen, entry by entry."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import time

import msgspec

from tui.core.log_filter import LogFilter
from tui.core.log_session import LogSession
from tui.core.log_targets import LogTarget
from tui.model.log_levels import Level
from tui.model.log_line import trace_of
from tui.model.sgr import plain
from tui.sources.protocols import LogSource

_TICK_S = 0.1


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `at` is Unix seconds, None when neither server nor line says; `level` is empty when it has none."""

    source: str
    at: float | None
    level: str
    text: str
    trace_id: str


class Printer:
    """Writes entries to stdout, what is said about a source to stderr.

    On a terminal lines are made harmless first; into a pipe or file they go as received.

    Args:
        wanted: Which entries.
        as_json: One object a line instead of the lines themselves.
    """

    def __init__(self, wanted: LogFilter, *, as_json: bool) -> None:
        self._wanted, self._as_json = wanted, as_json
        self._harmless = sys.stdout.isatty()
        self._printed = 0
        self._last = -1

    async def run(self, source: LogSource, target: LogTarget) -> None:
        """Print until the source ends.

        Raises:
            SourceError: it failed; what was received is printed.
        """
        session = LogSession(source, time.time, merged=target.merged)
        session.index.wanted, session.index.folded = self._wanted, False
        feed = session.feed
        assert feed is not None  # noqa: S101 - a source was given
        more = asyncio.Event()
        reading = asyncio.create_task(feed.run(target.request, arrived=more.set))
        while not reading.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(more.wait(), _TICK_S)
            more.clear()
            feed.tick()
            # An entry that has not grown since the last look is complete.
            self._print(session, whole=self._last == session.store.end)
            self._last = session.store.end
        await reading
        self._print(session, whole=True)
        if (error := feed.state.error) is not None:
            raise error

    def _print(self, session: LogSession, *, whole: bool) -> None:
        """Print what is new, the last entry only if it is `whole`."""
        store, index = session.store, session.index
        if not len(store):
            return
        index.sync(math.inf)
        end = store.end if whole else store.head(store.end - 1)
        prefixed = len(store.names) > 1
        row = index.row(self._printed)
        while row < len(index) and (number := index.line(row)) < end:
            entry = store.entry(number)
            self._write(session, entry, prefixed=prefixed)
            row = index.row(entry.stop)
        self._printed = max(self._printed, end)
        sys.stdout.buffer.flush()

    def _write(self, session: LogSession, entry: range, *, prefixed: bool) -> None:
        store = session.store
        block, index = store.place(entry.start)
        level, source = store.level(entry.start), store.names[block.sources[index]]
        lines = [store.line(number) for number in entry]
        if level is Level.NOTE:
            sys.stderr.write(plain(lines[0]) + "\n")
            return
        out = sys.stdout.buffer
        if self._as_json:
            text = "\n".join(map(plain, lines))
            printed = Printed(
                source=source,
                at=store.time(entry.start),
                level="" if level is Level.NONE else level.name.lower(),
                text=text,
                trace_id=trace_of(text),
            )
            out.write(msgspec.json.encode(printed) + b"\n")
            return
        prefix = f"{plain(source.encode('utf-8', 'replace'))} ".encode() if prefixed else b""
        for line in lines:
            out.write(prefix + (plain(line).encode("utf-8", "replace") if self._harmless else line) + b"\n")
