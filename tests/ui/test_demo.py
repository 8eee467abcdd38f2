"""The demo: always marked, and disturbed from a key."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.doubles import FakeClock
from tests.ui.pilots import SIZES, text, until
from tui.app import OpsCenter
from tui.core import center
from tui.screens.faults import Effect, FaultList, FaultsScreen
from tui.screens.overview import OverviewScreen
from tui.widgets.panels import AlertList
from tui.widgets.tile import TileView
from tui.widgets.top_bar import Where

pytestmark = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


class Demo:
    """The demo with a clock that is turned by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.app = OpsCenter(center.demo(seed=1, clock=self.clock))

    async def ready(self, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: self.app.board.alerts.at is not None and self.overview.query(AlertList))
        await until(pilot, lambda: all(trend.series for trend in self.app.board.trends.values()))
        await until(pilot, lambda: ".md" not in self.tile("success-rate"))
        await pilot.pause()

    @property
    def overview(self) -> OverviewScreen:
        screen = self.app._screen_stacks["overview"][0]
        assert isinstance(screen, OverviewScreen)
        return screen

    def tile(self, tile_id: str) -> str:
        return text(self.overview.query_one(f"#tile-{tile_id}", TileView))

    async def later(self, pilot: Pilot[None], seconds: float) -> None:
        """Let simulated time pass and poll."""
        for _ in range(int(seconds // 5)):
            self.clock.now += 5
            await self.app.board.poll_values()
        await pilot.pause()


async def test_demo_is_marked_on_every_screen(size: tuple[int, int]) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        for key in ("2", "1"):
            await pilot.press(key)
            await until(pilot, lambda: "DEMO" in str(demo.app.screen.query_one(Where).render()))
        assert "20 times shorter" in str(demo.overview.query_one(AlertList).border_title)


async def test_a_fault_goes_through_yellow_to_red_and_its_alert_fires_and_clears(size: tuple[int, int]) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        assert "● OK" in demo.tile("worker-count")
        await pilot.press("f", "w")
        await pilot.press("escape")
        await demo.later(pilot, 20)
        assert "▲ WARN" in demo.tile("worker-count")
        await demo.later(pilot, 25)
        assert "■ CRIT" in demo.tile("worker-count")
        assert "pending" in text(demo.overview.query_one(AlertList))
        await demo.later(pilot, 30)
        assert "■ WorkerDown" in text(demo.overview.query_one(AlertList))
        assert "■ 1" in str(demo.overview.query_one(Where).render())
        await pilot.press("f", "w", "escape")
        await demo.later(pilot, 30)
        assert "● OK" in demo.tile("worker-count")
        assert "WorkerDown" not in text(demo.overview.query_one(AlertList))


async def test_the_list_of_faults_switches_and_explains(size: tuple[int, int]) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        await pilot.press("f")
        screen = demo.app.screen
        assert isinstance(screen, FaultsScreen)
        faults, effect = screen.query_one(FaultList), screen.query_one(Effect)
        await until(pilot, lambda: "○ off  Queue flood" in text(faults))
        first = text(effect)
        assert first
        await pilot.press("enter")
        assert "■ on   Queue flood" in text(faults)
        await pilot.press("down")
        await until(pilot, lambda: text(effect) != first)
        await pilot.press("up", "enter", "q")
        assert not isinstance(demo.app.screen, FaultsScreen)
        assert not demo.app._center.demo.active  # type: ignore[union-attr] # the demo has one
