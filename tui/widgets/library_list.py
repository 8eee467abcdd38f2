"""The runbooks there are, or those that match: title, age of the last review, and when to use or what matched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from textual.events import Click
from textual.message import Message

from tui.core.library import Entry, Excerpt, Hit
from tui.model.clock import Clock
from tui.widgets.lines import Line, Span, fit, spread
from tui.widgets.list_panel import ListPanel

OVERDUE_DAYS = 90
"""A runbook not reviewed for longer than a quarter is marked."""

MOST_HITS = 500
"""A search lists no more; a further word brings what is missing."""

_ROW = 2


class LibraryRow:
    """A runbook, and what of it matched when one searched."""

    __slots__ = ("entry", "excerpt", "hit")

    def __init__(self, entry: Entry, hit: Hit | None = None) -> None:
        self.entry, self.hit = entry, hit
        self.excerpt: Excerpt | None = None


class LibraryList(ListPanel[LibraryRow]):
    """Two lines a runbook.

    Args:
        clock: For the ages.
        excerpt: What of a hit matched; asked for the rows in view only.
    """

    BINDING_GROUP_TITLE = "Runbook list"

    class Chosen(Message):
        """Open this one."""

        def __init__(self, row: LibraryRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, clock: Clock, excerpt: Callable[[Hit], Excerpt], *, id: str) -> None:  # noqa: A002 - Textual's
        super().__init__("Runbooks", id=id)
        self._clock, self._excerpt = clock, excerpt
        self._says: tuple[str, ...] = ("Looking for runbooks …",)
        self._lit = False

    def light(self, *, lit: bool) -> None:
        """Show the cursor as if the list had the focus, while the filter above it has it."""
        self._lit = lit
        self.update_lines()

    def say(self, *lines: str) -> None:
        """What stands there when the list is empty."""
        self._says = lines

    def first(self) -> None:
        """Put the cursor on the first row, as is right for other hits."""
        self._cursor = 0

    def choose(self, row: LibraryRow) -> None:
        """Open it."""
        self.post_message(self.Chosen(row))

    def row_key(self, row: LibraryRow) -> object:
        """A runbook is its file."""
        return row.entry.folder, row.entry.path

    def empty(self, width: int) -> Sequence[Line]:
        """What was said, folded."""
        from tui.widgets.wrapping import fold

        return [((line[begin:end], "muted"),) for line in self._says for begin, end in fold(line, width)]

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """The rows around the cursor."""
        if not self._rows:
            self.retitle(title="Runbooks", subtitle="")
            return self.empty(width)[:height]
        shown = max(height // _ROW, 1)
        self._top = min(self._top, self._cursor, max(len(self._rows) - shown, 0))
        self._top = max(self._top, self._cursor - shown + 1)
        lines: list[Line] = []
        for index in range(self._top, min(self._top + shown, len(self._rows))):
            pair = self._pair(self._rows[index], width)
            if index == self._cursor:
                (_, *title), below = pair
                pair = ((("› ", "key"), *title), below)
                if self.has_focus or self._lit:
                    text = "".join(text for text, _ in pair[0])
                    pair = (((text.ljust(width), "cursor"),), below)
            lines += pair
        place = f"{self._cursor + 1} of {len(self._rows)}" if len(self._rows) > shown else ""
        cut = len(self._rows) == MOST_HITS and self._rows[0].hit is not None
        self.retitle(title=f"The {MOST_HITS} best" if cut else f"Runbooks {len(self._rows)}", subtitle=place)
        return lines[:height]

    def _pair(self, row: LibraryRow, width: int) -> tuple[Line, Line]:
        entry = row.entry
        title: Line = (("  ", ""), (entry.title, "crit" if entry.error else ""))
        if entry.error:
            return fit(title, width), fit((("  ", ""), (f"✕ cannot be read: {entry.error}", "crit")), width)
        below: Line = ((entry.header.when or entry.shown, "muted"),)
        if row.hit is not None:
            if row.excerpt is None:
                row.excerpt = self._excerpt(row.hit)
            below = _matched(row.excerpt) or below
        return spread(title, (self._age(entry),), width), fit((("  ", ""), *below), width)

    def _age(self, entry: Entry) -> Span:
        updated = entry.header.updated
        if updated is None:
            return (" no date", "muted")
        days = (dt.datetime.fromtimestamp(self._clock(), dt.UTC).date() - updated).days
        if days > OVERDUE_DAYS:
            return (f" ▲ {days}d", "warn")
        return (f" {max(days, 0)}d", "muted")

    def on_click(self, event: Click) -> None:
        """Open the row that was clicked."""
        event.prevent_default()  # the list's own handler counts one line a row
        offset = event.get_content_offset(self)
        if offset is not None and (row := self._top + offset.y // _ROW) < len(self._rows):
            self.action_move_to(row)
            self.action_choose()


def _matched(excerpt: Excerpt) -> Line:
    parts: list[Span] = []
    if excerpt.section is not None and excerpt.section.level > 1:
        parts.append((f"§ {excerpt.section.title}", "accent"))
    if excerpt.text:
        parts.append((f"  {excerpt.text}" if parts else excerpt.text, "muted"))
    return tuple(parts)
