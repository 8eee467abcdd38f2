"""Which lines of a log are shown: by level, by what they must and must not match, with entries folded or not."""

from __future__ import annotations

import re
import warnings
from array import array
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from itertools import chain, compress

import msgspec

from tui.core.log_store import BLOCK_LINES, Block
from tui.model.log_levels import CONTINUES, LEVEL_MASK, Level

ALL_LEVELS = frozenset(Level)
ERRORS = frozenset((Level.ERROR, Level.CRITICAL))

_HEADS = bytes(int(not code & CONTINUES) for code in range(256))
_NAMED_CHARACTER = re.compile(r"\\[xuUN]")
_ESCAPED = re.compile(r"\\.")


_ACROSS = re.compile(r"\\[AZB]|\(\?(?!:)|[*+?}]\+")
"""What may match a line by itself but not within its neighbours: ends of the text, look-around, atomic groups."""
_FEW = 500
"""Matches in a block from which on looking at every line is faster."""
_DENSE_HOPS, _DENSE_LINES = 32, 256
"""So many matches in so few lines: there will be more than a few."""


class BlockText:
    """The lines of a block as text, made once for all patterns that are looked for in it."""

    def __init__(self, block: Block) -> None:
        self.text = block.text()

    @cached_property
    def lower_text(self) -> str:
        """All of it in lower case."""
        return self.text.lower()

    @cached_property
    def lines(self) -> list[str]:
        """As they are."""
        return self.text.split("\n")

    @cached_property
    def lower(self) -> list[str]:
        """In lower case."""
        return self.lower_text.split("\n")


class LinePattern:
    """A regular expression that is looked for in single lines.

    Case counts when there is a capital in it, as in less -i. Otherwise the lines are made lower case, which costs a
    third of what `re.IGNORECASE` does.

    Raises:
        re.error: it is not a regular expression.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.any_case = _ESCAPED.sub("", text).islower() and not _NAMED_CHARACTER.search(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set" would be written over the screen
            self._search = re.compile(text).search
            self._hop = None if _ACROSS.search(text) else re.compile(text, re.MULTILINE).search
            self._shown = re.compile(text, re.IGNORECASE if self.any_case else 0)

    def lines(self, block: BlockText, among: Iterable[int] | None = None) -> list[int]:
        """The indices of the lines of a block that match; only those of `among` are looked at when it is given."""
        search = self._search
        if among is None:
            few = self._few(block.lower_text if self.any_case else block.text)
            if few is not None:
                return few
        lines = block.lower if self.any_case else block.lines
        if among is not None:
            return [index for index in among if search(lines[index])]
        return list(compress(range(len(lines)), map(search, lines)))

    def _few(self, text: str) -> list[int] | None:
        """What `lines` returns, found by going from match to match through the whole text; None if they are many.

        Three times as fast as line by line where few lines match. A match of the whole text may reach over a line's
        end, so each is looked at again by itself; that one line's match is never missed is what `_ACROSS` sees to.
        """
        if self._hop is None:
            return None
        found: list[int] = []
        line = counted = at = 0
        for hop in range(_FEW):
            if hop == _DENSE_HOPS and line < _DENSE_LINES:
                return None
            match = self._hop(text, at)
            if match is None:
                return found
            begin = text.rfind("\n", 0, match.start()) + 1
            end = text.find("\n", match.start())
            line += text.count("\n", counted, begin)
            counted = begin
            if self._search(text[begin : end if end >= 0 else None]):
                found.append(line)
            if end < 0:
                return found
            at = end + 1
        return None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it matches in one line; empty matches are left out."""
        return [match.span() for match in self._shown.finditer(text) if match.end() > match.start()]


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown. An entry is taken or left as a whole: a match anywhere in a traceback counts for all of it.

    What we say ourselves (Level.NOTE) is always shown.
    """

    levels: frozenset[Level] = ALL_LEVELS
    include: LinePattern | None = None
    exclude: LinePattern | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.levels >= ALL_LEVELS and self.include is None and self.exclude is None

    def entries(self, block: Block) -> bytes:
        """One byte a line: 1 where an entry begins that is shown."""
        levels = bytes(block.levels)
        shown = levels.translate(_wanted(self.levels))
        if self.include is None and self.exclude is None:
            return shown
        text, heads = BlockText(block), levels.translate(_HEADS)
        kept = bytearray(shown)
        if self.include is not None:
            kept = bytearray(levels.translate(_NOTES))
            for head in _heads(self.include.lines(text), heads):
                kept[head] = shown[head]
        if self.exclude is not None:
            few = kept.count(1) < len(block) // 4
            among = chain.from_iterable(range(head, block.entry_end(head)) for head in _ones(kept)) if few else None
            for head in _heads(self.exclude.lines(text, among), heads):
                kept[head] &= levels[head] == Level.NOTE
        return bytes(kept)


@lru_cache(maxsize=64)
def _wanted(levels: frozenset[Level]) -> bytes:
    """By the byte of a line: 1 for the first line of an entry of one of these levels, or of a note."""
    return bytes(
        int(not code & CONTINUES and (code & LEVEL_MASK == Level.NOTE or code & LEVEL_MASK in levels))
        for code in range(256)
    )


def _ones(mask: bytes | bytearray) -> Iterable[int]:
    return compress(range(len(mask)), mask)


_NOTES = bytes(int(code == Level.NOTE) for code in range(256))


def _heads(lines: Iterable[int], heads: bytes) -> set[int]:
    """Where the entries of these lines begin."""
    return {heads.rfind(1, 0, line + 1) for line in lines}


def rows(block: Block, entries: bytes, *, folded: bool, turned: AbstractSet[int]) -> array[int]:
    """The indices of the lines that are shown.

    Args:
        block: Whose lines.
        entries: Of `LogFilter.entries`.
        folded: Whether only the first line of an entry is shown.
        turned: Numbers of the entries for which it is the other way round.
    """
    mask = bytearray(entries)
    here = {number - block.start for number in turned if block.start <= number < block.start + len(block)}
    if here or not folded:
        for entry in _FOLDING.finditer(block.levels):
            if entries[entry.start()] and folded == (entry.start() in here):
                mask[entry.start() : entry.end()] = b"\1" * (entry.end() - entry.start())
    if 0 not in mask:
        return _EVERY[: len(mask)]
    return array("H", _ones(mask))


_FOLDING = re.compile(rb"[\x00-\x07][\x08-\x0f]+")
"""An entry of several lines."""
_EVERY = array("H", range(2 * BLOCK_LINES))
