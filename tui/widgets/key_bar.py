"""The bottom line: the keys that do something here, from the active BINDINGS.

Textual's Footer mounts one widget per key; one line of text is cheaper to mount and to send, and it can leave out what
does not fit, which the help screen (`?`) always has.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget


class KeyBar(Widget):
    """One line of `key label` pairs; a click on one does what its key does."""

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
        & > .key-bar--key { color: $text-primary; text-style: bold; }
        & > .key-bar--label { color: $foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--label"}

    _spans: tuple[tuple[int, int, str], ...] = ()

    def on_mount(self) -> None:
        """Follow the focus: other bindings, other line."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        """Lay the shown bindings out, as many as fit; the app's own (help, quit) come last and are never left out."""
        key_style = self.get_visual_style("key-bar--key")
        label_style = self.get_visual_style("key-bar--label")
        here: list[tuple[str, str, str]] = []
        always: list[tuple[str, str, str]] = []
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            entry = (binding.key, self.app.get_key_display(binding), binding.description)
            (always if active.node is self.app else here).append(entry)

        def width(entry: tuple[str, str, str]) -> int:
            return len(entry[1]) + len(entry[2]) + 3

        room = self.size.width - sum(map(width, always))
        fitting = []
        for entry in here:
            room -= width(entry)
            if room < 0:
                break
            fitting.append(entry)
        parts: list[Content] = []
        spans: list[tuple[int, int, str]] = []
        x = 0
        for entry in (*fitting, *always):
            key, display, label = entry
            spans.append((x, x + width(entry), key))
            x += width(entry)
            parts += [Content(" "), Content.styled(display, key_style), Content.styled(f" {label} ", label_style)]
        self._spans = tuple(spans)
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked."""
        for start, end, key in self._spans:
            if start <= event.x < end:
                self.app.simulate_key(key)
                return
