"""The app: modes, global keys, palette, clipboard; nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tui.core.board import Board
from tui.core.center import Center
from tui.core.deeplinks import action_links
from tui.model.catalog import Action
from tui.screens.faults import FaultsScreen
from tui.screens.help import HelpScreen, groups_of
from tui.screens.overview import OverviewScreen
from tui.widgets.themes import DARK, LIGHT
from tui.widgets.messages import OpenRunbook, SendToClipboard

_TEXTUALS_OWN_THEME = "textual-dark"

CLIPBOARD_LIMIT = 75_000
"""Bytes of base64 that terminals are known to take in one OSC 52 sequence."""


class OpsCenter(App[None]):
    """The operations center of one catalog."""

    TITLE = "Operations Center"
    BINDING_GROUP_TITLE = "Everywhere"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_DISPLAY = "^p"
    DEFAULT_MODE = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('overview')", "Overview", id="app.overview", tooltip="Tiles, alerts, quick actions"),
        Binding("2", "mode('runbooks')", "Runbooks", id="app.runbooks", tooltip="Find and read runbooks"),
        Binding("slash", "search", "Search", id="app.search", key_display="/", tooltip="Search the runbooks"),
        Binding("f", "faults", "Faults", id="app.faults", tooltip="Disturb the simulated platform (demo)"),
        Binding(
            "question_mark", "help", "Help", id="app.help", key_display="?", tooltip="Show every key of this screen"
        ),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; nothing that runs on the platform stops"),
    ]

    def __init__(self, center: Center) -> None:
        super().__init__()
        self._center = center
        self.board = Board(
            center.catalog,
            center.metrics,
            center.alerts,
            clock=center.clock,
            rng=center.rng,
            timeout_s=center.timeout_s,
        )
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        if self.theme == _TEXTUALS_OWN_THEME:  # TEXTUAL_THEME names another
            self.theme = DARK.name
        self.add_mode("overview", self._overview)

    def _overview(self) -> OverviewScreen:
        center = self._center

        def links(action: Action) -> tuple[tuple[str, str], ...]:
            return action_links(action, grafana=center.grafana, jaeger=center.jaeger)

        return OverviewScreen(self.board, center.identity, center.clock, links=links, alerts_note=center.alerts_note)

    def on_mount(self) -> None:
        """Ask the backends once the first frame is out."""
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.run_worker(self.board.run(), name="board", exit_on_error=False)

    def action_mode(self, mode: str) -> None:
        """Go to a screen."""
        self.switch_mode(mode)

    def action_help(self) -> None:
        """Show every key of the screen in front."""
        self.push_screen(HelpScreen(groups_of(self.screen)))

    def action_faults(self) -> None:
        """Disturb the simulated platform."""
        if self._center.demo is not None:
            self.push_screen(FaultsScreen(self._center.demo))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Faults are the demo's."""
        return self._center.demo is not None if action == "faults" else True
