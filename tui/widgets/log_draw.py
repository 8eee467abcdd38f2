"""How one line of a log reads: marks, columns, then what it says in its own colours."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from tui.core.log_index import LogIndex
from tui.model.log_levels import CONTINUES, GLYPHS, WORDS, Level
from tui.model.log_line import said
from tui.model.sgr import Piece, pieces, plain
from tui.model.text import clip, sanitise_line
from tui.widgets.log_styles import LogStyles

_WIDE = 100
_LONGEST_LABEL = 20
_LEVEL_CELLS = 8
_MOST_LAST = 200
"""Characters of the line that a folded entry ends in."""


class Columns(enum.Enum):
    """What stands before the text. A column takes its part of the line out of the text."""

    ALL = "time, pod, level"
    SOURCE = "pod"
    NONE = "lines as they are"

    @property
    def next(self) -> Columns:
        """Round through all three."""
        order = list(Columns)
        return order[(order.index(self) + 1) % len(order)]


class Drawn(NamedTuple):
    """A line: `head` are marks and columns, `text` what it says, which `segments` has in pieces."""

    head: tuple[Segment, ...]
    text: str
    segments: tuple[Segment, ...]


class LogDraw:
    """Draws lines of one store for one width.

    Args:
        index: Whose lines, and which of them are folded.
        styles: Of the present theme.
        columns: What stands before the text.
        width: Cells of the whole view: where they are few the time has no milliseconds.
    """

    def __init__(self, index: LogIndex, styles: LogStyles, columns: Columns, width: int) -> None:
        self._index, self._store, self._styles = index, index.store, styles
        self._columns, self._wide = columns, width >= _WIDE
        self._labels = labels(self._store.names) if columns is not Columns.NONE and len(self._store.names) > 1 else []
        self._label_width = max(map(len, self._labels), default=0)
        self.head_width = 2 + (self._label_width + 1 if self._labels else 0)
        if columns is Columns.ALL:
            self.head_width += (13 if self._wide else 9) + _LEVEL_CELLS

    @property
    def fits(self) -> bool:
        """Whether the columns still have all sources."""
        return self._columns is Columns.NONE or len(self._store.names) == max(len(self._labels), 1)

    def draw(self, number: int, *, marked: bool) -> Drawn:
        """One line by its number."""
        store, styles = self._store, self._styles
        block, index = store.place(number)
        code = block.levels[index]
        level, continues = Level(code & ~CONTINUES), bool(code & CONTINUES)
        line = block.line(index)
        several = not continues and block.entry_end(index) - index > 1
        folded = several and self._index.is_folded(number)
        marks = (Segment("◆" if marked else " ", styles.mark), Segment(_fold(several, folded), styles.folded))
        shown: Sequence[Piece] = pieces(line)
        head = (*marks, *self._head(number, block.sources[index], level, continues=continues))
        if level is Level.NOTE:
            return _drawn(head, [Segment(f"── {text} ──", styles.levels[level]) for text, _ in shown])
        if self._columns is Columns.ALL and not continues:
            shown = _without_columns(shown)
        segments = [Segment(text, styles.look(look)) for text, look in shown]
        if folded:
            end = block.entry_end(index)
            last = clip(plain(block.line(end - 1)).strip(), _MOST_LAST)
            segments.append(Segment(f"  ┄ {end - index - 1} more: {last}", styles.folded))
        return _drawn(head, segments)

    def _head(self, number: int, source: int, level: Level, *, continues: bool) -> list[Segment]:
        styles, head = self._styles, []
        if self._columns is Columns.ALL:
            at = None if continues else self._store.time(number)
            head.append(Segment(self._clock(at), styles.muted))
        if self._labels:
            text = (
                "" if continues or level is Level.NOTE else self._labels[source] if source < len(self._labels) else ""
            )
            head.append(Segment(text.ljust(self._label_width + 1), styles.sources[source % len(styles.sources)]))
        if self._columns is Columns.ALL:
            word = "" if continues else f"{GLYPHS[level]} {WORDS[level]}"
            head.append(Segment(word.ljust(_LEVEL_CELLS), styles.levels[level]))
        return head

    def _clock(self, at: float | None) -> str:
        if at is None:
            return " " * (13 if self._wide else 9)
        return clock_time(at, millis=self._wide) + " "


def clock_time(at: float, *, millis: bool = False) -> str:
    """`03:12:09`, UTC; a time that no calendar has is question marks."""
    try:
        time = dt.datetime.fromtimestamp(at, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return "??:??:??.???" if millis else "??:??:??"
    return time.strftime("%H:%M:%S") + (f".{time.microsecond // 1000:03}" if millis else "")


def _fold(several: bool, folded: bool) -> str:
    if not several:
        return " "
    return "▸" if folded else "▾"


def _without_columns(shown: Sequence[Piece]) -> Sequence[Piece]:
    """What the columns leave of a line."""
    text = "".join(text for text, _ in shown)
    left = said(text)
    if left.text is not None:
        return pieces(left.text.encode("utf-8", "replace"))
    skip, kept = left.start, []
    for piece, look in shown:
        if skip < len(piece):
            kept.append((piece[skip:], look))
        skip = max(skip - len(piece), 0)
    return kept


def _drawn(head: tuple[Segment, ...], segments: list[Segment]) -> Drawn:
    return Drawn(head, "".join(segment.text for segment in segments), tuple(segments))


def labels(names: Sequence[str]) -> list[str]:
    """Short names of pods that are still unique: the last parts between dashes, as many as it takes."""
    split = [sanitise_line(name, 200).split("-") for name in names]
    found = []
    for parts in split:
        taken = 1
        while taken < len(parts) and sum(other[-taken:] == parts[-taken:] for other in split) > 1:
            taken += 1
        found.append(clip("-".join(parts[-taken:]), _LONGEST_LABEL))
    return found


def overlaid(segments: Sequence[Segment], spans: Sequence[tuple[int, int]], style: Style) -> Sequence[Segment]:
    """The characters of the spans in another style; spans ascend."""
    if not spans:
        return segments
    found: list[Segment] = []
    at = 0
    for begin, end in spans:
        found += between(segments, at, begin)
        found += [Segment(part.text, (part.style or Style()) + style) for part in between(segments, begin, end)]
        at = end
    return found + between(segments, at, sum(len(segment.text) for segment in segments))


def between(segments: Sequence[Segment], begin: int, end: int) -> list[Segment]:
    """The pieces of the characters from `begin` to before `end`."""
    found, at = [], 0
    for segment in segments:
        text = segment.text[max(begin - at, 0) : max(end - at, 0)]
        if text:
            found.append(Segment(text, segment.style))
        at += len(segment.text)
        if at >= end:
            break
    return found
