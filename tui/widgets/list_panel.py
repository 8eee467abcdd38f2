"""A short list in a frame with a cursor, scrolled by lines and repainted by cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size

from tui.widgets.lines import Line, Lines

R = TypeVar("R")


class ListPanel(Lines, Generic[R], can_focus=True):
    """Shows one line per row.

    A subclass says how a row reads (`row_line`), what an empty list says (`empty`) and what Enter does (`choose`).

    The cursor stays on the same row, by `row_key`, when rows come and go.
    """

    DEFAULT_CSS = """
    ListPanel { border: round $foreground 25%; border-title-color: $foreground; padding: 0 1; }
    ListPanel:focus { border: round $accent; }
    """
    BINDING_GROUP_TITLE = "Lists"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="list.up", show=False, tooltip="Move the cursor one row up"),
        Binding("down,j", "move(1)", "Down", id="list.down", show=False, tooltip="Move the cursor one row down"),
        Binding(
            "home,g", "move_to(0)", "First", id="list.first", show=False, tooltip="Move the cursor to the first row"
        ),
        Binding("end,G", "move_to(-1)", "Last", id="list.last", show=False, tooltip="Move the cursor to the last row"),
        Binding("enter", "choose", "Open", id="list.open", key_display="enter", tooltip="Open what the cursor is on"),
    ]

    def __init__(self, title: str, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.border_title = Content(title)
        self._rows: Sequence[R] = ()
        self._cursor = 0
        self._top = 0

    def row_line(self, row: R, width: int) -> Line:
        """How a row reads in `width` cells."""
        raise NotImplementedError

    def row_key(self, row: R) -> object:
        """What makes a row the same row after an update."""
        raise NotImplementedError

    def empty(self, width: int) -> Sequence[Line]:
        """What an empty list says."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """One line a row, where the layout asks."""
        return max(len(self._rows), 1)

    def choose(self, row: R) -> None:
        """Enter or a click on a row."""
        raise NotImplementedError

    def moved(self, row: R) -> None:
        """The cursor came to another row."""

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor, None in an empty list."""
        return self._rows[self._cursor] if self._rows else None

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show other rows."""
        here = self.cursor_row
        key = None if here is None else self.row_key(here)
        taller = len(rows) != len(self._rows)
        self._rows = rows
        keys = [self.row_key(row) for row in rows]
        self._cursor = keys.index(key) if key in keys else min(self._cursor, max(len(rows) - 1, 0))
        if taller and self.styles.is_auto_height:
            self.refresh(layout=True)
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """The rows around the cursor; the last line counts what is below it."""
        if not self._rows:
            return self.empty(width)[:height]
        self._top = min(self._top, self._cursor, max(len(self._rows) - height, 0))
        self._top = max(self._top, self._cursor - height + 1)
        lines = []
        for index in range(self._top, min(self._top + height, len(self._rows))):
            line = self.row_line(self._rows[index], width)
            if index == self._cursor and self.has_focus:
                text = "".join(text for text, _ in line)
                line = ((text.ljust(width), "cursor"),)
            lines.append(line)
        hidden = len(self._rows) - len(lines)
        self.retitle(subtitle=f"{self._cursor + 1} of {len(self._rows)}" if hidden else "")
        return lines

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show the cursor, or hide it; handlers of Focus and Blur are called before `has_focus` is another."""
        super().watch_has_focus(_has_focus)
        self.update_lines()

    def action_move(self, by: int) -> None:
        """Move the cursor, stopping at the ends."""
        self._go(self._cursor + by)

    def action_move_to(self, row: int) -> None:
        """Move the cursor to a row; -1 is the last."""
        self._go(row if row >= 0 else len(self._rows) + row)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        row = self.cursor_row
        if row is not None:
            self.choose(row)

    def on_click(self, event: Click) -> None:
        """Choose the row that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and self._top + offset.y < len(self._rows):
            self._go(self._top + offset.y)
            self.action_choose()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll by moving the cursor, while the list is longer than its frame."""
        if len(self._rows) > self.content_size.height:
            event.stop()
            self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """See `on_mouse_scroll_down`."""
        if len(self._rows) > self.content_size.height:
            event.stop()
            self.action_move(-1)

    def _go(self, row: int) -> None:
        before, self._cursor = self._cursor, min(max(row, 0), max(len(self._rows) - 1, 0))
        here = self.cursor_row
        if here is not None and self._cursor != before:
            self.moved(here)
        self.update_lines()
