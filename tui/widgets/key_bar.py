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

_Entry = tuple[str, str, str, bool]
"""Key, how it is shown, label, and whether it does something now."""
_ALWAYS = {"help", "quit"}
"""The app's actions that lead to all the others, and out."""


class KeyBar(Widget):
    """One line of `key label` pairs; a click on one does what its key does.

    A key whose `check_action` answers None is struck out: it belongs here and does nothing now.
    """

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
        & > .key-bar--key { color: $text-primary; text-style: bold; }
        & > .key-bar--label { color: $foreground; }
        & > .key-bar--off { color: $foreground-muted; text-style: strike; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--label", "key-bar--off"}

    _spans: tuple[tuple[int, int, str], ...] = ()

    def on_mount(self) -> None:
        """Follow the focus: other bindings, other line."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        """Lay the shown bindings out, as many as fit: this screen's, then the app's; help and quit always."""
        key_style = self.get_visual_style("key-bar--key")
        label_style = self.get_visual_style("key-bar--label")
        off_style = self.get_visual_style("key-bar--off")
        here: list[_Entry] = []
        elsewhere: list[_Entry] = []
        always: list[_Entry] = []
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or binding.action in seen:
                continue
            seen.add(binding.action)
            entry = (binding.key, self.app.get_key_display(binding), binding.description, active.enabled)
            group = here if active.node is not self.app else always if binding.action in _ALWAYS else elsewhere
            group.append(entry)

        def width(entry: _Entry) -> int:
            return len(entry[1]) + len(entry[2]) + 3

        room = self.size.width - sum(map(width, always))
        fitting = []
        for entry in (*here, *elsewhere):
            room -= width(entry)
            if room < 0:
                break
            fitting.append(entry)
        parts: list[Content] = []
        spans: list[tuple[int, int, str]] = []
        x = 0
        for entry in (*fitting, *always):
            key, display, label, enabled = entry
            spans.append((x, x + width(entry), key))
            x += width(entry)
            if enabled:
                parts += [Content(" "), Content.styled(display, key_style), Content.styled(f" {label} ", label_style)]
            else:
                parts += [Content(" "), Content.styled(f"{display} {label}", off_style), Content(" ")]
        self._spans = tuple(spans)
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked."""
        for start, end, key in self._spans:
            if start <= event.x < end:
                self.app.simulate_key(key)
                return
