"""One line to type in, with what it is for in front of it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static


class Ask(Horizontal):
    """Hidden until it asks. While it is typed in it says what it holds; Enter takes it, Escape takes it back."""

    DEFAULT_CSS = """
    Ask { height: 1; display: none; background: $panel; }
    Ask.-shown { display: block; }
    Ask > Static { width: auto; padding: 0 1; color: $text-primary; text-style: bold; }
    Ask > Input { width: 1fr; background: $panel; }
    """
    BINDING_GROUP_TITLE = "Typing"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="ask.cancel", key_display="esc", tooltip="Take back what is typed"),
    ]

    class Typed(Message):
        """What it holds now; `done` once, at Enter or Escape, `taken` at Enter."""

        def __init__(self, purpose: str, text: str, *, done: bool = False, taken: bool = False) -> None:
            super().__init__()
            self.purpose, self.text, self.done, self.taken = purpose, text, done, taken

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._purpose, self._before = "", ""

    def compose(self) -> ComposeResult:
        """A label and an input."""
        yield Static()
        field = Input(compact=True)
        field.cursor_blink = False  # which would repaint for ever
        yield field

    def ask(self, purpose: str, label: str, text: str, hint: str) -> None:
        """Ask for something that is `text` at present."""
        self._purpose, self._before = purpose, text
        self.query_one(Static).update(Content(label))
        field = self.query_one(Input)
        field.placeholder = hint
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        self.add_class("-shown")
        self.screen.set_focus(field)  # now: the next key may be there already

    @property
    def asking(self) -> bool:
        """Whether it is in front."""
        return self.has_class("-shown")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.asking:
            self.post_message(self.Typed(self._purpose, event.value))

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        self._close(event.value, taken=True)

    def action_cancel(self) -> None:
        """Go back to what it was."""
        self._close(self._before, taken=False)

    def _close(self, text: str, *, taken: bool) -> None:
        self.remove_class("-shown")
        self.post_message(self.Typed(self._purpose, text, done=True, taken=taken))
