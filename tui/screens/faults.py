"""Disturb the simulated platform of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen

from tui.model.thresholds import State
from tui.sources.protocols import Disturbable, Fault
from tui.widgets.lines import Line, Lines, Span, fit
from tui.widgets.list_panel import ListPanel


class FaultList(ListPanel[Fault]):
    """The faults, on or off."""

    def __init__(self, platform: Disturbable) -> None:
        super().__init__("Disturb the simulated platform", id="faults")
        self._platform = platform

    def on_mount(self) -> None:
        """Show them."""
        self.set_rows(self._platform.faults)

    class Wanted(Message):
        """The operator switches a fault."""

        def __init__(self, fault: Fault) -> None:
            super().__init__()
            self.fault = fault

    class Considered(Message):
        """The cursor is on a fault."""

        def __init__(self, fault: Fault) -> None:
            super().__init__()
            self.fault = fault

    def choose(self, row: Fault) -> None:
        """Switch it."""
        self.post_message(self.Wanted(row))

    def moved(self, row: Fault) -> None:
        """Explain it."""
        self.post_message(self.Considered(row))

    def row_key(self, row: Fault) -> object:
        """A fault is its id."""
        return row.id

    def row_line(self, row: Fault, width: int) -> Line:
        """Key, whether it is on, title."""
        on_now = row.id in self._platform.active
        mark: Span = (f"{State.CRIT.glyph} on   ", "crit") if on_now else ("○ off  ", "muted")
        return fit(((f"{row.key}  ", "key"), mark, (row.title, "")), width)

    def empty(self, width: int) -> Sequence[Line]:
        """A platform without faults."""
        return (fit((("nothing can be switched", "muted"),), width),)


class Effect(Lines):
    """What the fault under the cursor does."""

    DEFAULT_CSS = "Effect { height: 4; padding: 0 2; }"

    _text = ""

    def say(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """Wrapped at words."""
        lines, line = [], ""
        for word in self._text.split():
            if line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        return [((text, "muted"),) for text in [*lines, line]][:height]


class FaultsScreen(ModalScreen[None]):
    """Switches faults on and off; the overview behind it shows what comes of it."""

    CSS_PATH = "faults.tcss"
    BINDING_GROUP_TITLE = "Faults"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f", "dismiss", "Close", id="faults.close", tooltip="Go back"),
    ]

    def __init__(self, platform: Disturbable) -> None:
        super().__init__()
        self._platform = platform
        for fault in platform.faults:
            self._bindings.bind(fault.key, f"switch('{fault.id}')", fault.title, show=False)

    def compose(self) -> ComposeResult:
        """The list; below it what the chosen one does."""
        faults = FaultList(self._platform)
        faults.border_subtitle = "enter on or off · esc close"
        yield faults
        yield Effect()

    def on_mount(self) -> None:
        """Explain the first."""
        self.query_one(FaultList).focus()
        if self._platform.faults:
            self.query_one(Effect).say(self._platform.faults[0].effect)

    @on(FaultList.Considered)
    def _explain(self, event: FaultList.Considered) -> None:
        self.query_one(Effect).say(event.fault.effect)

    @on(FaultList.Wanted)
    def _switch(self, event: FaultList.Wanted) -> None:
        self.action_switch(event.fault.id)

    def action_switch(self, fault_id: str) -> None:
        """Switch one fault."""
        self._platform.disturb(fault_id, on=fault_id not in self._platform.active)
        self.query_one(FaultList).update_lines()
