"""A few things to choose from: one of them, or any number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.message import Message

from tui.widgets.lines import Line, fit
from tui.widgets.list_panel import ListPanel


class Choice(NamedTuple):
    """`id` is what the caller knows it by."""

    id: str
    title: str
    chosen: bool = False


class ChoiceList(ListPanel[Choice]):
    """Choices, those that are chosen with a dot."""

    class Chosen(Message):
        """Enter or a click."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def row_line(self, row: Choice, width: int) -> Line:
        """A dot and the title."""
        return fit((("● " if row.chosen else "○ ", "ok" if row.chosen else "muted"), (row.title, "")), width)

    def row_key(self, row: Choice) -> object:
        """A choice is its id."""
        return row.id

    def empty(self, width: int) -> Sequence[Line]:
        """Nothing to choose from."""
        return (fit((("there is nothing to choose from", "muted"),), width),)

    def choose(self, row: Choice) -> None:
        """Say so."""
        self.post_message(self.Chosen(row))
