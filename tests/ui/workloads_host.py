"""The workloads screen on a platform that the test writes, on an otherwise empty app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from tests.ui.pilots import text, until
from tests.workload_doubles import PLATFORM, Bench
from tui.model.workload import Snapshot
from tui.screens.workloads import WorkloadsScreen
from tui.sources.protocols import WorkloadSource
from tui.widgets.lines import Lines
from tui.widgets.messages import OpenLogs
from tui.widgets.themes import DARK, LIGHT

Bring = Callable[[Pilot[None]], Awaitable[None]]


class Host(App[None]):
    """Shows the screen; `opened` are the logs that were asked for."""

    def __init__(self, screen: Callable[[], WorkloadsScreen], *, theme: str = "ops-dark") -> None:
        super().__init__()
        for known in (DARK, LIGHT):
            self.register_theme(known)
        self.theme = theme
        self._screen_to_show = screen
        self.opened: list[tuple[str, str]] = []

    def on_mount(self) -> None:
        self.push_screen(self._screen_to_show())

    def on_open_logs(self, event: OpenLogs) -> None:
        self.opened.append((event.selector, event.pod))


class Pane:
    """The screen, the platform behind it, and what one can read of it."""

    def __init__(
        self,
        path: Path,
        snapshot: Snapshot | None = PLATFORM,
        *,
        theme: str = "ops-dark",
        read_only: bool = False,
        source: WorkloadSource | None = None,
    ) -> None:
        self.bench = Bench(path, snapshot, read_only=read_only, source=source)
        bench = self.bench
        self.host = Host(
            lambda: WorkloadsScreen(bench.feed, bench.gate, bench.rollouts, bench.identity, bench.time), theme=theme
        )

    @property
    def screen(self) -> WorkloadsScreen:
        """The screen, also when a dialog is in front of it."""
        found = self.host.screen_stack[1]
        assert isinstance(found, WorkloadsScreen)
        return found

    def read(self, selector: str) -> str:
        """The text of one of its widgets."""
        return text(self.screen.query_one(selector, Lines))

    @property
    def dialog(self) -> str:
        """The texts of the dialog in front."""
        front = self.host.screen
        lines = [text(widget) for widget in front.query(Lines)]
        return "\n".join([*(str(widget.render()) for widget in front.query(Static)), *lines])

    @property
    def notices(self) -> list[str]:
        """What was said in passing."""
        return [notice.message for notice in self.host._notifications]

    async def settle(self, pilot: Pilot[None]) -> None:
        """Until the platform is drawn and it is known what may be done."""
        await until(pilot, lambda: len(self.host.screen_stack) > 1 and self.screen._rights.answered)
        await pilot.pause()
