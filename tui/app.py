"""The app: modes, global keys, palette, clipboard; nothing else."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widgets import Input
from textual.worker import Worker, WorkerState, get_current_worker

from tui.core.board import Changed
from tui.core.center import Center
from tui.core.deeplinks import action_links
from tui.model.alert import Phase
from tui.model.catalog import Action
from tui.screens.overview import OverviewScreen
from tui.widgets.messages import OpenLogs, OpenPane, OpenRunbook, OpenTrace, SendToClipboard
from tui.widgets.themes import DARK, LIGHT
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.core.operations import Operations
    from tui.core.rollouts import Following
    from tui.screens.journal import JournalScreen
    from tui.screens.logs import LogsScreen
    from tui.screens.runbooks import RunbooksScreen
    from tui.screens.workloads import WorkloadsScreen

S = TypeVar("S", bound="Screen[Any]")

_LEAVE_WITHIN_S = 10.0
"""As long as a request of ours usually may take."""

_LIBRARY_AFTER_S = 0.2
"""Runbooks are looked for when the first values have been drawn: both want the same processor."""

_TEXTUALS_OWN_THEME = "textual-dark"


class OpsCenter(App[None]):
    """The operations center of one catalog."""

    TITLE = "Operations Center"
    BINDING_GROUP_TITLE = "Everywhere"
    CSS_PATH = "screens/overview.tcss"  # of the first screen: loaded with the app it is parsed once, not twice more
    DEFAULT_MODE = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('overview')", "Overview", id="app.overview", tooltip="Tiles, alerts, quick actions"),
        Binding("2", "mode('runbooks')", "Runbooks", id="app.runbooks", tooltip="Find and read runbooks"),
        Binding("3", "mode('logs')", "Logs", id="app.logs", tooltip="Read the logs of all workers, or of others"),
        Binding(
            "4",
            "mode('workloads')",
            "Workloads",
            id="app.workloads",
            tooltip="Deployments and pods: how they are; restart, undo, scale, delete a pod",
        ),
        Binding("9", "mode('journal')", "Journal", id="app.journal", tooltip="What was changed from here, and notes"),
        Binding(
            "slash",
            "search",
            "Search",
            id="app.search",
            key_display="/",
            tooltip="Search the runbooks",
            priority=True,  # or what is typed right after it goes to what had the focus before
        ),
        Binding("f", "faults", "Faults", id="app.faults", tooltip="Disturb the simulated platform (demo only)"),
        Binding(
            "question_mark", "help", "Help", id="app.help", key_display="?", tooltip="Show every key of this screen"
        ),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; what runs on the platform goes on"),
    ]

    def __init__(self, center: Center) -> None:
        super().__init__()
        self._center = center
        self.board = center.board()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        if self.theme == _TEXTUALS_OWN_THEME:  # TEXTUAL_THEME names another
            self.set_reactive(App.theme, DARK.name)  # a change would parse the stylesheet once more
            self.stylesheet.set_variables(self.get_css_variables())
        self.add_mode("overview", self._overview)
        self.add_mode("runbooks", self._runbooks)
        self.add_mode("logs", self._logs)
        self.add_mode("workloads", self._workloads)
        self.add_mode("journal", self._journal)

    def _overview(self) -> OverviewScreen:
        center = self._center

        def links(action: Action) -> tuple[tuple[str, str], ...]:
            return action_links(action, grafana=center.grafana, jaeger=center.jaeger)

        screen = OverviewScreen(self.board, center.identity, center.clock, links=links, alerts_note=center.alerts_note)
        screen._css_update_count = self._css_update_count  # noqa: SLF001 - or Textual parses all CSS again, for nothing
        return screen

    def _runbooks(self) -> RunbooksScreen:
        # Deferred: the Markdown parser and the renderer are 60 ms that the first paint does not wait for.
        from tui.screens.runbooks import RunbooksScreen

        return RunbooksScreen(self._center.library, self._center.identity, self._center.clock)

    def _logs(self) -> LogsScreen:
        from tui.core.log_targets import TARGETS
        from tui.screens.logs import LogsScreen

        center = self._center
        targets = TARGETS[center.identity.platform or "kubernetes"]
        return LogsScreen(center.logs, targets, center.identity, center.clock, most_lines=center.log_lines)

    def _workloads(self) -> WorkloadsScreen:
        from tui.screens.workloads import WorkloadsScreen

        center, operations = self._center, self._operations
        return WorkloadsScreen(operations.feed, operations.gate, operations.rollouts, center.identity, center.clock)

    def _journal(self) -> JournalScreen:
        from tui.screens.journal import JournalScreen

        return JournalScreen(self._operations.journal, self._center.identity, self._center.clock)

    @cached_property
    def _operations(self) -> Operations:
        from tui.core.operations import Operations

        operations = Operations(self._center)
        if operations.rollouts is not None:
            operations.rollouts.watch(self._rollout_changed)
        return operations

    # ── Work in the background ───────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        """Ask the backends and look for runbooks once the first frame is out; leave when the connection is gone."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGHUP, signal.SIGTERM):  # also where they were ignored: nobody is left to press q
                signal.signal(number, lambda _number, _frame: self._hung_up(loop))
        self.call_after_refresh(self._start)

    def _show_badges(self) -> None:
        """Say in the top line of the screen in front how many alerts are active, and what of ours is on its way."""
        made = "_operations" in self.__dict__
        rollouts = self._operations.rollouts if made else None
        alerts = self.board.alerts.alerts
        firing = sum(alert.phase is Phase.FIRING for alert in alerts)
        for screen in self.screen_stack:
            for bar in screen.query(TopBar):
                bar.show_alerts(firing=firing, pending=len(alerts) - firing)
                bar.show_rollout(rollouts.summary if rollouts is not None else "")

    def _rollout_changed(self, following: Following) -> None:
        from tui.core.rollouts import notice

        self._show_badges()
        said = notice(following)
        if said is not None:
            timeout = 60 if said.severity == "error" else 10
            self.notify(said.text, title=said.title, severity=said.severity, timeout=timeout, markup=False)

    def _board_changed(self, changed: Changed) -> None:
        if changed[0] == "alerts":
            self._show_badges()

    def _hung_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave as `q` does, so that what has begun is journalled; a terminal that is gone must not hold us.

        Textual's writer ends at the first write to a lost terminal, and whoever writes next waits for it for ever.
        """
        watchdog = threading.Timer(_LEAVE_WITHIN_S, os._exit, (1,))
        watchdog.daemon = True
        watchdog.start()
        loop.call_soon_threadsafe(self.exit)

    def _start(self) -> None:
        self.board.watch(self._board_changed)
        gc.freeze()  # what the start has built stays; see tui.cli.options.start
        gc.enable()
        self.run_worker(self.board.run(), name="board", exit_on_error=False)
        self.set_timer(_LIBRARY_AFTER_S, self._start_scan)

    def _start_scan(self) -> None:
        self.run_worker(self._scan, name="library", thread=True, exit_on_error=False)

    async def on_unmount(self) -> None:
        """Wait for what has begun, so that its outcome is in the journal; then close the connections."""
        if "_operations" in self.__dict__:
            await self._operations.settle()
        await self._center.aclose()

    def _scan(self) -> None:
        worker, library = get_current_worker(), self._center.library

        def name_once() -> None:
            if library.listed:
                unwatch()
                self.call_from_thread(self._name_runbooks, self._center.runbook_titles())

        unwatch = library.watch(name_once)
        library.scan_once(lambda: worker.is_cancelled)

    def _name_runbooks(self, titles: dict[str, str]) -> None:
        self._base("overview", OverviewScreen).name_runbooks(titles)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fails is our bug: say so and keep the app."""
        if event.state is WorkerState.ERROR:
            self.notify(
                f"{event.worker.name} stopped: {event.worker.error!r}\nhint: press q and start again; please report it",
                title="Internal error",
                severity="error",
                timeout=60,
                markup=False,
            )

    # ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Faults are the demo's; nothing global happens behind a dialog."""
        if action == "faults" and self._center.demo is None:
            return False
        if action == "search" and (isinstance(self.focused, Input) or self.current_mode != "overview"):
            return False  # it is a letter there, or the screen has a search of its own
        if action in {"mode", "search", "faults", "help"}:
            return not isinstance(self.screen, ModalScreen)
        return True

    async def action_mode(self, mode: str) -> None:
        """Go to a screen."""
        await self.switch_mode(mode)
        self._show_badges()

    async def action_search(self) -> None:
        """Search the runbooks."""
        (await self._to_runbooks()).action_filter()

    def action_help(self) -> None:
        """Show every key of the screen in front."""
        from tui.screens.help import HelpScreen, groups_of

        self.push_screen(HelpScreen(groups_of(self.screen)))

    def action_faults(self) -> None:
        """Disturb the simulated platform."""
        from tui.screens.faults import FaultsScreen

        if self._center.demo is not None:
            self.push_screen(FaultsScreen(self._center.demo))

    def get_system_commands(self, screen: Screen[Any]) -> Iterator[SystemCommand]:
        """The palette: every key that does something here, every runbook, then Textual's own commands."""
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.description and not binding.system and binding.action != "command_palette":
                yield SystemCommand(
                    f"{binding.description} ({self.get_key_display(binding)})",
                    active.tooltip or binding.description,
                    partial(self.run_action, binding.action, active.node),
                )
        for entry in self._center.library.entries[:_PALETTE_RUNBOOKS]:
            yield SystemCommand(
                f"Runbook: {entry.title}",
                entry.header.when or entry.shown,
                partial(self.post_message, OpenRunbook(entry.path)),
            )
        yield from super().get_system_commands(screen)

    # ── Messages of the screens ──────────────────────────────────────────────────────────────────────────────────────

    @on(OpenRunbook)
    async def _open_runbook(self, event: OpenRunbook) -> None:
        while isinstance(self.screen, ModalScreen):
            await self.pop_screen()
        await (await self._to_runbooks()).open_target(event.target, alert=event.alert)

    async def _to_runbooks(self) -> RunbooksScreen:
        from tui.screens.runbooks import RunbooksScreen

        await self.action_mode("runbooks")
        return self._base("runbooks", RunbooksScreen)

    def _base(self, mode: str, kind: type[S]) -> S:
        """The base screen of a mode that has been shown."""
        screen = self._screen_stacks[mode][0]
        assert isinstance(screen, kind)  # noqa: S101 - what the mode was added with
        return screen

    @on(OpenPane)
    async def _open_pane(self, event: OpenPane) -> None:
        pane, platform = event.pane, self._center.identity.platform
        await self.action_mode(pane.name)
        target = pane.kubernetes if platform == "kubernetes" else pane.compose
        if pane.name == "workloads" and target:
            from tui.model.workload import ref_of
            from tui.screens.workloads import WorkloadsScreen

            await self._base("workloads", WorkloadsScreen).open_ref(ref_of(target), pane.begin)

    @on(OpenLogs)
    async def _open_logs(self, event: OpenLogs) -> None:
        from tui.screens.logs import LogsScreen

        await self.action_mode("logs")
        self._base("logs", LogsScreen).show_logs(event.selector, pod=event.pod)

    @on(OpenTrace)
    def _open_trace(self, event: OpenTrace) -> None:
        url = f"{self._center.jaeger.rstrip('/')}/trace/{event.trace_id}" if self._center.jaeger else ""
        self.notify(
            url or f"trace {event.trace_id}\nhint: the profile names no Jaeger to show it in",
            title="Trace",
            timeout=30,
            markup=False,
        )

    @on(SendToClipboard)
    def _send_to_clipboard(self, event: SendToClipboard) -> None:
        from tui.widgets import clipboard

        clipboard.offer(self, event.text, event.what)


_PALETTE_RUNBOOKS = 200
"""The palette lists this many; the runbook screen searches all of them."""
