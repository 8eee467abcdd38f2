"""How many replicas there are to be."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.model.workload import Workload

_LONGEST = 4


class ScaleScreen(ModalScreen[int | None]):
    """Answers a number of replicas, or None; the confirmation comes after it.

    Args:
        workload: As it is now.
    """

    CSS_PATH = "workload_dialogs.tcss"
    BINDING_GROUP_TITLE = "Scale"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "add(1)", "One more", id="scale.more", tooltip="One replica more"),
        Binding("down", "add(-1)", "One fewer", id="scale.fewer", tooltip="One replica fewer"),
        Binding("escape", "cancel", "Cancel", id="scale.cancel", tooltip="Go back; nothing is changed"),
    ]

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        self._workload = workload

    def compose(self) -> ComposeResult:
        """A number, and what it means."""
        with Vertical(id="scale", classes="dialog") as frame:
            frame.border_title = Content(f"Scale {self._workload.ref}")
            frame.border_subtitle = Content("up and down change it · enter go on · esc cancel")
            yield Static(Content(f"Replicas, now {self._workload.desired}"), classes="heading")
            field = Input(str(self._workload.desired), type="integer", max_length=_LONGEST, compact=True)
            field.cursor_blink = False  # it would repaint for ever
            yield field
            yield Static(id="said")

    def on_mount(self) -> None:
        """Say what the present number means."""
        self._explain(self.query_one(Input).value)

    @property
    def _wanted(self) -> int | None:
        text = self.query_one(Input).value
        return int(text) if text.isascii() and text.isdigit() else None

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._explain(event.value)

    def _explain(self, text: str) -> None:
        wanted, now = self._wanted, self._workload.desired
        if wanted is None:
            said = Content.styled(
                f"{text!r} is no number of replicas: 0 or more" if text else "0 or more", "$text-error"
            )
        elif wanted == 0:
            said = Content.styled(
                "■ 0 stops it: nothing serves any more. Its name will have to be typed.", "$text-error"
            )
        elif wanted == now:
            said = Content("as many as now")
        else:
            said = Content(f"{abs(wanted - now)} {'more' if wanted > now else 'fewer'} than now")
        self.query_one("#said", Static).update(said)

    @on(Input.Submitted)
    def _entered(self) -> None:
        if self._wanted is not None:
            self.dismiss(self._wanted)

    def action_add(self, by: int) -> None:
        """Change the number."""
        field = self.query_one(Input)
        now = self._workload.desired if self._wanted is None else self._wanted
        field.value = str(max(now + by, 0))
        field.cursor_position = len(field.value)

    def action_cancel(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
