"""The logs screen: what it says, and what every key on it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from tests.doubles import DOWN, NOW
from tests.ui.log_host import NIGHT, PODS, TRACE, LogDesk, Tap, line, traced
from tests.ui.pilots import SIZES, until
from tui.model.log import LogLines, LogNotice
from tui.screens.choose import ChooseScreen
from tui.screens.help import HelpScreen
from tui.screens.log_entry import LogEntryScreen
from tui.widgets.banner import Banner
from tui.widgets.key_bar import KeyBar
from tui.widgets.log_draw import Columns, labels
from tui.widgets.log_view import LogView
from tui.widgets.messages import OpenTrace, SendToClipboard

sizes = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
WIDE = SIZES["wide"]


async def narrowed(desk: LogDesk, pilot: Pilot[None], count: int) -> None:
    """Until so many entries are shown."""
    await until(pilot, lambda: desk.screen.session.index.matched == count)
    await pilot.pause()


@sizes
async def test_it_follows_what_comes_and_says_how_many(size: tuple[int, int]) -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "▶ following  106 lines" in desk.status()
        assert desk.lines()[-1].endswith("workers.tasks.enhance_ticket[0115]: step")
        await desk.more(pilot, line(120, text="newest"))
        assert desk.lines()[-1].endswith("workers.tasks.enhance_ticket[0120]: newest")
        assert "3 sources" in desk.title()


async def test_pausing_stays_where_it_is_and_loses_nothing() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("space")
        before = desk.lines()
        await desk.more(pilot, *(line(number) for number in range(120, 150)))
        assert desk.lines() == before
        assert "‖ paused  30 below" in desk.status()
        await pilot.press("space")
        assert desk.lines()[-1].endswith("[0149]: step")
        assert "▶ following  136 lines" in desk.status()


@sizes
async def test_lines_are_harmless_coloured_and_in_columns(size: tuple[int, int]) -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        shown = desk.lines()
        coloured = next(text for text in shown if "coloured" in text)
        assert "coloured and bold red, ␛]52;c;aGk=␇ harmless" in coloured
        assert "8vhtz" in coloured
        assert any("download 100%" in text and "10%\r" not in text for text in shown)
        assert any("漢字 and ␀ and ‹U+202E›" in text for text in shown)
        assert any("vendor said 429  tenant_id=globex" in text for text in shown)
        assert any("── celery-worker-6d5f9c7b84-m4w7c: ended: OOMKilled" in text for text in shown)
        y = next(y for y, text in enumerate(shown) if "coloured" in text)
        styles = {part.text: part.style for part in desk.view.render_line(y)}
        assert styles["bold red"] is not None
        assert styles["bold red"].bold


async def test_a_traceback_folds_and_unfolds() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        folded = next(text for text in desk.lines() if "▸" in text)
        assert folded.endswith("┄ 3 more: KeyError: 'x'")
        await pilot.press("Z")
        assert any(text.strip() == 'File "/app/workers/tasks.py", line 88' for text in desk.lines())
        await pilot.press("Z")
        assert not any("line 88" in text for text in desk.lines())
        desk.view.go_to(desk.find("failed"))
        await pilot.press("z")
        assert any("line 88" in text for text in desk.lines())
        await pilot.press("down", "down", "z")
        assert not any("line 88" in text for text in desk.lines())
        assert "ERROR" in desk.row()


async def test_errors_only_with_one_key_and_back() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("e")
        await narrowed(desk, pilot, 4)
        assert "errors only" in desk.title()
        assert "4 of 106 lines" in desk.status()
        await desk.more(pilot, line(120), traced(121))
        assert "5 of 111 lines" in desk.status()
        await pilot.press("e")
        await narrowed(desk, pilot, 105)


async def test_levels_are_chosen_one_by_one() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("l")
        assert isinstance(desk.app.screen, ChooseScreen)
        await pilot.press("down", "enter", "escape")  # no DEBUG
        await narrowed(desk, pilot, 80)
        assert "without level, INFO, WARN, ERROR, CRIT" in desk.title()


@sizes
async def test_include_and_exclude_are_live_with_counts(size: tuple[int, int]) -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("i", *"000[12]")
        await narrowed(desk, pilot, 4)
        assert "4 of 106" in desk.status()
        await pilot.press("enter")
        assert "+ 000[12]" in desk.title()
        await pilot.press("x", "2", "]")
        await pilot.press("escape")
        await narrowed(desk, pilot, 4)
        await pilot.press("x", *"0002", "enter")
        await narrowed(desk, pilot, 3)
        assert "− 0002" in desk.title()
        await pilot.press("escape")
        await narrowed(desk, pilot, 103)


async def test_a_broken_expression_is_said_and_the_last_good_one_stays() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("i", *"000[")
        await until(pilot, lambda: "not a regular expression yet" in desk.status())
        await pilot.press("1", "]")
        await narrowed(desk, pilot, 3)
        assert "not a regular" not in desk.status()


async def test_search_marks_goes_both_ways_and_round() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("g", "slash", *"keyerror|0001|0050", "enter")
        await until(pilot, lambda: "[0001]" in desk.row())
        assert "hit 1 of 3 for keyerror|0001|0050" in desk.status()
        y = next(y for y, text in enumerate(desk.lines()) if "[0001]" in text)
        assert [part.text for part in desk.view.render_line(y) if part.style and part.style.underline] == ["0001"]
        await pilot.press("n")
        await until(pilot, lambda: "[0050]" in desk.row())
        await pilot.press("n")  # within a folded traceback
        await until(pilot, lambda: "KeyError" in desk.row())
        await pilot.press("n")
        await until(pilot, lambda: "[0001]" in desk.row())
        assert "hit 1 of 3, round the end, for" in desk.status()
        await pilot.press("N")
        await until(pilot, lambda: "KeyError" in desk.row())
        await pilot.press("escape")
        await until(pilot, lambda: "hit" not in desk.status())


async def test_what_is_typed_in_one_burst_is_not_taken_for_keys() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        for key in ("slash", *"0050etilx", *["backspace"] * 5, "enter"):
            desk.app.simulate_key(key)
        await until(pilot, lambda: "[0050]" in desk.row())
        assert "errors only" not in desk.title()


async def test_without_a_search_n_asks_for_one() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("n", *"0001", "enter")
        await until(pilot, lambda: "[0001]" in desk.row())


@pytest.mark.parametrize(
    ("typed", "number"), [("14:01:30", "0090"), ("14:00", "0000"), ("30s", "0085"), ("2026-11-23 14:01", "0060")]
)
async def test_jump_to_a_time(typed: str, number: str) -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("t")
        await pilot.press(*[{":": "colon", " ": "space", "-": "minus"}.get(key, key) for key in typed], "enter")
        await until(pilot, lambda: f"[{number}]" in desk.row())
        assert "‖ paused" in desk.status()


async def test_what_is_no_time_is_said() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("t", *"noon", "enter")
        await until(pilot, lambda: any("noon is no time" in note.message for note in desk.app._notifications))


async def test_moving_selecting_and_copying() -> None:
    desk = LogDesk()
    sent: list[SendToClipboard] = []
    async with desk.app.run_test(
        size=WIDE, message_hook=lambda m: sent.append(m) if isinstance(m, SendToClipboard) else None
    ) as pilot:
        await desk.settle(pilot)
        await pilot.press("g", "down", "j", "k", "y")
        await pilot.press("v", "down", "down")
        assert "3 selected" in desk.status()
        await pilot.press("y", "escape")
        assert "selected" not in desk.status()
        await pilot.press("shift+down", "shift+down", "shift+up", "y")
        await pilot.press("escape")
        desk.view.go_to(desk.find("failed"))
        await pilot.press("y")
        await pilot.pause()
    texts = [message.text for message in sent]
    assert [text.count("\n") + 1 for text in texts if "Traceback" not in text][:1] == [1]
    assert {len(text.split("\n")) for text in texts} == {1, 2, 3, 4}
    assert texts[-1].endswith("KeyError: 'x'")


async def test_pages_ends_and_the_place_after_a_filter() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        await desk.settle(pilot)
        await pilot.press("g")
        assert desk.view.cursor_row == 0
        await pilot.press("pagedown")
        top = desk.view._lines[0].row
        assert top == desk.view._place.height - 1
        await pilot.press("pageup")
        assert desk.view._lines[0].row == 0
        await pilot.press("pageup")
        assert desk.view.cursor_row == 0
        desk.view.go_to(desk.find("[0050]"))
        await pilot.press("i", *"005", "enter")
        await narrowed(desk, pilot, 13)
        assert "[0050]" in desk.row()
        await pilot.press("escape")
        await narrowed(desk, pilot, 103)
        assert "[0050]" in desk.row()
        await pilot.press("G")
        assert "▶ following" in desk.status()


async def test_wrap_columns_and_sideways() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        await desk.settle(pilot)
        long = next(text for text in desk.lines() if "漢字" in text)
        assert "long long" not in long or len(long) <= 80
        await pilot.press("w")
        assert sum("long long" in text for text in desk.lines()) >= 4
        await pilot.press("w", "right", "right")
        assert not any("漢字 and" in text for text in desk.lines())
        await pilot.press("left", "left", "left")
        assert any("漢字 and" in text for text in desk.lines())
        await pilot.press("c")
        assert desk.view.columns.value == Columns.SOURCE.value
        assert any("2xkqp [2026-11-23 14:01:50,000: INFO" in text for text in desk.lines())
        await pilot.press("c")
        assert any(text.strip().startswith("[2026-11-23 14:01:50,000: INFO") for text in desk.lines())
        await pilot.press("c")
        assert desk.view.columns is Columns.ALL


async def test_marks() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("apostrophe")
        await until(pilot, lambda: any("no line is marked" in note.message for note in desk.app._notifications))
        for number in (5, 70):
            desk.view.go_to(number)
            await pilot.press("m")
        assert "◆ 2" in desk.status()
        await pilot.press("g", "apostrophe")
        assert desk.view.here == 5
        await pilot.press("apostrophe")
        assert desk.view.here == 70
        await pilot.press("quotation_mark")
        assert desk.view.here == 5
        assert any(text.startswith("◆") for text in desk.lines())
        await pilot.press("m")
        assert "◆ 1" in desk.status()


async def test_an_entry_in_full_its_trace_and_its_text() -> None:
    desk = LogDesk()
    seen: list[object] = []
    async with desk.app.run_test(size=WIDE, message_hook=seen.append) as pilot:
        await desk.settle(pilot)
        desk.view.go_to(desk.find("failed"))
        await pilot.press("o", "enter")
        screen = desk.app.screen
        assert isinstance(screen, LogEntryScreen)
        assert "KeyError" in screen._entry.pretty
        assert TRACE in screen._entry.facts
        await pilot.press("o", "y", "escape")
        desk.view.go_to(desk.find("vendor"))
        await pilot.press("enter")
        screen = desk.app.screen
        assert isinstance(screen, LogEntryScreen)
        assert '  "message": "vendor said 429",' in screen._entry.pretty.splitlines()
        await pilot.press("o", "escape", "o")
        await pilot.pause()
    traces = [message for message in seen if isinstance(message, OpenTrace)]
    assert {message.trace_id for message in traces} == {TRACE}
    assert any(isinstance(message, SendToClipboard) and message.text.endswith("KeyError: 'x'") for message in seen)
    assert any("names no trace" in note.message for note in desk.app._notifications)


async def test_what_is_shown_is_saved_as_received(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "XDG_STATE_HOME", str(tmp_path))
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("i", *"coloured|keyerror", "enter")
        await narrowed(desk, pilot, 4)
        await pilot.press("s")
        await until(pilot, lambda: any("lines as received" in note.message for note in desk.app._notifications))
    (file,) = (tmp_path / "ops-center" / "saved").iterdir()
    saved = file.read_bytes().splitlines()
    assert f"{PODS[1]} ".encode() + NIGHT[92].lines[1] in saved  # type: ignore[union-attr] # these are lines
    assert f"{PODS[0]} KeyError: 'x'".encode() in saved
    assert len(saved) == 7


async def test_other_requests() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)

        async def asked(*keys: str) -> object:
            before = len(desk.tap.asked)
            await pilot.press(*keys)
            await until(pilot, lambda: len(desk.tap.asked) > before)
            await pilot.pause()
            return desk.tap.asked[-1]

        request = await asked("S", "home", "enter")
        assert request == TARGETS_WORKERS(since_s=60, tail=None)
        assert "since 1m" in desk.title()
        assert (await asked("C", "end", "enter")) == TARGETS_WORKERS(since_s=60, tail=None, container="worker")
        assert (await asked("P")) == TARGETS_WORKERS(
            since_s=60, tail=None, container="worker", previous=True, follow=False
        )
        assert "previous container" in desk.title()
        assert (await asked("P")) == TARGETS_WORKERS(since_s=60, tail=None, container="worker")
        assert (await asked("f5")) == desk.tap.asked[-2]
        await asked("W", "down", "enter")
        assert desk.tap.asked[-1].selector == "app=api"
        assert "API" in desk.title()
        await desk.settle(pilot)
        assert "106 lines" in desk.status()


def TARGETS_WORKERS(**changes: object) -> object:  # noqa: N802 - reads as the constant it is made of
    import msgspec

    from tests.ui.log_host import TARGETS

    return msgspec.structs.replace(TARGETS[0].request, **changes)


async def test_a_failure_says_what_to_try_and_keeps_what_came() -> None:
    desk = LogDesk(Tap(NIGHT, DOWN))
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await until(pilot, lambda: desk.screen.query_one(Banner).has_class("-shown"))
        assert "106 lines" in desk.status()
        desk.tap.error = None
        await pilot.press("f5")
        await until(pilot, lambda: not desk.screen.query_one(Banner).has_class("-shown"))


async def test_an_empty_log_and_a_filter_without_match_say_so() -> None:
    desk = LogDesk(Tap(()))
    async with desk.app.run_test(size=WIDE) as pilot:
        await pilot.pause(0.2)
        assert any("Waiting for lines" in text for text in desk.lines())
        await desk.more(pilot, line(1))
        await pilot.press("i", *"nothing", "enter")
        await until(pilot, lambda: any("No line matches" in text for text in desk.lines()))


async def test_no_source_says_what_to_do() -> None:
    desk = LogDesk()
    desk.screen._source = None
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.screen._open(desk.screen._request)
        await pilot.pause()
        assert any("names neither Kubernetes nor docker compose" in text for text in desk.lines())


async def test_what_the_ring_drops_is_said_and_the_place_kept() -> None:
    lines = LogLines(source="a", lines=tuple(b"line %d" % n for n in range(9_000)), stamps=(NOW,) * 9_000)
    desk = LogDesk(Tap((lines,)), most_lines=10_000)
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        desk.view.go_to(8_500)
        before = desk.lines()
        more = LogLines(source="a", lines=lines.lines[:7_000], stamps=(NOW + 1,) * 7_000)
        desk.tap.queue.put_nowait(more)

        def dropped() -> bool:
            desk.clock.now += 1
            desk.screen._tick()
            return "4,096 dropped" in desk.status()

        await until(pilot, dropped)
        await pilot.pause()
        assert desk.lines() == before
        assert "line 8500" in desk.row()


async def test_keys_are_answered_between_a_drop_and_the_next_look() -> None:
    lines = LogLines(source="a", lines=tuple(b"line %d" % n for n in range(9_000)), stamps=(NOW,) * 9_000)
    desk = LogDesk(Tap((lines,)), most_lines=5_000)
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot, 4_904)
        desk.view.go_to_row(0)
        store = desk.screen.session.store
        store.append(lines.lines, bytes(9_000), lines.stamps, [0] * 9_000)
        for key in ("m", "v", "down", "y", "w", "z", "Z", "enter", "escape", "o", "pageup", "G", "e"):
            await pilot.press(key)
        await until(pilot, lambda: desk.status().startswith("▶ following"))


async def test_it_says_when_it_is_behind() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        feed = desk.screen.session.feed
        assert feed is not None
        for _ in range(10):
            desk.clock.now += 0.3
            feed._take(line(1))
        desk.screen._say()
        assert "▲ 3m behind" in desk.status()


async def test_mouse() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        await desk.settle(pilot)
        top = desk.view._lines[0].row
        await pilot._post_mouse_events([], widget=desk.view)
        desk.view.scroll_lines(-3)
        assert desk.view._lines[0].row == top - 3
        await pilot.click(desk.view, offset=(5, 2))
        assert desk.view.cursor_row == top - 1
        await pilot.pause()
        await pilot.click(desk.view.vertical_scrollbar, offset=(0, 1))
        await until(pilot, lambda: desk.view._lines[0].row < top - 3)


async def test_help_names_every_key_and_the_bar_the_common_ones() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        bar = desk.screen.query_one(KeyBar).render()
        assert "Errors" in str(bar)
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, HelpScreen)


def test_labels_are_the_shortest_that_differ() -> None:
    assert labels(["a-1-x", "a-2-x", "b"]) == ["1-x", "2-x", "b"]
    assert labels(["same", "same"]) == ["same", "same"]


async def test_nothing_is_repainted_where_nothing_changed() -> None:
    desk = LogDesk()
    async with desk.app.run_test(size=WIDE) as pilot:
        await desk.settle(pilot)
        await pilot.press("g")
        await pilot.pause(0.2)
        painted: list[object] = []

        def refresh(*regions: Region, **_: bool) -> LogView:
            painted.extend(regions)
            return desk.view

        desk.view.refresh = refresh  # type: ignore[method-assign] # observed
        await desk.more(pilot, line(130), LogNotice(source=PODS[0], text="said", at=NOW))
        assert painted == []
