"""The overview: what it says, and what every key on it does."""

from __future__ import annotations

import math

import pytest
from textual.widgets import Input

from tests.doubles import DOWN, LATENCY, QUEUE, REFUSED, SUCCESS, WORKERS, alert
from tests.ui.pilots import SIZES, Desk, text, until
from tui.model.alert import Phase
from tui.screens.detail import DetailScreen
from tui.screens.help import HelpScreen
from tui.widgets.banner import Banner
from tui.widgets.panels import ActionList, AlertList, RunbookList, TrendGraph
from tui.widgets.tile import TileView
from tui.widgets.top_bar import Where

pytestmark = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


async def test_tiles_say_state_value_runbook_and_age(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        said = {tile.tile.id: text(tile) for tile in desk.overview.query(TileView)}
    assert "● OK" in said["worker-count"]
    assert "▲ WARN" in said["queue-depth"]
    assert " 73" in said["queue-depth"]
    assert "● OK" in said["success-rate"]
    assert "97.8%" in said["success-rate"]
    assert "■ CRIT" in said["p95-latency"]
    assert "2.23 mins" in said["p95-latency"]
    assert "→ Worker Failures" in said["worker-count"]
    assert "→ EnhancementSuccessRateLow" in said["success-rate"]
    assert all("0s" in told for told in said.values())


async def test_an_outage_keeps_the_last_value_with_its_age_and_says_what_to_try(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        desk.clock.now += 185
        desk.source.values = dict.fromkeys(desk.source.values, DOWN)
        desk.source.active = DOWN
        await desk.poll(pilot)
        tile = text(desk.tile("queue-depth"))
        assert "✕ ERROR" in tile
        assert "73" in tile
        assert "last 3m ago" in tile
        assert "connection refused" in tile
        banner = text(desk.overview.query_one(Banner))
        assert "Prometheus http://localhost:9090: connection refused · since 14:06:27 UTC" in banner
        assert "hint: is it running?" in banner
        assert "as of 3m ago" in str(desk.overview.query_one(AlertList).border_title)
        assert "HighLatency" in text(desk.overview.query_one(AlertList))
        desk.source.values = {WORKERS: 4, QUEUE: 3, SUCCESS: 0.99, LATENCY: 20}
        desk.source.active = ()
        await pilot.press("f5")
        await until(pilot, lambda: "● OK" in text(desk.tile("queue-depth")))
        assert not desk.overview.query_one(Banner).has_class("-shown")
        assert "none pending, none firing" in text(desk.overview.query_one(AlertList))


async def test_no_data_and_nan_are_not_green_and_not_errors(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        desk.source.values |= {QUEUE: None, LATENCY: math.nan}
        await desk.poll(pilot)
        assert "○ NO DATA" in text(desk.tile("queue-depth"))
        assert "◇ NAN" in text(desk.tile("p95-latency"))
        for tile_id in ("queue-depth", "p95-latency"):
            assert desk.tile(tile_id).has_class("-unknown")
            assert not desk.tile(tile_id).has_class("-ok")
        assert not desk.overview.query_one(Banner).has_class("-shown")


async def test_warnings_of_the_server_are_marked_and_told(size: tuple[int, int]) -> None:
    desk = Desk()
    desk.source.warnings = ("PromQL: partial response",)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "! → Worker Failures" in text(desk.tile("worker-count"))
        await pilot.press("i")
        assert isinstance(desk.app.screen, DetailScreen)
        assert ("Warnings of the server", "PromQL: partial response") in desk.app.screen._detail.blocks


async def test_enter_on_a_tile_opens_its_runbook_at_its_section(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("tab", "tab", "enter")
        await until(pilot, lambda: desk.app.current_mode == "runbooks" and desk.here == "enhancementsuccessratelow")
        assert desk.page == "operations/alert-runbooks.md"


async def test_enter_on_an_alert_opens_its_section(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        desk.overview.query_one(AlertList).focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: desk.app.current_mode == "runbooks" and desk.here == "queuedepthhigh")


async def test_an_alert_without_a_url_opens_the_runbook_that_names_it(size: tuple[int, int]) -> None:
    desk = Desk()
    desk.source.active = (alert("WorkerDown", Phase.FIRING, "critical", 2, url=""),)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        desk.overview.query_one(AlertList).focus()
        await pilot.press("enter")
        await until(pilot, lambda: desk.app.current_mode == "runbooks" and desk.page == "worker-failures.md")


@pytest.mark.parametrize("key", ["u", "e", "t"])
async def test_each_quick_action_without_a_pane_is_explained_by_its_key(size: tuple[int, int], key: str) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press(key)
        assert isinstance(desk.app.screen, DetailScreen)
        detail = desk.app.screen._detail
        action = next(action for action in desk.app.board.catalog.action if action.key == key)
        assert detail.title == action.title
        assert detail.command == action.kubernetes
        await pilot.press("escape")
        assert not isinstance(desk.app.screen, DetailScreen)


async def test_an_action_says_the_present_value_or_why_there_is_none(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("u")
        await until(pilot, lambda: str(desk.app.screen.query_one("#live").render()) == "73")
        await pilot.press("escape")
        desk.source.values[QUEUE] = REFUSED
        await pilot.press("u")
        await until(pilot, lambda: "bad query" in str(desk.app.screen.query_one("#live").render()))


async def test_copying_a_command_says_honestly_that_it_was_only_sent(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    sent: list[str] = []
    monkeypatch.setattr(desk.app, "copy_to_clipboard", sent.append)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("u", "y")
        await pilot.pause()
        assert sent == ["kubectl exec deploy/redis -- redis-cli LLEN enhancement_queue"]
        (notice,) = desk.app._notifications
        assert "does not say whether it took it" in notice.message


async def test_focus_goes_through_every_tile_and_pane_and_back(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        names = []
        for _ in range(7):
            assert desk.app.focused is not None
            names.append(desk.app.focused.id)
            await pilot.press("tab")
        assert sorted(str(name) for name in names) == sorted(
            [*(f"tile-{tile.id}" for tile in desk.app.board.catalog.tile), "alerts", "actions", "runbooks"]
        )
        assert desk.app.focused is not None
        assert desk.app.focused.id == "tile-worker-count"
        await pilot.press("shift+tab")
        assert desk.app.focused.id == "runbooks"
        await pilot.press("right", "right", "left")
        assert desk.app.focused.id == "tile-worker-count"


async def test_lists_move_by_keys_and_open_by_enter(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        actions = desk.overview.query_one(ActionList)
        actions.focus()
        await pilot.press("down", "j", "up", "k", "end")
        assert actions.cursor_row is not None
        assert actions.cursor_row.id == "traces"
        await pilot.press("home", "G", "g", "i")
        await pilot.pause()
        assert isinstance(desk.app.screen, DetailScreen)
        assert desk.app.screen._detail.title == "Worker logs"
        await pilot.press("escape")
        desk.overview.query_one(RunbookList).focus()
        await pilot.press("enter")
        await until(pilot, lambda: desk.app.current_mode == "runbooks" and desk.page)


async def test_the_top_line_counts_alerts(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        said = str(desk.overview.query_one(Where).render())
        assert "staging · kubernetes" in said
        assert "READ-ONLY" in said
        assert "■ 1" in said
        assert "▲ 1" in said


async def test_a_thousand_alerts_are_counted_and_bounded(size: tuple[int, int]) -> None:
    desk = Desk()
    desk.source.active = tuple(alert(f"Alert{i}", Phase.FIRING, "critical", i) for i in range(1000))
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        alerts = desk.overview.query_one(AlertList)
        assert alerts.border_subtitle == "1 of 500"
        alerts.focus()
        await pilot.press("end")
        assert alerts.border_subtitle == "500 of 500"


async def test_a_trend_that_cannot_be_had_says_why(size: tuple[int, int]) -> None:
    desk = Desk()
    desk.source.histories = dict.fromkeys(desk.source.histories, DOWN)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "✕ connection refused" in text(desk.overview.query_one(TrendGraph))


async def test_help_lists_every_binding_of_the_screen(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        active = {
            desk.app.get_key_display(binding)
            for _, binding, enabled, _ in desk.overview.active_bindings.values()
            if enabled and (binding.tooltip or binding.description)
        }
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, HelpScreen)
        told = {key for _, rows in desk.app.screen._groups for keys, _ in rows for key in keys.split()}
        assert active <= told
        headings = [heading for heading, _ in desk.app.screen._groups]
        assert headings == ["Overview", "Tiles", "Panes", "Lists", "Quick actions", "Everywhere"]
        await pilot.press("escape")
        assert not isinstance(desk.app.screen, HelpScreen)


async def test_the_palette_offers_keys_and_runbooks(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        titles = [command.title for command in desk.app.get_system_commands(desk.overview)]
        assert "Restart workers (r)" in titles
        assert "Runbook: Worker Failures" in titles
        assert "Theme" in titles


async def test_slash_takes_what_is_typed_right_after_it_to_the_runbooks(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        for key in ("slash", "o", "o", "m"):
            desk.app.simulate_key(key)
        await until(pilot, lambda: desk.app.current_mode == "runbooks")
        await until(pilot, lambda: desk.app.screen.query_one("#filter", Input).value == "oom")
        await pilot.press("slash")
        assert desk.app.screen.query_one("#filter", Input).value == "oom/"


async def test_q_leaves(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("q")
    assert desk.app.return_code == 0


async def test_a_failing_worker_is_said_and_the_app_goes_on(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()

    async def broken() -> None:
        raise RuntimeError("a slip of ours")

    monkeypatch.setattr(desk.app.board, "run", broken)
    async with desk.app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(desk.app._notifications))
        (notice,) = desk.app._notifications
        assert "a slip of ours" in notice.message
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, HelpScreen)


async def test_hostile_alerts_are_drawn_as_text(size: tuple[int, int]) -> None:
    desk = Desk()
    desk.source.active = (alert("[/x][@click=app.bell]boom[/]", Phase.FIRING, "[red]", 2, url="javascript:alert(1)"),)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "[/x][@click=app.bell]boom[/]" in text(desk.overview.query_one(AlertList))
