"""Which revision to go back to, with what would change."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.workload import Ref, Revision
from tui.model.workload_state import short_image
from tui.widgets.lines import Line, fit
from tui.widgets.workload_lists import ago
from tui.widgets.workload_table import Table, cell

_WIDE = 120
_COLOURS = {"+": "$text-success", "-": "$text-error", "@": "$foreground-muted"}


class RevisionList(Table[Revision]):
    """One line a revision, the newest first."""

    BINDING_GROUP_TITLE = "Lists"

    class Considered(Message):
        """The cursor is on another one."""

    class Chosen(Message):
        """Go back to this one."""

        def __init__(self, revision: Revision) -> None:
            super().__init__()
            self.revision = revision

    def __init__(self, clock: Clock) -> None:
        super().__init__("Revisions", id="revisions")
        self._clock = clock

    def choose(self, row: Revision) -> None:
        """Go back to it."""
        self.post_message(self.Chosen(row))

    def moved(self, row: Revision) -> None:  # noqa: ARG002 - it is the one under the cursor
        """Show what would change."""
        self.post_message(self.Considered())

    def row_key(self, row: Revision) -> object:
        """Its number."""
        return row.number

    def heads(self, width: int) -> Line:
        """See `row_line`."""
        return fit((cell("REV", 6, right=True), cell("AGE", 5, right=True), cell("IMAGE", 20)), width)

    def row_line(self, row: Revision, width: int) -> Line:
        """Number, age, images, and why it was rolled out."""
        images = ", ".join(short_image(image) for image in row.images)
        now: Line = (("now  ", "ok"),) if row.current else ()
        line: Line = (
            cell(str(row.number), 6, right=True),
            cell(ago(row.created_at, self._clock()), 5, right=True),
            *now,
            (images, ""),
            (f"  {row.cause}" if row.cause else "", "muted"),
        )
        return fit(line, width)


def difference(present: Revision, wanted: Revision) -> Content:
    """The template as it is against the one it would become: `-` goes, `+` comes; equal ones are said to be."""
    lines = list(difflib.unified_diff(present.template.splitlines(), wanted.template.splitlines(), lineterm="", n=3))[
        2:
    ]  # without the names of two files that are none
    if not lines:
        return Content("The same template as now: going back to it would change nothing.")
    return Content("\n").join([Content.styled(line, _COLOURS.get(line[:1], "")) for line in lines])


class UndoScreen(ModalScreen[Revision | None]):
    """Answers a revision, or None; the confirmation comes after it.

    Args:
        ref: What is put back.
        load: Its revisions, the newest first; raises SourceError.
        clock: Unix seconds.
    """

    CSS_PATH = "workload_dialogs.tcss"
    BINDING_GROUP_TITLE = "Undo"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (_WIDE, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next", id="undo.next", tooltip="Go to the difference, or back"),
        Binding("escape", "cancel", "Cancel", id="undo.cancel", tooltip="Go back; nothing is changed"),
    ]

    def __init__(self, ref: Ref, load: Callable[[], Awaitable[Sequence[Revision]]], clock: Clock) -> None:
        super().__init__()
        self._ref, self._load, self._clock = ref, load, clock
        self._present: Revision | None = None

    def compose(self) -> ComposeResult:
        """The revisions at the left, the difference at the right; where it is narrow, one above the other."""
        self.set_class(self.app.size.width < _WIDE, "-narrow")
        with Horizontal(id="undo", classes="dialog") as frame:
            frame.border_title = Content(f"Undo {self._ref}: which revision?")
            frame.border_subtitle = Content("enter choose · tab difference · esc cancel")
            yield RevisionList(self._clock)
            with VerticalScroll(id="difference") as right:
                right.border_title = Content("What would change")
                yield Static(id="lines")

    @property
    def _list(self) -> RevisionList:
        return self.query_one(RevisionList)

    def on_mount(self) -> None:
        """Ask for them."""
        self._list.focus()
        self._list.say(("… asking", "muted"))
        self._ask()

    @work(exit_on_error=False)
    async def _ask(self) -> None:
        try:
            revisions = await self._load()
        except SourceError as error:
            self._list.say((f"✕ {error.what}: {error.why}", "crit"), (f"hint: {error.hint}", "muted"))
            return
        self._present = next((one for one in revisions if one.current), None)
        others = [one for one in revisions if not one.current]
        if not others:
            self._list.say(
                ("There is no other revision to go back to.", ""),
                ("hint: the server keeps as many as revisionHistoryLimit says", "muted"),
            )
            return
        self._list.set_rows(tuple(revisions))
        self._list.action_move_to(revisions.index(others[0]))
        self._compare()

    @on(RevisionList.Considered)
    def _compare(self) -> None:
        row, text = self._list.cursor_row, Content("")
        if row is not None and row.current:
            text = Content("This is what runs now.")
        elif row is not None and self._present is None:
            text = Content(row.template)
        elif row is not None and self._present is not None:
            text = difference(self._present, row)
        self.query_one("#lines", Static).update(text)
        self.query_one("#difference").scroll_home(animate=False)

    @on(RevisionList.Chosen)
    def _choose(self, event: RevisionList.Chosen) -> None:
        if event.revision.current:
            self.notify(f"revision {event.revision.number} is what runs now\nhint: choose another", markup=False)
        else:
            self.dismiss(event.revision)

    def action_cancel(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
