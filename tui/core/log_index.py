"""Rows: the lines that are shown, in order, whichever of the million they are.

Kept block by block, so that a row costs two bytes, a new block costs one pass over its lines, and a filter is changed
in slices of a few milliseconds between which keys are answered.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate

from tui.core.log_filter import BlockText, LinePattern, LogFilter, rows
from tui.core.log_store import Block, LogStore
from tui.model.log_levels import Level

SLICE_S = 0.005
"""Seconds of work between two chances for a key to be answered."""


class _Shown:
    """The rows of one block as it was when it had `length` lines."""

    __slots__ = ("block", "entries", "length", "matched", "rows")

    def __init__(self, block: Block) -> None:
        self.block, self.length = block, len(block)
        self.entries = b""
        self.matched = 0
        self.rows = array("H")


class LogIndex:
    """The rows of a store under one filter. `sync` brings it up to date.

    Args:
        store: Whose lines.
        wanted: Which of them.
        folded: Whether an entry of several lines is one row.
    """

    def __init__(self, store: LogStore, wanted: LogFilter, *, folded: bool = True) -> None:
        self.store, self.wanted, self.folded = store, wanted, folded
        self.turned: set[int] = set()
        """Entries that are folded when the others are not, or the other way round."""
        self._shown: list[_Shown] = []
        self._starts: list[int] = [0]
        """The first row of each block, and one past the last row."""

    def sync(self, budget_s: float = SLICE_S) -> bool:
        """Take over what came and went in the store, for about `budget_s`; whether that was all."""
        until = time.perf_counter() + budget_s
        shown, blocks = self._shown, self.store.blocks
        gone = 0
        while gone < len(shown) and shown[gone].block.start < self.store.first:
            gone += 1
        changed = gone > 0
        del shown[:gone]
        if shown and shown[-1].length < len(shown[-1].block):
            shown.pop()
        behind = False
        for block in blocks[len(shown) :]:
            if time.perf_counter() > until:
                behind = True
                break
            shown.append(self._show(block))
            changed = True
        if changed:
            self._measure()
        return not behind

    def _show(self, block: Block) -> _Shown:
        found = _Shown(block)
        found.entries = self.wanted.entries(block)
        found.matched = found.entries.count(1)
        found.rows = rows(block, found.entries, folded=self.folded, turned=self.turned)
        return found

    def _measure(self) -> None:
        self._starts = [0, *accumulate(len(shown.rows) for shown in self._shown)]
        self.turned = {number for number in self.turned if number >= self.store.first}

    @property
    def progress(self) -> float:
        """How much of the store it covers, from 0 to 1."""
        return len(self._shown) / max(len(self.store.blocks), 1)

    @property
    def matched(self) -> int:
        """Entries shown."""
        return sum(shown.matched for shown in self._shown)

    def __len__(self) -> int:
        return self._starts[-1]

    # ── Folding ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def fold_all(self, *, folded: bool) -> None:
        """Fold or unfold every entry."""
        self.folded = folded
        self.turned.clear()
        for shown in self._shown:
            shown.rows = rows(shown.block, shown.entries, folded=folded, turned=self.turned)
        self._measure()

    def turn(self, number: int) -> None:
        """Fold the entry of line `number` if it is unfolded, unfold it if it is folded."""
        head = self.store.head(number)
        self.turned ^= {head}
        at = bisect_right(self._shown, head, key=_start) - 1
        if at >= 0:
            shown = self._shown[at]
            shown.rows = rows(shown.block, shown.entries, folded=self.folded, turned=self.turned)
            self._measure()

    def is_folded(self, number: int) -> bool:
        """Whether the entry with head `number` is folded."""
        return self.folded != (number in self.turned)

    # ── Rows and lines ───────────────────────────────────────────────────────────────────────────────────────────────

    def line(self, row: int) -> int:
        """The number of the line at a row."""
        at = bisect_right(self._starts, row) - 1
        shown = self._shown[at]
        return shown.block.start + shown.rows[row - self._starts[at]]

    def row(self, number: int) -> int:
        """The row of a line, or of the first shown after it; `len` when there is none."""
        at = bisect_right(self._shown, number, key=_start) - 1
        if at < 0:
            return 0
        shown = self._shown[at]
        return self._starts[at] + bisect_left(shown.rows, number - shown.block.start)

    def shows(self, number: int) -> bool:
        """Whether a line has a row."""
        row = self.row(number)
        return row < len(self) and self.line(row) == number

    def export(self) -> Iterator[bytes]:
        """All lines of the entries shown, folded or not, as they were received; a part for each block.

        Each line begins with its source where there are several.
        """
        names = [f"{name} ".encode() for name in self.store.names]
        for shown in list(self._shown):
            block, entries = shown.block, shown.entries
            heads = (head for head, kept in enumerate(entries) if kept)
            kept = [line for head in heads for line in range(head, block.entry_end(head))]
            lines = block.data.split(b"\n")
            if len(names) > 1:
                yield b"".join(b"%b%b\n" % (names[block.sources[line]], lines[line]) for line in kept)
            else:
                yield b"".join(b"%b\n" % lines[line] for line in kept)


class LogSearch:
    """The rows of an index that match a pattern: those of the lines themselves, or of the folded entry they are in."""

    def __init__(self, index: LogIndex, pattern: LinePattern) -> None:
        self.index, self.pattern = index, pattern
        self._hits: dict[_Shown, array[int]] = {}

    def sync(self, budget_s: float = SLICE_S) -> bool:
        """Search what the index shows by now, for about `budget_s`; whether that was all."""
        until = time.perf_counter() + budget_s
        known, self._hits = self._hits, {}
        complete = True
        for shown in self.index._shown:  # noqa: SLF001 - the other half of this module
            if shown in known:
                self._hits[shown] = known[shown]
            elif time.perf_counter() < until:
                self._hits[shown] = self._find(shown)
            else:
                complete = False
        return complete

    def _find(self, shown: _Shown) -> array[int]:
        """Indices of matching lines of entries that are shown."""
        block, entries = shown.block, shown.entries
        return array(
            "H",
            (
                line
                for line in self.pattern.lines(BlockText(block))
                if line < len(entries) and entries[block.head(line)] and block.levels[line] != Level.NOTE
            ),
        )

    @property
    def count(self) -> int:
        """Lines that match."""
        return sum(map(len, self._hits.values()))

    def rank(self, number: int) -> int:
        """How many of them are at or before line `number`."""
        found = 0
        for shown, hits in self._hits.items():
            if shown.block.start + shown.length <= number:
                found += len(hits)
            elif shown.block.start <= number:
                found += bisect_right(hits, number - shown.block.start)
        return found

    def next(self, number: int, step: int) -> int | None:
        """The matching line nearest to line `number` and after it (`step` 1) or before it (-1); None if none is."""
        order = list(self._hits.items())
        for shown, hits in order if step > 0 else reversed(order):
            local = number - shown.block.start
            if step > 0 and hits and hits[-1] > local:
                return shown.block.start + hits[bisect_right(hits, local) if local >= 0 else 0]
            if step < 0 and hits and hits[0] < local:
                return shown.block.start + hits[bisect_left(hits, local) - 1]
        return None


def _start(shown: _Shown) -> int:
    return shown.block.start
