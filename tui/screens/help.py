"""Every key of the screen it was called from, generated from its BINDINGS."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

Group = tuple[str, tuple[tuple[str, str], ...]]
"""A heading, and (keys, sentence) rows."""


def keys_of(node: DOMNode) -> tuple[tuple[str, str], ...]:
    """The keys of one node that say what they do; those that do the same share a row."""
    rows: dict[str, tuple[list[str], str]] = {}
    for bindings in node._bindings.key_to_bindings.values():  # noqa: SLF001 - Textual has no public view of them
        for binding in bindings:
            sentence = binding.tooltip or binding.description
            if not sentence:
                continue
            keys = rows[binding.action][0] if binding.action in rows else []
            shown = node.app.get_key_display(binding)
            if shown not in keys:
                keys.append(shown)
            rows[binding.action] = (keys, sentence)  # the last one is ours, where Textual has a key for it too
    return tuple((" ".join(keys), sentence) for keys, sentence in rows.values())


def groups_of(screen: Screen[object]) -> list[Group]:
    """The keys of the screen, of each kind of widget on it that takes the focus, and of the app."""
    reached = [node for widget in screen.query("*") if widget.focusable for node in widget.ancestors_with_self]
    nodes: list[DOMNode] = [screen, *(node for node in reached if node not in {screen, screen.app}), screen.app]
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    for node in nodes:
        rows = keys_of(node)
        if rows:
            groups.setdefault(node.BINDING_GROUP_TITLE or type(node).__name__, rows)
    return list(groups.items())


class HelpScreen(ModalScreen[None]):
    """Shows the groups it is given, in two columns where there is room."""

    CSS_PATH = "help.tcss"
    BINDING_GROUP_TITLE = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close", tooltip="Go back"),
    ]

    def __init__(self, groups: list[Group]) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """A heading and its rows, group by group."""
        width = max((len(keys) for _, rows in self._groups for keys, _ in rows), default=0) + 2
        with VerticalScroll(id="help") as frame:
            frame.border_title = "Keys"
            frame.border_subtitle = "up and down scroll · esc close"
            for heading, rows in self._groups:
                yield Static(Content(heading), classes="heading")
                lines = [
                    Content.assemble((f"{keys:<{width}}", "bold $text-accent"), sentence) for keys, sentence in rows
                ]
                yield Static(Content("\n").join(lines))
