"""A list with a line of column heads, and a mark for its row that also shows while the focus is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual.events import Click
from textual.geometry import Size

from tui.model.text import clip
from tui.model.thresholds import State
from tui.widgets.lines import Line, Span
from tui.widgets.list_panel import ListPanel
from tui.widgets.palette import Tone
from tui.widgets.wrapping import fold

R = TypeVar("R")

TONES: dict[State, Tone] = {
    State.OK: "ok",
    State.WARN: "warn",
    State.CRIT: "crit",
    State.NO_DATA: "muted",
    State.NAN: "unknown",
    State.ERROR: "unknown",
}
_MARK = 2
_TAIL = 6
"""Characters that tell the pods of one workload apart: `-k2x8p`."""


def cell(text: str, width: int, tone: Tone = "", *, right: bool = False) -> Span:
    """A text in a column of `width` cells, the last of which stays empty; `right` leaves the first empty instead."""
    text = clip(text, max(width - 1, 0))
    return (text.rjust(width - 1) + " " if right else text.ljust(width), tone)


def name_cell(text: str, width: int) -> Span:
    """A pod's name: where it does not fit it loses its middle, since they differ at the end."""
    room = width - 1
    if len(text) > room:
        tail = min(_TAIL, room // 2)
        text = clip(text[:-tail], room - tail) + text[-tail:]
    return (text.ljust(width), "")


class Table(ListPanel[R]):
    """A subclass says what its columns are called (`heads`) and how wide they are, in `row_line`."""

    says: tuple[Span, ...] = ()

    def heads(self, width: int) -> Line:
        """The names of the columns."""
        raise NotImplementedError

    def say(self, *lines: Span) -> None:
        """What stands there when there is no row."""
        if lines != self.says:
            self.says = lines
            self.update_lines()

    def empty(self, width: int) -> Sequence[Line]:
        """What was said, folded."""
        return [((text[begin:end], tone),) for text, tone in self.says for begin, end in fold(text, width)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line more than it has rows."""
        return super().get_content_height(container, viewport, width) + 1

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """Heads, then the rows around the cursor."""
        if not self._rows:
            self.retitle(subtitle="")
            return self.empty(width)[:height]
        rows = super().lay_out(width - _MARK, height - 1)
        lines: list[Line] = [((" " * _MARK, ""), *((text, "muted") for text, _ in self.heads(width - _MARK)))]
        for index, line in enumerate(rows, self._top):
            mark: Span = (" " * _MARK, "")
            if index == self._cursor:
                mark = ("› ", "cursor" if self.has_focus else "key")
            lines.append((mark, *line))
        return lines

    def on_click(self, event: Click) -> None:
        """Choose the row that was clicked."""
        event.prevent_default()  # the list's own handler knows of no heads
        offset = event.get_content_offset(self)
        if offset is not None and offset.y and self._top + offset.y - 1 < len(self._rows):
            self.action_move_to(self._top + offset.y - 1)
            self.action_choose()
