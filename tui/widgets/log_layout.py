"""Which rows of a log are in view, and where they stand: the arithmetic of scrolling, without a screen.

The place is a row and, where long lines are folded to the width, a part of it. Nothing but the rows in view is drawn
or measured.
"""

from __future__ import annotations

from typing import NamedTuple

from tui.core.log_index import LogIndex
from tui.widgets.log_draw import Drawn, LogDraw
from tui.widgets.wrapping import chop

_NARROWEST = 10


class Placed(NamedTuple):
    """A line of the view: the part of a row."""

    row: int
    part: int


class LogLayout:
    """The view of an index: `height` lines from the place `top`, `part` on."""

    def __init__(self, index: LogIndex) -> None:
        self.index = index
        self.wrap = False
        self.width, self.height = 80, 1
        self.top = self.part = 0
        self.marks: set[int] = set()
        self.pen: LogDraw | None = None
        self._drawn: dict[int, Drawn] = {}

    # ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def forget(self) -> None:
        """Draw lines anew: what is folded, marked or still growing may look otherwise."""
        self._drawn.clear()

    def draw(self, number: int) -> Drawn:
        """A line by its number."""
        drawn = self._drawn.get(number)
        if drawn is None:
            assert self.pen is not None  # noqa: S101 - set before anything is drawn
            drawn = self._drawn[number] = self.pen.draw(number, marked=number in self.marks)
        return drawn

    def parts(self, row: int) -> list[tuple[int, int]]:
        """Offsets of the lines of the view that a row takes; never empty."""
        text = self.draw(self.index.line(row)).text
        if not self.wrap:
            return [(0, len(text))]
        assert self.pen is not None  # noqa: S101 - a line has been drawn
        return chop(text, max(self.width - self.pen.head_width, _NARROWEST))

    def lines(self) -> list[Placed]:
        """The lines of the view, from its top."""
        found: list[Placed] = []
        row, first, rows = self.top, self.part, len(self.index)
        while row < rows and len(found) < self.height:
            count = len(self.parts(row)) if self.wrap else 1
            found += [Placed(row, part) for part in range(min(first, count - 1), count)]
            row, first = row + 1, 0
        return found[: self.height]

    # ── Scrolling ────────────────────────────────────────────────────────────────────────────────────────────────────

    def ending_in(self, row: int) -> Placed:
        """The place from which on `row` is the last that fits."""
        if not self.wrap:
            return Placed(max(row - self.height + 1, 0), 0)
        room = self.height
        while True:
            count = len(self.parts(row))
            if count >= room:
                return Placed(row, count - room)
            room -= count
            if row == 0:
                return Placed(0, 0)
            row -= 1

    def go(self, place: Placed) -> None:
        """Begin the view at a place, or before it, so that no line below the last row stays empty."""
        rows = len(self.index)
        self.top, self.part = min(place, self.ending_in(rows - 1)) if rows else (0, 0)

    def follow(self) -> None:
        """Show the last rows."""
        if len(self.index):
            self.go(self.ending_in(len(self.index) - 1))

    def reveal(self, row: int) -> None:
        """Scroll as little as it takes to have a row in view; far away, put it a third from the top."""
        here, ending, beginning = Placed(self.top, self.part), self.ending_in(row), Placed(row, 0)
        if ending <= here <= beginning:
            return
        if abs(row - self.top) > 2 * self.height:
            self.go(Placed(max(row - self.height // 3, 0), 0))
        elif here > beginning:
            self.go(beginning)
        else:
            self.go(min(ending, beginning))

    def scroll(self, by: int) -> None:
        """Go on by so many lines of the view, back when it is negative."""
        if not self.wrap:
            self.go(Placed(max(self.top + by, 0), 0))
            return
        row, part, rows = self.top, self.part, len(self.index)
        for _ in range(abs(by) if rows else 0):
            part += 1 if by > 0 else -1
            if part < 0:
                row, part = (row - 1, len(self.parts(row - 1)) - 1) if row else (0, 0)
            elif part >= len(self.parts(row)):
                row, part = (row + 1, 0) if row + 1 < rows else (row, part - 1)
        self.go(Placed(row, part))
