"""One workload, pod, event or change in full, kept current while it is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.widgets.workload_words import Block, document

_EVERY_S = 1.0


class WorkloadDetailScreen(ModalScreen[None]):
    """Shows what `describe` says, again every second; nothing is sent while it says the same.

    Args:
        title: Of the frame.
        describe: The paragraphs as they are now.
    """

    CSS_PATH = "workload_dialogs.tcss"
    BINDING_GROUP_TITLE = "Detail"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", id="workload_detail.close", tooltip="Go back"),
    ]

    def __init__(self, title: str, describe: Callable[[], Sequence[Block]]) -> None:
        super().__init__()
        self._title, self._describe = title, describe
        self._shown = Content("")

    def compose(self) -> ComposeResult:
        """One text in a frame that scrolls."""
        self._shown = document(self._describe())
        with VerticalScroll(id="detail", classes="dialog") as frame:
            frame.border_title = Content(self._title)
            frame.border_subtitle = Content("up and down scroll · esc close")
            yield Static(self._shown, id="text")

    def on_mount(self) -> None:
        """Keep it current."""
        self.set_interval(_EVERY_S, self.show)

    def show(self) -> None:
        """Draw anew what has changed."""
        text = document(self._describe())
        if text != self._shown:
            self._shown = text
            self.query_one("#text", Static).update(text)
