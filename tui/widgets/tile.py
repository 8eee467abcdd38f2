"""A stat tile: state, value, last hour, age, and the runbook Enter opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message

from tui.model.catalog import Tile
from tui.model.clock import Clock, age
from tui.model.spark import sparkline
from tui.model.thresholds import State
from tui.model.tile import TileState
from tui.widgets.lines import Line, Lines, spread
from tui.widgets.messages import OpenRunbook
from tui.widgets.palette import Tone

STATE_TONES: Mapping[State, Tone] = {
    State.OK: "ok",
    State.WARN: "warn",
    State.CRIT: "crit",
    State.NO_DATA: "unknown",
    State.NAN: "unknown",
    State.ERROR: "unknown",
}

_AGE_GRAIN_S = 5
"""Below a minute an age is told in steps of this: a digit a second on each tile is most of an idle screen's traffic."""


_FRESH_AGE, _STALE_AGE = 4, 13
"""Cells for the age: `59m` and `last 59m ago`, and one between it and the sparkline."""


class Age(Lines):
    """How old the value is; a widget of its own, because Textual repaints a line of a widget whole."""

    DEFAULT_CSS = f"""
    Age {{ width: {_FRESH_AGE}; height: 1; }}
    Age.-stale {{ width: {_STALE_AGE}; }}
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._state = TileState()

    def show(self, state: TileState) -> None:
        """Tell the age of this state's value."""
        self._state = state
        self.set_class(not state.current, "-stale")
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        """At the right."""
        if self._state.good is None:
            return ()
        seconds = self._clock() - self._state.good.at
        told = age(seconds // _AGE_GRAIN_S * _AGE_GRAIN_S if seconds < 60 else seconds)  # noqa: PLR2004 - a minute
        return (spread((), ((told if self._state.current else f"last {told} ago", "muted"),), width),)


class TileView(Lines, can_focus=True):
    """Draws one TileState.

    Args:
        tile: What the catalog says.
        display: Formats a value in the tile's unit.
        clock: For the age.
    """

    DEFAULT_CSS = """
    TileView {
        height: 5; padding: 0 1; align: right middle; border: round $foreground 25%; border-title-color: $foreground;
        &:focus { border: heavy $foreground 50%; border-title-style: bold; }
        &.-ok { border: round $success; &:focus { border: heavy $success; } }
        &.-warn { border: round $warning; &:focus { border: heavy $warning; } }
        &.-crit { border: round $error; border-title-style: bold; &:focus { border: heavy $error; } }
        &.-unknown { border: dashed $accent; &:focus { border: heavy $accent; } }
    }
    """
    BINDING_GROUP_TITLE = "Tiles"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "Runbook", id="tile.open", key_display="enter", tooltip="Open the runbook of this tile"
        ),
        Binding(
            "i", "detail", "Detail", id="tile.detail", tooltip="Show what the tile means, its query and its last error"
        ),
    ]

    class DetailWanted(Message):
        """The operator asks what this tile means."""

        def __init__(self, tile: Tile) -> None:
            super().__init__()
            self.tile = tile

    def __init__(self, tile: Tile, *, display: Callable[[float, Tile], str], clock: Clock) -> None:
        super().__init__(id=f"tile-{tile.id}")
        self.tile = tile
        self.border_title = Content(tile.title)
        self.state = TileState()
        self._display, self._clock = display, clock
        self._runbook = tile.runbook.rpartition("/")[2]

    def compose(self) -> ComposeResult:
        """The age lies over the end of the middle line."""
        yield Age(self._clock)

    def tick(self) -> None:
        """Time has passed."""
        self.query_one(Age).update_lines()

    def show(self, state: TileState) -> None:
        """Draw `state`."""
        self.state = state
        self.query_one(Age).show(state)
        shown = state.state
        for name, on in (
            ("-ok", shown is State.OK),
            ("-warn", shown is State.WARN),
            ("-crit", shown is State.CRIT),
            ("-unknown", shown is not None and not shown.known),
        ):
            self.set_class(on, name)
        self.update_lines()

    def name_runbook(self, title: str) -> None:
        """Call the runbook by its title."""
        self._runbook = title
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - drawn from the top, cut below
        """State and value; last hour and age; what to do."""
        state = self.state
        value = self._display(state.good.value, self.tile) if state.good else ""
        if state.state is None:
            return (spread((("… asking", "muted"),), (), width), (), self._advice(width))
        name = STATE_TONES[state.state]
        grade = ((f"{state.state.glyph} {state.state.word}", name),)
        shown = ((value, name if state.current else "muted"),)
        return (spread(grade, shown, width), self._history(width), self._advice(width))

    def _history(self, width: int) -> Line:
        state = self.state
        tone = STATE_TONES[state.state] if state.current and state.state else "muted"
        room = max(width - (_FRESH_AGE if state.current else _STALE_AGE) - 1, 0)
        return ((sparkline(state.history.values, room) if state.history else "", tone),)

    def _advice(self, width: int) -> Line:
        if self.state.error is not None:
            return spread(((self.state.error.why, "unknown"),), (), width)
        mark = (("! ", "warn"),) if self.state.warnings else ()
        return spread((*mark, (f"→ {self._runbook}", "muted")), (), width)

    def action_open(self) -> None:
        """Open the tile's runbook."""
        self.post_message(OpenRunbook(self.tile.runbook))

    def action_detail(self) -> None:
        """Explain the tile."""
        self.post_message(self.DetailWanted(self.tile))

    def on_click(self, event: Click) -> None:
        """A click is Enter."""
        event.stop()
        self.action_open()
