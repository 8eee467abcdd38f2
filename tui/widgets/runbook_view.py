"""A runbook on screen: scrolled by lines, with a cursor on its links and steps, and a search in the page.

Nothing is mounted per block; `PageLines` says why. The view redraws when the operator does something, and never else.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker, WorkerState

from tui.core.library import Page
from tui.core.links import safe_url
from tui.model.runbook import Mode, Section
from tui.widgets.markdown_inline import Item
from tui.widgets.markdown_styles import ScreenStyles
from tui.widgets.page_lines import Found, PageLines, Place, Stop

WIDEST = 100
"""Cells of a line of prose; longer ones are hard to read."""

_AT_ONCE_S = 0.03
"""Seconds of drawing before the first frame; the rest of a long page is drawn in slices like this."""

_PAD = 1
"""Cells left of the text; the cursor's line has a mark there, since colour alone would not do everywhere."""


class RunbookView(ScrollView, can_focus=True):
    """Shows one page at a time."""

    DEFAULT_CSS = """
    RunbookView { overflow-y: scroll; overflow-x: hidden; scrollbar-size-vertical: 1; background: $background; }
    """
    BINDING_GROUP_TITLE = "Page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "lines(-1)", "Up", id="page.up", show=False, tooltip="Scroll one line up"),
        Binding("down", "lines(1)", "Down", id="page.down", show=False, tooltip="Scroll one line down"),
        Binding("pageup", "pages(-1)", "Page up", id="page.page-up", show=False, tooltip="Scroll one page up"),
        Binding(
            "pagedown,space", "pages(1)", "Page down", id="page.page-down", show=False, tooltip="Scroll one page down"
        ),
        Binding("g,home", "top", "Top", id="page.top", show=False, tooltip="Go to the top of the page"),
        Binding("G,end", "end", "End", id="page.end", show=False, tooltip="Go to the end of the page"),
    ]

    class Followed(Message):
        """The link under the cursor is to be followed."""

        def __init__(self, href: str) -> None:
            super().__init__()
            self.href = href

    class Moved(Message):
        """Another place is at the top, or another hit is the current one; the newest is enough."""

        def can_replace(self, message: Message) -> bool:
            """One status line, whatever happened how often."""
            return isinstance(message, RunbookView.Moved)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.page: Page | None = None
        self.query_text = ""
        """What is searched for in the page."""
        self._lines: PageLines | None = None
        self._styles: ScreenStyles | None = None
        self._wanted: Place | None = None
        self._cursor: Stop | None = None
        self._hits: list[list[Found]] = []
        self._hit = -1
        self._marks: dict[int, list[tuple[Found, bool]]] = {}

    # ── What is shown ────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, page: Page, *, hide: Mode | None = None, place: Place | None = None) -> None:
        """Show a page from its top, or where it was left; variants for the platform `hide` are folded away."""
        self.page = page
        self._lines = PageLines(page.runbook, page.tokens, hide=hide)
        self._cursor = None
        self._forget_hits()
        self._wanted = place or Place(0)
        self._settle()

    def go_to_line(self, line: int) -> None:
        """Bring the section that holds a line of the source to the top."""
        if self._lines is not None:
            self._wanted = self._lines.place_of_line(line)
            self._settle()

    def fold(self, hide: Mode | None) -> None:
        """Fold the variants for a platform away, or none, and stay at the same place."""
        if self._lines is not None:
            place = self.place
            self._lines.hide = hide
            self._lines.set_width(self._width)
            self._wanted = place
            self._settle()

    @property
    def place(self) -> Place:
        """What the top line shows."""
        if self._wanted is not None:
            return self._wanted
        return self._lines.place(self._top) if self._lines is not None else Place(0)

    @property
    def section(self) -> Section | None:
        """The section at the top of the view."""
        if self._lines is None or self.page is None:
            return None
        return self.page.runbook.section_at(self._lines.source_line(self._top))

    @property
    def hits(self) -> tuple[int, int]:
        """Number of the current hit of the search, from 1, and how many there are."""
        return self._hit + 1, len(self._hits)

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    @property
    def _width(self) -> int:
        return min(self.scrollable_content_region.width - _PAD, WIDEST)

    def _settle(self) -> None:
        """Draw what is wanted at the top and around it, scroll there, and leave the rest to idle time."""
        lines, place = self._lines, self._wanted
        if lines is None or place is None or not self.size.width:
            return  # the first resize comes back here
        if lines.width != self._width:
            lines.set_width(self._width)
        lines.draw_from(place, self.size.height)
        complete = lines.draw_for(_AT_ONCE_S)
        self._wanted = None
        self._take_over(lines, place)
        if complete:
            self._find_again()
        else:
            self._draw_rest(lines)

    def _take_over(self, lines: PageLines, place: Place) -> None:
        """Show the page at its present height, with `place` at the top."""
        y = lines.y_of(place)
        self.virtual_size = Size(self.size.width, max(lines.height, y + self.size.height))  # the last section, too
        self.scroll_to(y=y, animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved())

    @work(exclusive=True, group="draw", exit_on_error=False)
    async def _draw_rest(self, lines: PageLines) -> None:
        """Draw in slices, between which keys are answered."""
        while lines is self._lines and not lines.complete:
            await asyncio.sleep(0)
            place = self.place
            lines.draw_for(_AT_ONCE_S)
            self._take_over(lines, place)
        if lines is self._lines:
            self._find_again()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake of ours while drawing is not silent."""
        if event.state is WorkerState.ERROR:
            self.notify(f"bug: {event.worker.error!r}", severity="error", markup=False)

    def _find_again(self) -> None:
        """Lines are numbered anew: the cursor and the hits take their new numbers."""
        cursor = self._cursor
        if cursor is not None:
            stops = self._stops()
            self._cursor = next((stop for stop in stops if stop[1:3] == cursor[1:3]), None)
        if self.query_text and self._lines is not None:
            self._hits = self._lines.find(self.query_text)
            self._mark(min(self._hit, len(self._hits) - 1))

    def on_resize(self, event: Resize) -> None:
        """Fold to the new width; the top line stays."""
        lines = self._lines
        if lines is None or not event.size.width:
            return
        if self._wanted is not None or lines.width != self._width:
            self._wanted = self.place
            self._settle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what comes into view."""
        super().watch_scroll_y(old_value, new_value)
        lines = self._lines
        if lines is not None and lines.undrawn(self._top, self.size.height):
            place = self.place
            lines.draw_from(place, self.size.height)
            self._take_over(lines, place)
        self.post_message(self.Moved())

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        self._styles = None
        self.refresh()

    # ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def render_line(self, y: int) -> Strip:
        """One line of the page."""
        styles = self._styles
        if styles is None:
            styles = self._styles = ScreenStyles(self.app.theme_variables)
        lines, width = self._lines, self.size.width
        if lines is None:
            return Strip.blank(width, styles[""])
        y += self._top
        line = lines.line(y)
        here = self._cursor is not None and self._cursor.y == y
        segments = [Segment("›" if here else " ", styles["bullet"])]
        for text, names, item in line.runs:
            style = styles[names]
            if self._is_cursor(y, item):
                style += styles.over("cursor")
            if item >= 0 and "external" in names and (url := safe_url(lines.item(y, item).text)):
                style += Style(link=url)
            segments.append(Segment(text, style))
        strip = Strip(segments)
        if line.fill:
            strip = strip.extend_cell_length(_PAD + lines.width, styles[line.fill])
        for found, current in self._marks.get(y, ()):
            strip = _laid_over(strip, found, styles.over("current-hit" if current else "hit"))
        return strip.adjust_cell_length(width, styles[""])

    def _is_cursor(self, y: int, item: int) -> bool:
        cursor = self._cursor
        if cursor is None or self._lines is None:
            return False
        if cursor.item.kind != "link":
            return y == cursor.y
        return item == cursor.number and self._lines.part(y) == cursor.part

    def on_click(self, event: Click) -> None:
        """Follow the link that was clicked."""
        lines = self._lines
        offset = event.get_content_offset(self)
        if lines is None or offset is None:
            return
        y, x = offset.y + self._top, offset.x - _PAD
        for run in lines.line(y).runs:
            x -= Segment(run.text).cell_length
            if x < 0:
                if run.item >= 0 and (item := lines.item(y, run.item)).kind == "link":
                    self._set_cursor(Stop(y, lines.part(y), run.item, item))
                    self.post_message(self.Followed(item.text))
                return

    # ── The cursor ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _stops(self) -> list[Stop]:
        """All stops of the page in its order; the height of the page is exact afterwards."""
        lines = self._lines
        if lines is None:
            return []
        if not lines.complete:
            place = self.place
            lines.draw_all()
            self._take_over(lines, place)
        return lines.stops()

    def _visible(self, y: int) -> bool:
        return self._top <= y < self._top + self.size.height

    def move(self, direction: int, *, links: bool) -> bool:
        """Put the cursor on the next (1) or previous (-1) link, or block of code; False when there is none.

        It starts from the cursor when that is in view, else from the top of the view, and goes round at the ends.
        """
        stops = [stop for stop in self._stops() if (stop.item.kind == "link") == links]
        if not stops:
            return False
        cursor = self._cursor
        if cursor is not None and self._visible(cursor.y):
            here = (cursor.part, cursor.number)
            ahead = [stop for stop in stops if (stop.part, stop.number) > here]
            behind = [stop for stop in stops if (stop.part, stop.number) < here]
        else:
            ahead = [stop for stop in stops if stop.y >= self._top]
            behind = [stop for stop in stops if stop.y < self._top]
        if direction > 0:
            self._set_cursor((ahead or stops)[0])
        else:
            self._set_cursor((behind or stops)[-1])
        return True

    def _set_cursor(self, stop: Stop) -> None:
        before, self._cursor = self._cursor, stop
        self._reveal(stop.y)
        for changed in (before, stop):
            if changed is not None:
                self.refresh_lines(changed.y, self._height_of(changed))

    def _height_of(self, stop: Stop) -> int:
        """Lines a stop is drawn on: a link may be folded."""
        y = stop.y + 1
        while self._lines is not None and any(run.item == stop.number for run in self._lines.line(y).runs):
            y += 1
        return y - stop.y

    def _reveal(self, y: int) -> None:
        """Scroll so that line `y` is in view, with some of what stands around it."""
        margin = min(2, self.size.height // 4)
        if not self._top + margin <= y < self._top + self.size.height - margin:
            self.scroll_to(y=max(y - self.size.height // 4, 0), animate=False, force=True)

    def follow(self) -> bool:
        """Follow the link under the cursor; False when it is on none."""
        if self._cursor is None or self._cursor.item.kind != "link":
            return False
        self.post_message(self.Followed(self._cursor.item.text))
        return True

    def block(self) -> Item | None:
        """The step or block of code under the cursor, else the first one in view."""
        if self._cursor is not None and self._cursor.item.kind != "link" and self._visible(self._cursor.y):
            return self._cursor.item
        return next((stop.item for stop in self._stops() if stop.item.kind != "link" and self._visible(stop.y)), None)

    # ── Searching the page ───────────────────────────────────────────────────────────────────────────────────────────

    def _forget_hits(self) -> None:
        self.query_text, self._hits = "", []
        self._mark(-1)

    def find(self, query: str) -> int:
        """Mark `query` wherever it stands and go to the first hit from the top of the view on; how many there are."""
        self._forget_hits()
        self._stops()  # lines are final
        if self._lines is not None:
            self.query_text, self._hits = query, self._lines.find(query)
        if self._hits:
            ahead = (number for number, found in enumerate(self._hits) if found[0].y >= self._top)
            self._go_to_hit(next(ahead, 0))
        return len(self._hits)

    def next_hit(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) hit, round at the ends."""
        if self._hits:
            self._go_to_hit((self._hit + direction) % len(self._hits))

    def _go_to_hit(self, number: int) -> None:
        self._mark(number)
        self._reveal(self._hits[number][0].y)

    def _mark(self, current: int) -> None:
        before, self._marks, self._hit = self._marks, {}, current
        for number, hit in enumerate(self._hits):
            for found in hit:
                self._marks.setdefault(found.y, []).append((found, number == current))
        for y in range(self._top, self._top + self.size.height):
            if before.get(y) != self._marks.get(y):
                self.refresh_lines(y)
        self.post_message(self.Moved())

    # ── Scrolling ────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_lines(self, count: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self._top + count, animate=False)

    def action_pages(self, count: int) -> None:
        """Scroll by pages, one line of which stays."""
        self.action_lines(count * max(self.size.height - 1, 1))

    def action_top(self) -> None:
        """Go to the top."""
        self.scroll_to(y=0, animate=False)

    def action_end(self) -> None:
        """Go to the end, once its line is known."""
        self._stops()
        if self._lines is not None:
            self.scroll_to(y=max(self._lines.height - self.size.height, 0), animate=False)


def _laid_over(strip: Strip, found: Found, style: Style) -> Strip:
    """The cells of a hit in another style."""
    cuts = [_PAD + found.begin, _PAD + found.end, strip.cell_length]
    pieces = list(strip.divide(cuts))
    pieces[1] = Strip(Segment.apply_style(pieces[1], post_style=style))
    return Strip.join(pieces)
