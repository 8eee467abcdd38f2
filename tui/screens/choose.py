"""Choose one of a few, or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tui.widgets.choice_list import Choice, ChoiceList


class ChooseScreen(ModalScreen[frozenset[str] | None]):
    """Answers the ids that were chosen, or None when nothing was changed.

    Args:
        title: Above the choices.
        choices: What there is.
        several: Whether Enter switches one and Escape ends, or Enter chooses and ends.
    """

    CSS_PATH = "choose.tcss"
    BINDING_GROUP_TITLE = "Choose"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", id="choose.close", tooltip="Close, with what is chosen"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], *, several: bool = False) -> None:
        super().__init__()
        self._title, self._choices, self._several = title, list(choices), several
        self._changed = False

    def compose(self) -> ComposeResult:
        """A list."""
        choices = ChoiceList(self._title, id="choices")
        choices.border_subtitle = "enter on or off · esc close" if self._several else "enter choose · esc close"
        choices.styles.height = len(self._choices) + 2
        yield choices

    def on_mount(self) -> None:
        """The cursor begins on what is chosen."""
        choices = self.query_one(ChoiceList)
        choices.set_rows(self._choices)
        choices.focus()
        if not self._several:
            choices.action_move_to(next((row for row, choice in enumerate(self._choices) if choice.chosen), 0))

    @on(ChoiceList.Chosen)
    def _chosen(self, event: ChoiceList.Chosen) -> None:
        if not self._several:
            self.dismiss(frozenset({event.choice.id}))
            return
        self._changed = True
        self._choices = [
            choice._replace(chosen=not choice.chosen) if choice.id == event.choice.id else choice
            for choice in self._choices
        ]
        self.query_one(ChoiceList).set_rows(self._choices)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(frozenset(choice.id for choice in self._choices if choice.chosen) if self._changed else None)
