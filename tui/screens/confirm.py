"""The question before every change.

Nothing that one stray key can do confirms: the dialog opens on Cancel, Enter presses the button that has the focus, and
no letter is a yes. To confirm, one moves to the other button (right or tab) and presses Enter there, or clicks it.
Where nothing would be left that serves, that button stays disabled until the target's name is typed exactly.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui.model.proposal import Proposal
from tui.widgets.messages import SendToClipboard

_RISKS = {"read": "● Changes nothing", "change": "▲ Change", "danger": "■ Danger"}
_AROUND = 6
"""Lines of the frame, its margin and the buttons."""
_TO_TYPE = 4
"""Lines of the field where the name is typed and of what stands above it."""


class ConfirmScreen(ModalScreen[bool]):
    """Asks for one proposal; answers True only when it was confirmed."""

    CSS_PATH = "confirm.tcss"
    BINDING_GROUP_TITLE = "Confirm"
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,tab", "app.focus_next", "Next", id="confirm.next", tooltip="Go to the next button or field"),
        Binding(
            "left,shift+tab",
            "app.focus_previous",
            "Previous",
            id="confirm.previous",
            tooltip="Go to the previous button or field",
        ),
        Binding("up,pageup", "scroll(-1)", "Up", id="confirm.up", show=False, tooltip="Scroll the text up"),
        Binding("down,pagedown", "scroll(1)", "Down", id="confirm.down", show=False, tooltip="Scroll the text down"),
        Binding("y", "copy", "Copy command", id="confirm.copy", tooltip="Send the command to the terminal's clipboard"),
        Binding("escape", "cancel", "Cancel", id="confirm.cancel", tooltip="Go back; nothing is changed"),
    ]

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        """What, how many, what users notice, the command; then the two buttons, and the field where one has to type."""
        proposal = self._proposal
        with Vertical(id="confirm", classes=f"-{proposal.risk}") as frame:
            frame.border_title = Content(f"{_RISKS[proposal.risk]}: {proposal.title}")
            frame.border_subtitle = Content("up and down scroll · y copy command · esc cancel")
            with VerticalScroll(id="sentences", can_focus=False):
                for heading, text in (
                    ("What happens", proposal.what),
                    ("Replicas", proposal.present),
                    ("What users notice", proposal.notices),
                    ("The same by hand", proposal.command),
                ):
                    yield Static(Content(heading), classes="heading")
                    yield Static(Content(text))
            if proposal.type_to_confirm:
                yield Static(Content(f"To confirm, type {proposal.type_to_confirm}"), id="wanted")
                yield _Name()
            with Horizontal(id="buttons"):
                yield Button(Content("Cancel"), id="cancel", compact=True)
                yield Button(Content(proposal.label), id="yes", compact=True, disabled=bool(proposal.type_to_confirm))

    def on_resize(self) -> None:
        """The text gives way to what has to be seen always, and scrolls."""
        taken = _AROUND + (_TO_TYPE if self._proposal.type_to_confirm else 0)
        for sentences in self.query("#sentences"):  # none yet, where it is closed as soon as it opens
            sentences.styles.max_height = max(self.size.height - taken, 3)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Copying needs a command."""
        return bool(self._proposal.command) if action == "copy" else True

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = event.value != self._proposal.type_to_confirm

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter in the field leads to the button, once the name is right; it does not press it."""
        if event.value == self._proposal.type_to_confirm:
            self.query_one("#yes", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_cancel(self) -> None:
        """Answer no."""
        self.dismiss(result=False)

    def action_scroll(self, direction: int) -> None:
        """Scroll what does not fit."""
        self.query_one("#sentences").scroll_relative(y=direction * 3, animate=False)

    def action_copy(self) -> None:
        """Offer the command to the clipboard."""
        self.post_message(SendToClipboard(self._proposal.command, f"command of “{self._proposal.title}”"))


class _Name(Input):
    """Where the target's name is typed; its cursor does not blink, since that would repaint for ever."""

    def __init__(self) -> None:
        super().__init__(compact=True, id="name")
        self.cursor_blink = False
