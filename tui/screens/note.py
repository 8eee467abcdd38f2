"""A note for the journal, written from wherever the operator is."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

_LONGEST = 2_000


class NoteScreen(ModalScreen[str]):
    """Answers the text of the note, or an empty one when there is to be none.

    Args:
        context: Where it is written, as the journal will say ("Overview").
        text: What stands there at first: a note that could not be written is not lost.
    """

    CSS_PATH = "note.tcss"
    BINDING_GROUP_TITLE = "Note"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="note.cancel", tooltip="Go back without a note"),
    ]

    def __init__(self, context: str, *, text: str = "") -> None:
        super().__init__()
        self._written_in, self._text = context, text

    def compose(self) -> ComposeResult:
        """One line to type in."""
        with Vertical(id="note") as frame:
            frame.border_title = Content("Note for the journal")
            frame.border_subtitle = Content("enter keep · esc cancel")
            field = Input(
                self._text,
                placeholder="what you saw, decided or told somebody",
                max_length=_LONGEST,
                compact=True,
                select_on_focus=False,
            )
            field.cursor_blink = False  # it would repaint for ever
            yield field
            yield Static(Content(f"Kept with the time, your name and “{self._written_in}”."), id="about")

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Answer nothing."""
        self.dismiss("")
