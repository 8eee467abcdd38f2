"""What the screen tests share."""

from __future__ import annotations

from collections.abc import Callable

from textual.pilot import Pilot

from tests.doubles import FakeClock, Scripted, center, disturbed
from tui.app import OpsCenter
from tui.screens.overview import OverviewScreen
from tui.screens.runbooks import RunbooksScreen
from tui.widgets.lines import Lines
from tui.widgets.panels import RunbookList
from tui.widgets.tile import TileView
from tui.widgets.top_bar import UtcClock

SIZES = {"wide": (160, 45), "small": (80, 24)}
THEMES = ("ops-dark", "ops-light")


class Desk:
    """An app on a scripted source with a clock that stands still."""

    def __init__(self, **changes: object) -> None:
        self.clock = FakeClock()
        self.source: Scripted = disturbed(self.clock)
        self.app = OpsCenter(center(self.source, self.clock, **changes))

    async def settle(self, pilot: Pilot[None]) -> None:
        """Until the first values and the runbooks are there and drawn."""
        await until(pilot, lambda: self.app.board.alerts.at is not None or self.app.board.alerts.error is not None)
        await until(pilot, lambda: all(trend.series or trend.error for trend in self.app.board.trends.values()))
        await until(pilot, lambda: self.named)
        await pilot.pause()

    @property
    def named(self) -> bool:
        """Whether the overview has its panes and knows what its runbooks are called."""
        panes = self.overview.query(RunbookList)
        return bool(panes) and ".md" not in text(self.tile("success-rate"))

    @property
    def overview(self) -> OverviewScreen:
        """The overview, also when another screen is in front."""
        screen = self.app._screen_stacks["overview"][0]
        assert isinstance(screen, OverviewScreen)
        return screen

    @property
    def page(self) -> str:
        """The path of the runbook that is open."""
        page = self._browser.view.page
        return page.entry.path if page is not None else ""

    @property
    def here(self) -> str:
        """The anchor of the section at the top of the open runbook."""
        section = self._browser.view.section
        return section.slug if section is not None else ""

    @property
    def _browser(self) -> RunbooksScreen:
        screen = self.app._screen_stacks["runbooks"][0]
        assert isinstance(screen, RunbooksScreen)
        return screen

    async def poll(self, pilot: Pilot[None]) -> None:
        """One more round of everything."""
        await self.app.board.poll_values()
        await self.app.board.poll_history()
        await pilot.pause()

    def tile(self, tile_id: str) -> TileView:
        """One tile."""
        return self.overview.query_one(f"#tile-{tile_id}", TileView)


async def strike(app: OpsCenter, pilot: Pilot[None]) -> None:
    """Have every clock and age tell the time that the test has set, now and not within a second."""
    for screen in app.screen_stack:
        for clock in screen.query(UtcClock):
            clock.refresh()
        if isinstance(screen, OverviewScreen):
            screen._tick()
    await pilot.pause()


def text(widget: Lines) -> str:
    """What a widget shows, and the lines that lie over it."""
    shown = [widget, *widget.query(Lines)]
    return "\n".join("".join(part for part, _ in line) for lines in shown for line in lines._lines)


async def until(pilot: Pilot[None], holds: Callable[[], object], turns: int = 500) -> None:
    """Let the app work until something holds."""
    for _ in range(turns):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never held")
