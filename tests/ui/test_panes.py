"""The panes together: how one leads to another, and what is said from every screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.pilots import SIZES, until
from tests.ui.test_demo import Demo
from tui.core.journal import Journal, default_path
from tui.screens.confirm import ConfirmScreen
from tui.screens.detail import DetailScreen
from tui.screens.journal import JournalScreen
from tui.screens.logs import LogsScreen
from tui.screens.workloads import WorkloadsScreen
from tui.widgets.messages import OpenLogs, OpenTrace
from tui.widgets.panels import ActionList
from tui.widgets.top_bar import Where

pytestmark = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("key", "screen"), [("3", LogsScreen), ("4", WorkloadsScreen), ("9", JournalScreen)])
async def test_each_pane_has_its_number_and_one_leads_back(
    size: tuple[int, int], key: str, screen: type[LogsScreen | WorkloadsScreen | JournalScreen]
) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(demo.app.screen, screen))
        await until(pilot, lambda: "DEMO" in str(demo.app.screen.query_one(Where).render()))
        await pilot.press("1")
        await until(pilot, lambda: demo.app.screen is demo.overview)


async def test_the_quick_actions_open_the_panes_and_their_detail_explains(size: tuple[int, int]) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(demo.app.screen, LogsScreen))
        await pilot.press("1")
        demo.overview.query_one(ActionList).focus()
        await pilot.press("i")
        await until(pilot, lambda: isinstance(demo.app.screen, DetailScreen))


async def test_a_restart_is_confirmed_journalled_followed_and_said_from_every_screen(
    size: tuple[int, int], state_home: Path
) -> None:
    demo = Demo()
    journal = Journal(default_path({"XDG_STATE_HOME": str(state_home)}, demo=True))
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(demo.app.screen, ConfirmScreen))
        await pilot.press("enter")  # Cancel has the focus
        await until(pilot, lambda: isinstance(demo.app.screen, WorkloadsScreen))
        assert journal.read().entries == ()
        await pilot.press("1", "r")
        await until(pilot, lambda: isinstance(demo.app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await until(pilot, lambda: len(journal.read().entries) == 1)
        await pilot.press("1")
        await until(pilot, lambda: "↻" in str(demo.overview.query_one(Where).render()))
        for _ in range(60):
            demo.clock.now += 5
            await pilot.pause(0.05)
            if not demo.app._operations.rollouts.running:  # type: ignore[union-attr] # the demo has them
                break
        await until(pilot, lambda: any("Restart" in notice.title for notice in demo.app._notifications))
        assert "↻" not in str(demo.overview.query_one(Where).render())


async def test_a_pod_leads_to_its_logs_and_a_trace_to_its_link(size: tuple[int, int]) -> None:
    demo = Demo()
    async with demo.app.run_test(size=size) as pilot:
        await demo.ready(pilot)
        demo.overview.post_message(OpenLogs("app=api", pod="api-1"))
        await until(pilot, lambda: isinstance(demo.app.screen, LogsScreen))
        logs = demo.app.screen
        assert isinstance(logs, LogsScreen)
        assert (logs._request.selector, logs._request.pods) == ("app=api", ("api-1",))
        logs.post_message(OpenTrace("49" * 16))
        await until(pilot, lambda: any("49" * 16 in notice.message for notice in demo.app._notifications))
