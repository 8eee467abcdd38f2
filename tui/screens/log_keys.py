"""The keys of the logs screen."""

from __future__ import annotations

from textual.binding import Binding

ASKING = frozenset(("include", "exclude", "search", "time"))
"""Actions that open a line to type in."""


def _key(key: str, action: str, label: str, tooltip: str, *, show: bool = False, display: str | None = None) -> Binding:
    # What is typed right after one of those that ask would otherwise go to what had the focus before.
    asks = action in ASKING
    name = action.replace("('", "-").partition("(")[0].replace("_", "-")
    name += "-back" if "(-1)" in action else ""
    return Binding(
        key, action, label, id=f"logs.{name}", show=show, key_display=display, tooltip=tooltip, priority=asks
    )


KEYS = (
    _key("space", "follow", "Follow", "Stay here while more is collected, or follow what is newest", show=True),
    _key("e", "errors", "Errors", "Errors only, or all levels again", show=True),
    _key("i", "include", "Only", "Show only entries that match a regular expression", show=True),
    _key("x", "exclude", "Not", "Leave out entries that match a regular expression", show=True),
    _key("slash", "search", "Find", "Mark what matches a regular expression and go there", show=True, display="/"),
    _key("n", "hit(1)", "Next hit", "Next hit of the search"),
    _key("N", "hit(-1)", "Previous hit", "Previous hit of the search"),
    _key("enter", "show_entry", "Entry", "The entry in full, its JSON unfolded", show=True, display="enter"),
    _key("z", "fold", "Fold", "Fold or unfold a traceback", show=True),
    _key("Z", "fold_all", "Fold all", "Fold or unfold all tracebacks"),
    _key("l", "levels", "Levels", "Choose which levels are shown", show=True),
    _key("t", "time", "Time", "Go to a time", show=True),
    _key("w", "wrap", "Wrap", "Fold long lines to the width, or scroll them with left and right", show=True),
    _key("c", "columns", "Columns", "Time, pod and level; pod; or lines as they are", show=True),
    _key("m", "mark", "Mark", "Mark the line, or take its mark away"),
    _key("apostrophe", "to_mark(1)", "Next mark", "Next marked line", display="'"),
    _key("quotation_mark", "to_mark(-1)", "Previous mark", "Previous marked line", display='"'),
    _key("v", "select", "Select", "Begin or end a selection of lines"),
    _key("y", "copy", "Copy", "Send the line, or the selection, to the terminal's clipboard", show=True),
    _key("s", "save", "Save", "Save all lines that are shown, as received, to a new file", show=True),
    _key("o", "trace", "Trace", "Open the trace that the entry names", show=True),
    _key("S", "since", "Since", "Choose how far back to read", show=True),
    _key("W", "target", "Which", "Choose which log to read", show=True),
    _key("C", "container", "Container", "Choose a container"),
    _key("P", "previous", "Previous", "The log of the container before its last restart, or the present one again"),
    _key("f5", "reread", "Reread", "Ask for the log again"),
    _key("escape", "leave", "Clear", "Take away the selection, then the search, then the filter", display="esc"),
)
