"""What was changed from here: a bar, how far it is in words, and the newest event that matters."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from tui.core.rollouts import Following, FollowState
from tui.model.clock import Clock, age
from tui.model.thresholds import State
from tui.widgets.lines import Line, Span, fit, spread
from tui.widgets.list_panel import ListPanel
from tui.widgets.palette import Tone

_ROW = 2
_BAR = 20
MARKS: dict[FollowState, tuple[str, Tone]] = {
    "asked": ("…", "warn"),
    "waiting": ("↻", "warn"),
    "done": (State.OK.glyph, "ok"),
    "failed": (State.CRIT.glyph, "crit"),
    "unknown": (State.NAN.glyph, "unknown"),
    "let go": ("–", "muted"),
}


def bar(fraction: float, width: int, tone: Tone) -> Line:
    """`██████░░░░`."""
    full = int(fraction * width)
    return (("█" * full, tone), ("░" * (width - full), "muted"))


class RolloutList(ListPanel[Following]):
    """Two lines each; not there while nothing was changed."""

    DEFAULT_CSS = """
    RolloutList { display: none; height: auto; max-height: 8; }
    RolloutList.-shown { display: block; }
    """
    BINDING_GROUP_TITLE = "Lists"

    class Chosen(Message):
        """Show all of the one under the cursor."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("Changes from here", id="rollouts")
        self._clock = clock

    def show(self, followings: Sequence[Following]) -> None:
        """Draw these."""
        self.set_class(bool(followings), "-shown")
        self.set_rows(followings)
        running = sum(one.running for one in followings)
        self.retitle(title=f"Changes from here · {running} running" if running else "Changes from here")

    def choose(self, row: Following) -> None:  # noqa: ARG002 - it is the one under the cursor
        """Open the detail."""
        self.post_message(self.Chosen())

    def row_key(self, row: Following) -> object:
        """Its number."""
        return row.number

    def empty(self, width: int) -> Sequence[Line]:  # noqa: ARG002 - it is not shown then
        """Nothing."""
        return ()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Two lines each."""
        return _ROW * super().get_content_height(container, viewport, width)

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """The rows around the cursor."""
        shown = max(height // _ROW, 1)
        self._top = min(self._top, self._cursor, max(len(self._rows) - shown, 0))
        self._top = max(self._top, self._cursor - shown + 1)
        lines: list[Line] = []
        for index in range(self._top, min(self._top + shown, len(self._rows))):
            first, second = self._pair(self._rows[index], width - 2)
            here = index == self._cursor
            mark: Span = ("› ", "cursor" if self.has_focus else "key") if here else ("  ", "")
            if here and self.has_focus:
                first = (("".join(text for text, _ in first).ljust(width - 2), "cursor"),)
            lines += [(mark, *first), (("  ", ""), *second)]
        hidden = len(self._rows) > shown
        self.retitle(subtitle=f"{self._cursor + 1} of {len(self._rows)}" if hidden else "")
        return lines[:height]

    def _pair(self, row: Following, width: int) -> tuple[Line, Line]:
        now = self._clock()
        glyph, tone = MARKS[row.state]
        took = age((now if row.ended is None else row.ended) - row.began)
        right: Line = (*bar(row.fraction, _BAR, tone), (f" {int(row.fraction * 100):3}%  {took:>3}", "muted"))
        word = row.state.upper() if row.state in {"done", "failed", "unknown"} else row.state
        first = spread(((f"{glyph} {word:8}", tone), (row.title, "")), right, width)
        said: tuple[Span, ...] = ((row.said(now), tone if not row.running else ""),)
        if row.ended is None and row.events:
            newest = row.events[0]
            said += ((f"  ·  {newest.reason}: {newest.message}", "muted"),)
        elif row.hint:
            said += ((f"  hint: {row.hint}", "muted"),)
        return first, fit(said, width)

    def row_line(self, row: Following, width: int) -> Line:
        """The first of its lines."""
        return self._pair(row, width)[0]

    def on_click(self, event: Click) -> None:
        """Choose the one that was clicked."""
        event.prevent_default()  # the list's own handler counts one line a row
        offset = event.get_content_offset(self)
        if offset is not None and (row := self._top + offset.y // _ROW) < len(self._rows):
            self.action_move_to(row)
            self.action_choose()
