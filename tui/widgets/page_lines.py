"""A runbook as a column of lines, of which only what is looked at has been drawn.

Sections that are not drawn yet count as many lines as their source has; when one is drawn its height is corrected, and
whoever shows the lines keeps its place by `place` and `y_of`. Drawing everything is left to idle time, or to the first
question that needs it.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from markdown_it.token import Token

from tui.model.runbook import Mode, Runbook
from tui.widgets.markdown_inline import Item
from tui.widgets.markdown_lines import Drawn, Line, Look, draw, sections
from tui.widgets.wrapping import cells

MOST_HITS = 10_000
_EMPTY = Line(())


class Place(NamedTuple):
    """A line, whatever the width: a section, the block of text at or above it, the offset in that, lines below."""

    part: int
    block: int = -1
    offset: int = 0
    below: int = 0


class Stop(NamedTuple):
    """Something the cursor stops at, and where: `y` is its line on the page."""

    y: int
    part: int
    number: int
    item: Item


class Found(NamedTuple):
    """Cells of one line that belong to a hit of a search: from `begin` to before `end`."""

    y: int
    begin: int
    end: int


class PageLines:
    """One runbook at one width."""

    def __init__(self, runbook: Runbook, tokens: Sequence[Token], *, hide: Mode | None = None) -> None:
        self._steps = {step.line: step for step in runbook.steps}
        self._parts = sections(tokens)
        self._starts = [_first_line(part) for part in self._parts]
        ends = [*self._starts[1:], runbook.text.count("\n") + 2]
        self._estimates = [max(end - start, 1) for start, end in zip(self._starts, ends, strict=True)]
        self._drawn: list[Drawn | None] = [None] * len(self._parts)
        self._tops = [0]
        self.hide = hide
        self.width = 0
        self._measure()

    def set_width(self, width: int) -> None:
        """Forget what was drawn at another width, or for another platform."""
        self.width = max(width, 1)
        self._drawn = [None] * len(self._parts)
        self._measure()

    def _measure(self) -> None:
        heights = (
            estimate if drawn is None else len(drawn.lines)
            for estimate, drawn in zip(self._estimates, self._drawn, strict=True)
        )
        self._tops = [0, *accumulate(heights)]

    @property
    def height(self) -> int:
        """Lines of the page, exact once all is drawn."""
        return self._tops[-1]

    @property
    def complete(self) -> bool:
        """Whether all is drawn."""
        return None not in self._drawn

    # ── Drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _draw(self, part: int) -> Drawn:
        drawn = self._drawn[part]
        if drawn is None:
            drawn = draw(self._parts[part], Look(self.width, self._steps, self.hide))
            self._drawn[part] = drawn
        return drawn

    def draw_from(self, place: Place, height: int) -> None:
        """Draw so much that `height` lines from `place` on are exact, and as many above."""
        self._draw(place.part)
        below = above = 0
        for part in range(place.part + 1, len(self._parts)):
            if below >= height:
                break
            below += len(self._draw(part).lines)
        for part in range(place.part - 1, -1, -1):
            if above >= height:
                break
            above += len(self._draw(part).lines)
        self._measure()

    def draw_for(self, seconds: float) -> bool:
        """Draw what is missing, in order, for about so long; whether all is drawn."""
        until = time.monotonic() + seconds
        for part in range(len(self._parts)):
            if self._drawn[part] is None:
                self._draw(part)
                if time.monotonic() > until:
                    break
        self._measure()
        return self.complete

    def draw_all(self) -> None:
        """Draw what is missing."""
        for part in range(len(self._parts)):
            self._draw(part)
        self._measure()

    # ── Lines and places ─────────────────────────────────────────────────────────────────────────────────────────────

    def part(self, y: int) -> int:
        """The section line `y` belongs to."""
        return min(max(bisect_right(self._tops, y) - 1, 0), len(self._parts) - 1)

    def line(self, y: int) -> Line:
        """The line at `y`; empty below the page and where nothing is drawn."""
        drawn = self._drawn[self.part(y)]
        local = y - self._tops[self.part(y)]
        return drawn.lines[local] if drawn is not None and 0 <= local < len(drawn.lines) else _EMPTY

    def item(self, y: int, number: int) -> Item:
        """The item of a run on line `y`."""
        return self._draw(self.part(y)).items[number]

    def undrawn(self, top: int, height: int) -> bool:
        """Whether something between these lines is not drawn."""
        first, last = self.part(top), self.part(top + height)
        return None in self._drawn[first : last + 1]

    def place(self, y: int) -> Place:
        """Where `y` is, in a way that survives another width."""
        part = self.part(y)
        local = y - self._tops[part]
        drawn = self._drawn[part]
        best = Place(part, below=local)
        for number, block in enumerate(drawn.blocks if drawn is not None else ()):
            for row in block.rows:
                if row.line > local:
                    return best
                best = Place(part, number, row.begin, local - row.line)
        return best

    def y_of(self, place: Place) -> int:
        """The line of a place at the present width."""
        top = self._tops[place.part]
        drawn = self._drawn[place.part]
        if drawn is None or not 0 <= place.block < len(drawn.blocks):
            return top + place.below
        rows = drawn.blocks[place.block].rows
        row = next((row for row in reversed(rows) if row.begin <= place.offset), rows[0])
        return min(top + row.line + place.below, max(self._tops[place.part + 1] - 1, 0))

    def place_of_line(self, line: int) -> Place:
        """The section that holds a line of the source, from its top."""
        return Place(min(max(bisect_right(self._starts, line) - 1, 0), len(self._parts) - 1))

    def source_line(self, y: int) -> int:
        """The first source line of the section that `y` is in."""
        return self._starts[self.part(y)]

    # ── Stops and hits ───────────────────────────────────────────────────────────────────────────────────────────────

    def stops(self) -> list[Stop]:
        """All links and blocks of code, from the top; draws all."""
        self.draw_all()
        return [
            Stop(top + item.line, part, number, item)
            for part, top in enumerate(self._tops[:-1])
            for number, item in enumerate(self._draw(part).items)
        ]

    def find(self, query: str) -> list[list[Found]]:
        """Where `query` stands, in any case, white space matching any; one list of cells per hit. Draws all."""
        self.draw_all()
        wanted = r"\s+".join(re.escape(word) for word in query.split())
        if not wanted:
            return []
        pattern = re.compile(wanted, re.IGNORECASE)
        hits: list[list[Found]] = []
        for part, top in enumerate(self._tops[:-1]):
            in_part: list[list[Found]] = []
            for text, rows in self._draw(part).blocks:
                for match in pattern.finditer(text):
                    found = []
                    for row in rows:
                        begin, end = max(match.start(), row.begin), min(match.end(), row.end)
                        if begin < end:
                            x = row.x + cells(text[row.begin : begin])
                            found.append(Found(top + row.line, x, x + cells(text[begin:end])))
                    if found:
                        in_part.append(found)
            hits += sorted(in_part, key=lambda found: found[0])
            if len(hits) >= MOST_HITS:
                break
        return hits[:MOST_HITS]


def _first_line(part: Sequence[Token]) -> int:
    return next((token.map[0] + 1 for token in part if token.map), 1)
