"""The panels of the overview: alerts, the graph of a trend, quick actions, runbooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from tui.model.alert import Alert, Phase
from tui.model.catalog import Action, RunbookEntry, Trend
from tui.model.clock import Clock, age
from tui.model.spark import graph, nice_ceiling
from tui.model.text import clip
from tui.model.thresholds import State
from tui.model.tile import AlertsState, TrendState
from tui.widgets.lines import Line, Lines, Span, fit, spread
from tui.widgets.list_panel import ListPanel
from tui.widgets.messages import OpenRunbook
from tui.widgets.palette import Tone

_GRAVE = {"critical", "page"}
_SEVERITY = 12
"""Characters of a severity that are shown: anybody may have written it, and the alert's name stands beside it."""


class AlertList(ListPanel[Alert]):
    """Firing and pending alerts, the gravest first. Enter opens the runbook section of the one under the cursor."""

    def __init__(self, clock: Clock, *, note: str = "") -> None:
        self._title = f"Alerts ({note})" if note else "Alerts"
        super().__init__(self._title, id="alerts")
        self._clock = clock
        self._state = AlertsState()

    def show(self, state: AlertsState) -> None:
        """Draw `state`; while the backend is silent the last alerts stay, and the frame says how old they are."""
        self._state = state
        stale = ""
        if state.error is not None and state.at is not None:
            stale = f" {State.ERROR.glyph} as of {age(self._clock() - state.at)} ago"
        self.retitle(self._title + stale)
        self.set_rows(state.alerts)

    def choose(self, row: Alert) -> None:
        """Open its runbook section."""
        self.post_message(OpenRunbook(row.runbook_url, alert=row.name))

    def row_key(self, row: Alert) -> object:
        """An alert is its labels."""
        return row.name, tuple(sorted(row.labels.items()))

    def row_line(self, row: Alert, width: int) -> Line:
        """Glyph, name, what else tells it apart; phase, age and severity at the right."""
        firing = row.phase is Phase.FIRING
        name: Tone = "crit" if firing and row.severity.lower() in _GRAVE else "warn"
        glyph = State.CRIT.glyph if firing else State.WARN.glyph
        since = age(self._clock() - row.active_at)
        right = ((f"{row.phase.value} {since:>3}  {clip(row.severity, _SEVERITY):8}", name if firing else "muted"),)
        return spread(((f"{glyph} {row.name}", name), (f"  {row.summary}", "muted")), right, width)

    def empty(self, width: int) -> Sequence[Line]:
        """No alert, not yet asked, or no answer: three different things."""
        state = self._state
        if state.error is not None:
            return (fit(((f"{State.ERROR.glyph} not known: {state.error.why}", "unknown"),), width),)
        if state.at is None:
            return ((("… asking", "muted"),),)
        return (((f"{State.OK.glyph} none pending, none firing", "ok"),),)


class TrendGraph(Lines):
    """A filled graph of one trend over its time, with its scale."""

    DEFAULT_CSS = """
    TrendGraph { border: round $foreground 25%; border-title-color: $foreground; padding: 0 1; }
    """

    def __init__(self, trend: Trend, display: Callable[[float, str], str]) -> None:
        super().__init__(id=f"trend-{trend.id}")
        self.border_title = Content(trend.title)
        self._trend, self._display = trend, display
        self._state = TrendState()

    def show(self, state: TrendState) -> None:
        """Draw `state`."""
        self._state = state
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """The scale at the left, the graph, the time below."""
        series, error = self._state.series, self._state.error
        if series is None:
            if error is not None:
                return (fit(((f"{State.ERROR.glyph} {error.why}", "unknown"),), width),)
            return ((("… asking", "muted"),),)
        numbers = [value for value in series.values if value is not None and value == value]  # noqa: PLR0124 - not NaN
        if not numbers:
            return (((f"{State.NO_DATA.glyph} {State.NO_DATA.word} in this time", "unknown"),),)
        top = nice_ceiling(max(numbers))
        scale = [self._display(top, self._trend.unit), self._display(0, self._trend.unit)]
        margin = max(map(len, scale))
        rows = graph(series.values, width - margin - 1, max(height - 1, 1), top)
        labels = [scale[0], *[""] * (len(rows) - 2), scale[1]] if len(rows) > 1 else [scale[0]]
        drawn: list[Line] = [
            ((f"{label:>{margin}} ", "muted"), (row, "accent")) for label, row in zip(labels, rows, strict=True)
        ]
        stale: Span = (f"{State.ERROR.glyph} {error.why}  ", "unknown") if error else ("", "")
        peak = f"peak {self._display(max(numbers), self._trend.unit)}"
        left: Line = ((" " * (margin + 1), ""), (f"−{age(self._trend.lookback_s)}  ", "muted"), stale)
        return (*drawn, spread(left, ((f"{peak}  now", "muted"),), width))


class ActionList(ListPanel[Action]):
    """Quick actions, each with the key that opens it from anywhere on the overview."""

    class Wanted(Message):
        """The operator reaches for an action, or wants to know what it does."""

        def __init__(self, action: Action, *, explained: bool = False) -> None:
            super().__init__()
            self.action, self.explained = action, explained

    BINDING_GROUP_TITLE = "Quick actions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "explain", "Detail", id="actions.detail", tooltip="Show what the action does, and its command"),
    ]

    def choose(self, row: Action) -> None:
        """Ask for it."""
        self.post_message(self.Wanted(row))

    def action_explain(self) -> None:
        """Ask what it does."""
        row = self.cursor_row
        if row is not None:
            self.post_message(self.Wanted(row, explained=True))

    def row_key(self, row: Action) -> object:
        """An action is its id."""
        return row.id

    def row_line(self, row: Action, width: int) -> Line:
        """Key, title, what it is for."""
        return fit(((f"{row.key}  ", "key"), (f"{row.title:17}", ""), (row.description, "muted")), width)

    def empty(self, width: int) -> Sequence[Line]:
        """A catalog need not have actions."""
        return (fit((("the catalog names none", "muted"),), width),)


class RunbookList(ListPanel[RunbookEntry]):
    """The catalog's runbooks and when to use them."""

    def choose(self, row: RunbookEntry) -> None:
        """Open it."""
        self.post_message(OpenRunbook(row.runbook))

    def row_key(self, row: RunbookEntry) -> object:
        """A runbook is its path."""
        return row.runbook

    def row_line(self, row: RunbookEntry, width: int) -> Line:
        """Title, when to use it."""
        return fit(((f"{row.title:20} ", ""), (row.when, "muted")), width)

    def empty(self, width: int) -> Sequence[Line]:
        """A catalog need not name runbooks; the browser has all of them."""
        return (fit((("the catalog names none; 2 has all of them", "muted"),), width),)
