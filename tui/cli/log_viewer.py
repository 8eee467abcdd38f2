"""The logs screen by itself, for a file or what is piped in: no profile, no platform."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tui.screens.logs import LogsScreen
from tui.widgets import clipboard
from tui.widgets.messages import OpenTrace, SendToClipboard
from tui.widgets.themes import DARK, LIGHT

_TEXTUALS_OWN_THEME = "textual-dark"


class LogViewer(App[None]):
    """Shows one `LogsScreen` until the operator leaves."""

    TITLE = "Logs"
    BINDING_GROUP_TITLE = "Everywhere"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help", key_display="?", tooltip="Show every key"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave"),
    ]

    def __init__(self, logs: LogsScreen) -> None:
        super().__init__()
        self._logs = logs
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        if self.theme == _TEXTUALS_OWN_THEME:  # TEXTUAL_THEME names another
            self.set_reactive(App.theme, DARK.name)  # a change would parse the stylesheet once more
            self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        """The logs."""
        return self._logs

    def action_help(self) -> None:
        """Show every key."""
        from tui.screens.help import HelpScreen, groups_of

        self.push_screen(HelpScreen(groups_of(self.screen)))

    @on(SendToClipboard)
    def _send_to_clipboard(self, event: SendToClipboard) -> None:
        clipboard.offer(self, event.text, event.what)

    @on(OpenTrace)
    def _open_trace(self, event: OpenTrace) -> None:
        clipboard.offer(self, event.trace_id, f"trace {event.trace_id}")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fails is our bug: say so and keep the app."""
        if event.state is WorkerState.ERROR:
            self.notify(
                f"{event.worker.name} stopped: {event.worker.error!r}\nhint: please report it",
                title="Internal error",
                severity="error",
                timeout=60,
                markup=False,
            )
