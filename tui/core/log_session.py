"""One log being read, without a screen: what came, what of it is shown, what is looked for in it.

Everything that takes longer than a key press may wait is done in slices, between which the loop is left to others.
"""

from __future__ import annotations

import asyncio

from tui.core.log_feed import LogFeed
from tui.core.log_filter import LinePattern, LogFilter
from tui.core.log_index import LogIndex, LogSearch
from tui.core.log_merge import HOLD_S
from tui.core.log_store import MOST_LINES, LogStore
from tui.model.clock import Clock
from tui.sources.protocols import LogSource

_YIELD_S = 0.001
"""See `tui.core.log_feed`."""


class LogSession:
    """Store, feed, rows and search of one request.

    Args:
        source: Where from; None where the profile names no platform.
        clock: Unix seconds.
        merged: Whether several sources are to be put in order.
        most_lines: Of the ring.
    """

    def __init__(
        self, source: LogSource | None, clock: Clock, *, merged: bool = True, most_lines: int = MOST_LINES
    ) -> None:
        self.store = LogStore(most_lines)
        self.feed = None
        if source is not None:
            self.feed = LogFeed(source, self.store, clock, hold_s=HOLD_S if merged else 0.0)
        self.index = LogIndex(self.store, LogFilter())
        self.search: LogSearch | None = None
        self.progress = 1.0
        """How much of a filter that is being applied has been."""

    async def narrow(self, wanted: LogFilter) -> None:
        """Show other lines; until all are looked at, `index` stays what it was."""
        before = self.index
        index = LogIndex(self.store, wanted, folded=before.folded)
        index.turned = set(before.turned)
        try:
            while not index.sync():
                self.progress = index.progress
                await asyncio.sleep(_YIELD_S)
        finally:
            self.progress = 1.0
        self.index = index
        if self.search is not None:
            await self.look_for(self.search.pattern)

    async def look_for(self, pattern: LinePattern | None) -> None:
        """Find all lines shown that match; None ends the search."""
        self.search = None if pattern is None else LogSearch(self.index, pattern)
        while self.search is not None and not self.search.sync():  # noqa: ASYNC110 - it works meanwhile
            await asyncio.sleep(_YIELD_S)

    async def find(self, number: int, step: int) -> tuple[int, bool] | None:
        """The next match after line `number` (`step` 1) or before it (-1), and whether that is round the end.

        None when nothing matches.
        """
        search = self.search
        if search is None:
            return None
        while not search.sync():  # noqa: ASYNC110 - it works meanwhile
            await asyncio.sleep(_YIELD_S)
        found = search.next(number, step)
        if found is not None:
            return found, False
        found = search.next(self.store.first - 1 if step > 0 else self.store.end, step)
        return None if found is None else (found, True)

    async def export(self) -> list[bytes]:
        """All lines shown, as received, in parts."""
        parts = []
        for part in self.index.export():
            parts.append(part)
            await asyncio.sleep(0)
        return parts
