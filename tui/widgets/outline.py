"""The table of contents of a page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.model.runbook import Section


class Outline(OptionList):
    """Headings, indented by level; Enter goes to one."""

    DEFAULT_CSS = """
    Outline {
        border: round $foreground 25%; padding: 0 1; background: $background; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Outline:focus { border: round $accent; }
    """
    BINDING_GROUP_TITLE = "Contents"

    class Chosen(Message):
        """Go to this section."""

        def __init__(self, section: Section) -> None:
            super().__init__()
            self.section = section

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(markup=False, id=id)
        self.border_title = "Contents"
        self._sections: Sequence[Section] = ()

    def fill(self, sections: Sequence[Section]) -> None:
        """List the sections of another page."""
        self._sections = sections
        self.clear_options()
        self.add_options(Option(Content("  " * (section.level - 1) + section.title)) for section in sections)

    def point_at(self, section: Section | None) -> None:
        """Put the cursor on a section."""
        if section in self._sections:
            self.highlighted = self._sections.index(section)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which section, not which row."""
        event.stop()
        self.post_message(self.Chosen(self._sections[event.option_index]))
