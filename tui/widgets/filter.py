"""A line to type in, above a list or below a page."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class Filter(Input):
    """Up and down belong to the list beside it; its cursor does not blink, since that would repaint for ever."""

    BINDING_GROUP_TITLE = "Filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move_in_list(-1)", "Up", id="filter.up", show=False, tooltip="Previous row of the list"),
        Binding("down", "screen.move_in_list(1)", "Down", id="filter.down", show=False, tooltip="Next row of the list"),
    ]

    def __init__(self, placeholder: str, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(placeholder=placeholder, compact=True, id=id)
        self.cursor_blink = False
