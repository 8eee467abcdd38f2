"""The entries of the journal, newest first, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from tui.core.timeline import MARKS
from tui.model.clock import Clock
from tui.model.journal import Entry, EntryState, utc
from tui.widgets.lines import Line, fit, spread
from tui.widgets.list_panel import ListPanel
from tui.widgets.palette import Tone
from tui.widgets.wrapping import fold

TONES: dict[EntryState, Tone] = {"ok": "ok", "failed": "crit", "unknown": "unknown", "running": "warn", "note": "key"}
_ROOMY = 70


class JournalList(ListPanel[Entry]):
    """Time, state, what, who.

    Args:
        clock: Unix seconds; tells an action that runs from one whose program ended.
    """

    BINDING_GROUP_TITLE = "Journal list"

    class Considered(Message):
        """The cursor is on another entry."""

    class Chosen(Message):
        """Read this one."""

    def __init__(self, clock: Clock, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__("Journal", id=id)
        self._clock = clock
        self._says: tuple[str, ...] = ("… reading",)

    def say(self, *lines: str) -> None:
        """What stands there when there is no entry."""
        self._says = lines
        self.update_lines()

    def choose(self, row: Entry) -> None:  # noqa: ARG002 - it is the one under the cursor
        """Go and read it."""
        self.post_message(self.Chosen())

    def moved(self, row: Entry) -> None:  # noqa: ARG002 - as above
        """Show it beside the list."""
        self.post_message(self.Considered())

    def row_key(self, row: Entry) -> object:
        """An entry is what began it."""
        return row.intent or row.note or row.outcome

    def row_line(self, row: Entry, width: int) -> Line:
        """The date is left out where there is no room for it; the entry beside the list has it."""
        state = row.state(self._clock())
        time = utc(row.at, "%m-%d %H:%M:%S" if width >= _ROOMY else "%H:%M")
        who = row.note.who if row.note is not None else row.intent.who if row.intent is not None else ""
        left: Line = (
            (f"{time}  ", "muted"),
            (f"{MARKS[state]} {state:8}", TONES[state]),
            (row.title, ""),
        )
        return spread(left, ((f"  {who}", "muted"),), width) if width >= _ROOMY else fit(left, width)

    def empty(self, width: int) -> Sequence[Line]:
        """Nothing was done yet, or nothing can be read."""
        return [((line[begin:end], "muted"),) for line in self._says for begin, end in fold(line, width)]
