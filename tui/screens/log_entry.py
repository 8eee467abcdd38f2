"""One entry of a log in full: its facts, its JSON unfolded, its traceback."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.log_store import LogStore
from tui.model.log_levels import GLYPHS, WORDS
from tui.model.log_line import pretty, trace_of
from tui.model.sgr import plain
from tui.model.text import sanitise, sanitise_line
from tui.widgets.log_draw import clock_time
from tui.widgets.messages import OpenTrace, SendToClipboard

_LINE_BYTES = 200_000
_MOST_LINES = 1_000
_MOST_CHARACTERS = 300_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the screen shows. `text` is as received, `pretty` unfolded; both are safe to draw."""

    title: str
    facts: str
    text: str
    pretty: str
    trace: str


def entry_of(store: LogStore, number: int) -> Entry:
    """The entry that line `number` belongs to; a long one is cut, which it says."""
    head = store.head(number)
    numbers = store.entry(head)
    lines = [plain(store.line(one), _LINE_BYTES) for one in numbers[:_MOST_LINES]]
    if len(numbers) > _MOST_LINES:
        lines.append(f"… {len(numbers) - _MOST_LINES:,} more lines")
    text = "\n".join(lines)
    block, index = store.place(head)
    level, at = store.level(head), store.time(head)
    facts = [sanitise_line(store.names[block.sources[index]], 200), f"{GLYPHS[level]} {WORDS[level]}".strip()]
    facts += [f"{clock_time(at, millis=True)} UTC"] if at is not None else []
    trace = next((found for line in lines if (found := trace_of(line))), "")
    facts += [f"line {head + 1:,}", f"trace {trace}" if trace else ""]
    unfolded = pretty(lines[0])
    gap = [""] if unfolded != lines[0] and len(lines) > 1 else []
    shown = "\n".join([unfolded, *gap, *lines[1:]])
    return Entry(
        title="Log entry" if len(numbers) == 1 else f"Log entry of {len(numbers):,} lines",
        facts=" · ".join(fact for fact in facts if fact),
        text=sanitise(text, _MOST_CHARACTERS),
        pretty=sanitise(shown, _MOST_CHARACTERS),
        trace=trace,
    )


class LogEntryScreen(ModalScreen[None]):
    """Shows one entry."""

    CSS_PATH = "log_entry.tcss"
    BINDING_GROUP_TITLE = "Log entry"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="log-entry.copy", tooltip="Send the entry to the terminal's clipboard"),
        Binding("o", "trace", "Trace", id="log-entry.trace", tooltip="Open the trace that the entry names"),
        Binding("escape,q,enter", "dismiss", "Close", id="log-entry.close", tooltip="Go back"),
    ]

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry

    def compose(self) -> ComposeResult:
        """Facts, then the text."""
        keys = "y copy" + (" · o open trace" if self._entry.trace else "") + " · esc close"
        with VerticalScroll(id="entry") as frame:
            frame.border_title = Content(self._entry.title)
            frame.border_subtitle = Content(keys)
            yield Static(Content(self._entry.facts), classes="heading")
            yield Static(Content(self._entry.pretty), classes="text")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """A trace has to be named."""
        return bool(self._entry.trace) if action == "trace" else True

    def action_copy(self) -> None:
        """Offer the entry, as received, to the clipboard."""
        self.post_message(SendToClipboard(self._entry.text, self._entry.title))

    def action_trace(self) -> None:
        """Open its trace."""
        self.post_message(OpenTrace(self._entry.trace))
