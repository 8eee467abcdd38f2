"""A million log lines in memory: a ring of blocks that stay bytes until a line is looked at.

A block is a few thousand lines in one `bytes`, with arrays beside it: where each line ends, its level, its source, its
time. That is 17 bytes a line beyond its text, and a whole block is filtered by one pass of C code. When the ring is
full the oldest block goes; how many lines went is counted. A block begins with the head of an entry, so that an entry
(a traceback) is never parted between two.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, count
from operator import add

from tui.model.log_levels import CONTINUES, LEVEL_MASK, Level
from tui.model.log_line import time_of
from tui.model.sgr import decode, without_colours

BLOCK_LINES = 4096
_BLOCK_MOST_LINES = 2 * BLOCK_LINES
"""Where an entry is cut after all; rows within a block are counted in 16 bits."""
_BLOCK_BYTES = 4 * 2**20
LINE_BYTES = 2**20
"""Of a longer line the rest is left out, which its end says."""
MOST_LINES = 1_000_000
MOST_BYTES = 512 * 2**20


class Block:
    """Consecutive lines; `start` is the number of the first, counted from the beginning of the log."""

    __slots__ = ("_parts", "ends", "levels", "size", "sources", "stamps", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.levels = bytearray()
        """See `tui.model.log_levels.classify`."""
        self.sources = array("I")
        """Index into `LogStore.names`."""
        self.stamps = array("d")
        """When the server stamped the line, Unix seconds; NaN where it did not."""
        self.ends = array("I")
        """One past the last byte of each line."""
        self.size = 0
        self._parts: list[bytes] = []

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def data(self) -> bytes:
        r"""The lines, joined by `\n`."""
        if len(self._parts) != 1:
            self._parts = [b"\n".join(self._parts)]
        return self._parts[0]

    def extend(self, lines: Sequence[bytes], levels: bytes, stamps: Sequence[float], sources: Sequence[int]) -> None:
        """Add lines; none of them holds a newline."""
        self._parts.append(b"\n".join(lines))
        base = self.size + 1 if self.levels else 0
        self.ends.extend(map(add, accumulate(map(len, lines)), count(base)))
        self.levels += levels
        self.stamps.extend(stamps)
        self.sources.extend(sources)
        self.size = self.ends[-1]

    def line(self, index: int) -> bytes:
        """The line at `index` within the block."""
        begin = self.ends[index - 1] + 1 if index else 0
        return self.data[begin : self.ends[index]]

    def text(self) -> str:
        r"""All lines as text without colours, joined by `\n`."""
        return without_colours(self.data).decode("utf-8", "replace")

    def head(self, index: int) -> int:
        """The index of the first line of the entry that the line at `index` belongs to."""
        levels = self.levels
        while index and levels[index] & CONTINUES:
            index -= 1
        return index

    def entry_end(self, index: int) -> int:
        """One past the last line of the entry whose head is at `index`."""
        levels, end = self.levels, index + 1
        while end < len(levels) and levels[end] & CONTINUES:
            end += 1
        return end


class LogStore:
    """The ring.

    Args:
        most_lines: Lines held at least, once there are so many; up to one block more.
        most_bytes: Bytes of text held at most, whatever the number of lines; up to one block more.
    """

    def __init__(self, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> None:
        self.most_lines, self.most_bytes = most_lines, most_bytes
        self.blocks: list[Block] = []
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self.end = 0
        """Lines there ever were: the number of the next one."""
        self.size = 0
        """Bytes of text held."""

    @property
    def first(self) -> int:
        """The number of the oldest line held, and so how many were dropped."""
        return self.blocks[0].start if self.blocks else self.end

    def __len__(self) -> int:
        return self.end - self.first

    def source(self, name: str) -> int:
        """The number of a source, by which lines refer to it."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def append(self, lines: Sequence[bytes], levels: bytes, stamps: Sequence[float], sources: Sequence[int]) -> None:
        """Add lines; all four are equally long."""
        if lines and max(map(len, lines)) > LINE_BYTES:
            lines = [_bounded(line) for line in lines]
        at = 0
        while at < len(lines):
            block = self._open(levels[at])
            upto = self._room(block, lines, levels, at)
            part = levels[at:upto]
            if not len(block):
                part = bytes((part[0] & LEVEL_MASK,)) + part[1:]
            before = block.size
            block.extend(lines[at:upto], part, stamps[at:upto], sources[at:upto])
            self.size += block.size - before
            self.end += upto - at
            at = upto
        self._drop()

    def _open(self, level: int) -> Block:
        """The block that takes the next line."""
        if self.blocks:
            last = self.blocks[-1]
            full = len(last) >= BLOCK_LINES or last.size >= _BLOCK_BYTES
            if not full or (level & CONTINUES and len(last) < _BLOCK_MOST_LINES and last.size < 2 * _BLOCK_BYTES):
                return last
        self.blocks.append(Block(self.end))
        return self.blocks[-1]

    @staticmethod
    def _room(block: Block, lines: Sequence[bytes], levels: bytes, at: int) -> int:
        """One past the last line from `at` on that `block` takes; at least one."""
        upto = min(at + max(BLOCK_LINES - len(block), 1), len(lines))
        while upto < len(lines) and levels[upto] & CONTINUES and len(block) + upto - at < _BLOCK_MOST_LINES:
            upto += 1
        if sum(map(len, lines[at:upto])) + block.size > _BLOCK_BYTES:
            size = block.size
            for index in range(at, upto):
                size += len(lines[index])
                if size > _BLOCK_BYTES:
                    return index + 1
        return upto

    def _drop(self) -> None:
        while len(self.blocks) > 1 and (
            len(self) - len(self.blocks[0]) >= self.most_lines or self.size > self.most_bytes
        ):
            self.size -= self.blocks[0].size
            del self.blocks[0]

    # ── Lines by number ──────────────────────────────────────────────────────────────────────────────────────────────

    def place(self, number: int) -> tuple[Block, int]:
        """The block of a line, and the line's index in it.

        The oldest line that is held stands for those that were dropped: who asks may have learnt of it just before.
        """
        number = max(number, self.first)
        block = self.blocks[bisect_right(self.blocks, number, key=_start) - 1]
        return block, number - block.start

    def line(self, number: int) -> bytes:
        """A line."""
        block, index = self.place(number)
        return block.line(index)

    def level(self, number: int) -> Level:
        """How grave the entry of a line is."""
        block, index = self.place(number)
        return Level(block.levels[index] & LEVEL_MASK)

    def head(self, number: int) -> int:
        """The number of the first line of the entry of a line."""
        block, index = self.place(number)
        return block.start + block.head(index)

    def entry(self, number: int) -> range:
        """The numbers of the lines of the entry whose head is `number`."""
        block, index = self.place(number)
        return range(block.start + index, block.start + block.entry_end(index))

    def time(self, number: int) -> float | None:
        """When a line was written: as the server stamped it, else as it says itself; Unix seconds."""
        block, index = self.place(number)
        stamp = block.stamps[index]
        return time_of(decode(block.line(index), _TIME_BYTES)[0]) if math.isnan(stamp) else stamp

    def seek(self, at: float) -> int:
        """The number of the first line of an entry written at `at` (Unix seconds) or later; `end` when there is none.

        Lines are taken to be in order of time; a line without a time is where the one before it is.
        """
        low, high = self.first, self.end
        while low < high:
            middle = (low + high) // 2
            timed = middle
            while timed < high and (found := self.time(timed)) is None:
                timed += 1
            if timed == high or found is None or found >= at:
                high = middle
            else:
                low = timed + 1
        while low < self.end and self.place(low)[0].levels[low - self.place(low)[0].start] & CONTINUES:
            low += 1
        return low


_TIME_BYTES = 400


def _start(block: Block) -> int:
    return block.start


def _bounded(line: bytes) -> bytes:
    if len(line) <= LINE_BYTES:
        return line
    return line[:LINE_BYTES] + b" [%d more bytes were left out]" % (len(line) - LINE_BYTES)
