"""A million lines on the screen, of which only those in view are drawn.

Textual's line API: `render_line` draws one line of the view. What each line of the view shows is kept as a key, and
only lines whose key changed are repainted. Cursor, marks and selection are lines by number, so they stay where they
are when lines come, go or are filtered.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.strip import Strip
from textual.widget import Widget

from tui.core.log_filter import LinePattern
from tui.core.log_index import SLICE_S, LogIndex
from tui.widgets.log_draw import Columns, LogDraw, between, overlaid
from tui.widgets.log_keys import KEYS
from tui.widgets.log_layout import LogLayout, Placed
from tui.widgets.log_styles import LogStyles

_WHEEL_LINES = 3
_SHIFT_CELLS = 20


class _Shown(NamedTuple):
    """What one line of the view shows; `length` are the lines of its entry."""

    number: int
    part: int
    length: int
    folded: bool
    cursor: bool
    selected: bool
    marked: bool


class LogView(ScrollView, can_focus=True):
    """Shows the rows of a `LogIndex`. Whoever fills its store calls `sync`."""

    DEFAULT_CSS = """
    LogView { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; background: $background; }
    """
    BINDING_GROUP_TITLE = "Log lines"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    class Moved(Message):
        """The cursor, the place or what is followed changed; the newest is enough."""

        def can_replace(self, message: Message) -> bool:
            """A burst is told once."""
            return isinstance(message, LogView.Moved)

    def __init__(self, index: LogIndex, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.follow = True
        self.columns = Columns.ALL
        self.pattern: LinePattern | None = None
        """What is searched for."""
        self.cursor = 0
        """Number of a line; the cursor is on its row, or on the next where it has none."""
        self.origin: int | None = None
        """Number of the line at which the selection began."""
        self.shift = 0
        """Cells by which lines are scrolled to the left."""
        self._place = LogLayout(index)
        self._lines: list[Placed] = []
        self._shown: list[_Shown] = []
        self._styles: LogStyles | None = None
        self._base = Style()
        self._thumb = (-1, -1)
        self._empty: tuple[str, ...] = ()

    # ── What is shown ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def index(self) -> LogIndex:
        """The rows."""
        return self._place.index

    @property
    def marks(self) -> set[int]:
        """Numbers of the lines that are marked."""
        return self._place.marks

    @property
    def wrap(self) -> bool:
        """Whether long lines are folded to the width."""
        return self._place.wrap

    def set_wrap(self, *, wrap: bool) -> None:
        """Fold long lines to the width, or not."""
        top = self._top_number
        self._place.wrap, self.shift = wrap, 0
        self.redraw()
        self._restore(top)
        self._update()

    def set_columns(self, columns: Columns) -> None:
        """Put something else before the text."""
        self.columns = columns
        self.redraw()
        self._update()

    def set_origin(self, number: int | None) -> None:
        """Begin a selection at a line, or end it."""
        self.origin = number
        self._update()

    def toggle_mark(self, number: int) -> None:
        """Mark a line, or take its mark away."""
        self._place.marks ^= {number}
        self._place.forget()
        self._update()

    def show(self, index: LogIndex) -> None:
        """Show other rows; the cursor stays on its line, or goes to the next that is shown."""
        top = self._top_number
        if index.store is not self.index.store:
            self.marks.clear()
            self.cursor, self.origin, self.follow = 0, None, True
        self._place.index = index
        self.redraw()
        self._restore(top)
        self._update()

    def sync(self, budget_s: float = SLICE_S) -> bool:
        """Show what came since, for about `budget_s` of work; whether that was all."""
        top = self._top_number
        complete = self.index.sync(budget_s)
        self._place.forget()
        if self._place.pen is not None and not self._place.pen.fits:
            self.redraw()
        self._restore(top)
        self._update()
        return complete

    def say_empty(self, *lines: str) -> None:
        """What stands in a view without rows."""
        if lines != self._empty:
            self._empty = lines
            if not self._shown:
                self.refresh()

    def redraw(self) -> None:
        """Draw everything anew: other columns, another width, another theme."""
        place, region = self._place, self.scrollable_content_region
        if self._styles is None:
            self._styles = LogStyles(self.app.theme_variables)
        place.width, place.height = region.width, max(region.height, 1)
        place.pen = LogDraw(place.index, self._styles, self.columns, place.width)
        place.forget()
        self._base = self.rich_style
        self.refresh()

    @property
    def _top_number(self) -> int:
        top = self._place.top
        return self.index.line(top) if top < len(self.index) else 0

    def _restore(self, top: int) -> None:
        """Keep line `top` at the top although rows have other numbers now."""
        place, rows = self._place, len(self.index)
        first = self.index.store.first
        if place.marks and min(place.marks) < first:
            place.marks = {mark for mark in place.marks if mark >= first}
        if self.follow and rows:
            self.cursor = self.index.line(rows - 1)
            place.follow()
        else:
            place.go(Placed(min(self.index.row(top), max(rows - 1, 0)), place.part))

    @property
    def cursor_row(self) -> int:
        """The row the cursor is on, -1 when there is none."""
        return min(self.index.row(self.cursor), len(self.index) - 1)

    @property
    def here(self) -> int | None:
        """The number of the line the cursor is on."""
        row = self.cursor_row
        return None if row < 0 else self.index.line(row)

    @property
    def below(self) -> int:
        """Rows below the view."""
        return len(self.index) - 1 - self._lines[-1].row if self._lines else 0

    def selected(self) -> range:
        """The rows that are selected; the cursor's own when nothing is."""
        row = self.cursor_row
        if row < 0:
            return range(0)
        other = row if self.origin is None else min(self.index.row(self.origin), len(self.index) - 1)
        return range(min(row, other), max(row, other) + 1)

    def _update(self) -> None:
        """Lay out from the present place and repaint what differs."""
        if self._place.pen is None:
            return
        before, self._lines = self._shown, self._place.lines()
        selected, cursor = self.selected() if self.origin is not None else range(0), self.cursor_row
        self._shown = [self._showing(line, cursor, selected) for line in self._lines]
        stale = [
            Region(0, y, self._place.width, 1)
            for y in range(max(len(before), len(self._shown)))
            if before[y : y + 1] != self._shown[y : y + 1]
        ]
        if stale:
            self.refresh(*stale)
        self._move_thumb()
        self.post_message(self.Moved())

    def _showing(self, line: Placed, cursor: int, selected: range) -> _Shown:
        number = self.index.line(line.row)
        length = len(self.index.store.entry(number))
        return _Shown(
            number=number,
            part=line.part,
            length=length,
            folded=length > 1 and self.index.is_folded(number),
            cursor=line.row == cursor,
            selected=line.row in selected,
            marked=number in self.marks,
        )

    def _move_thumb(self) -> None:
        """Tell the scrollbar, which is repainted only when its thumb is to be seen elsewhere."""
        height, top = self._place.height, self._place.top
        virtual = len(self.index) + (height - 1 if self.wrap else 0)
        self.set_reactive(Widget.virtual_size, Size(self.size.width, virtual))  # nothing needs to be laid out
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        thumb = 8 * height * top // max(virtual, 1), 8 * height * height // max(virtual, 1)
        if thumb != self._thumb and self.show_vertical_scrollbar:
            self._thumb = thumb
            bar = self.vertical_scrollbar
            bar.window_virtual_size, bar.window_size, bar.position = virtual, height, float(top)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The place is ours; Textual corrects its own whenever it measures the view."""

    def on_resize(self) -> None:
        """Another width, another layout."""
        top = self._top_number
        self.redraw()
        self._restore(top)
        self._update()

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        self._styles = None
        if self._place.pen is not None:
            self.redraw()

    def on_focus(self) -> None:
        """The cursor is brighter where keys go."""
        self._repaint_cursor()

    def on_blur(self) -> None:
        """See `on_focus`."""
        self._repaint_cursor()

    def _repaint_cursor(self) -> None:
        for y, shown in enumerate(self._shown):
            if shown.cursor:
                self.refresh(Region(0, y, self._place.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        place, base, styles = self._place, self._base, self._styles
        if y >= len(self._shown) or styles is None or place.pen is None:
            said = self._empty[y - 1] if not self._shown and 0 < y <= len(self._empty) else ""
            return Strip([Segment(f"  {said}", base)]).adjust_cell_length(place.width, base)
        shown, drawn = self._shown[y], place.draw(self._shown[y].number)
        text = overlaid(drawn.segments, self.pattern.spans(drawn.text) if self.pattern else (), styles.hit)
        if self.wrap:
            parts = place.parts(self._lines[y].row)
            text = between(text, *parts[min(shown.part, len(parts) - 1)])
        elif self.shift:
            text = list(Strip(text).crop(self.shift, self.shift + place.width))
        head = drawn.head if shown.part == 0 else (Segment(" " * place.pen.head_width),)
        over = Style()
        if shown.cursor:
            over = styles.cursor if self.has_focus else styles.cursor_blurred
        elif shown.selected:
            over = styles.selected
        painted = [
            Segment(segment.text, (base + segment.style if segment.style else base) + over)
            for segment in (*head, *text)
        ]
        return Strip(painted).adjust_cell_length(place.width, base + over)

    # ── Moving ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def go_to_row(self, row: int) -> None:
        """Put the cursor on a row, bring it into view, and stay there."""
        self.follow = False
        self._place.forget()  # an entry may just have been folded
        if len(self.index):
            row = min(max(row, 0), len(self.index) - 1)
            self.cursor = self.index.line(row)
            self._place.reveal(row)
        self._update()

    def go_to(self, number: int) -> None:
        """Put the cursor on a line, or the next that is shown, and stay there."""
        self.go_to_row(self.index.row(number))

    def set_follow(self, *, follow: bool) -> None:
        """Follow what is newest, or stay here while more is collected."""
        self.follow = follow
        self._restore(self._top_number)
        self._update()

    def scroll_lines(self, by: int) -> None:
        """Scroll by lines of the view; the cursor goes along when it would leave."""
        self.follow = False
        self._place.scroll(by)
        self._take_cursor_along()
        self._update()

    def _take_cursor_along(self) -> None:
        lines = self._place.lines()
        if lines:
            self.cursor = self.index.line(min(max(self.cursor_row, lines[0].row), lines[-1].row))

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.go_to_row(self.cursor_row + by)

    def action_page(self, direction: int) -> None:
        """Scroll one page; at an end, the cursor goes to it."""
        before = self._place.lines()[:1]
        self.scroll_lines(direction * max(self._place.height - 1, 1))
        if self._place.lines()[:1] == before:
            self.go_to_row(0 if direction < 0 else len(self.index) - 1)

    def action_first(self) -> None:
        """To the oldest line."""
        self.go_to_row(0)

    def action_last(self) -> None:
        """To the newest line, and stay with it."""
        self.set_follow(follow=True)

    def action_shift(self, direction: int) -> None:
        """Scroll long lines sideways."""
        longest = max((len(self._place.draw(shown.number).text) for shown in self._shown), default=0)
        shift = min(max(self.shift + direction * _SHIFT_CELLS, 0), max(longest - _SHIFT_CELLS, 0))
        if not self.wrap and shift != self.shift:
            self.shift = shift
            self.refresh()

    def action_extend(self, by: int) -> None:
        """Select from the cursor on."""
        if self.origin is None:
            self.origin = self.here
        self.action_move(by)

    # ── Mouse ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_scroll_to(self, event: ScrollTo) -> None:
        """The thumb was dragged."""
        self._stop(event)
        if event.y is not None:
            self._scroll_to_row(round(event.y))

    def on_scroll_up(self, event: ScrollUp) -> None:
        """The bar was clicked above the thumb."""
        self._stop(event)
        self.action_page(-1)

    def on_scroll_down(self, event: ScrollDown) -> None:
        """The bar was clicked below the thumb."""
        self._stop(event)
        self.action_page(1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Three lines on."""
        self._stop(event)
        self.scroll_lines(_WHEEL_LINES)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Three lines back."""
        self._stop(event)
        self.scroll_lines(-_WHEEL_LINES)

    @staticmethod
    def _stop(event: Message) -> None:
        event.stop()
        event.prevent_default()  # Textual would scroll by itself

    def _scroll_to_row(self, row: int) -> None:
        self.follow = False
        self._place.go(Placed(max(row, 0), 0))
        self._take_cursor_along()
        self._update()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the line that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(self._lines):
            self.go_to_row(self._lines[offset.y].row)
