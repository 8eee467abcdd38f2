"""The keys that move through a log."""

from __future__ import annotations

from textual.binding import Binding

KEYS = (
    Binding("up,k", "move(-1)", "Up", id="log.up", show=False, tooltip="Previous line"),
    Binding("down,j", "move(1)", "Down", id="log.down", show=False, tooltip="Next line"),
    Binding("pageup,ctrl+b", "page(-1)", "Page up", id="log.page-up", show=False, tooltip="One page back"),
    Binding("pagedown,ctrl+f", "page(1)", "Page down", id="log.page-down", show=False, tooltip="One page on"),
    Binding("home,g", "first", "First", id="log.first", show=False, tooltip="Oldest line held"),
    Binding("end,G", "last", "Newest", id="log.last", show=False, tooltip="Newest line, and follow"),
    Binding("left", "shift(-1)", "Left", id="log.left", show=False, tooltip="Scroll long lines back"),
    Binding("right", "shift(1)", "Right", id="log.right", show=False, tooltip="Scroll long lines to the right"),
    Binding("shift+up", "extend(-1)", "Select up", id="log.select-up", show=False, tooltip="Select lines upwards"),
    Binding(
        "shift+down", "extend(1)", "Select down", id="log.select-down", show=False, tooltip="Select lines downwards"
    ),
)
