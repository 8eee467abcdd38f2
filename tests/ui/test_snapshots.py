"""Every state of the overview and its dialogs, at two sizes, dark and light. Looked at before they are accepted."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.doubles import DOWN, LATENCY, QUEUE, SUCCESS, WORKERS, FakeClock, Scripted
from tests.ui.pilots import SIZES, THEMES, Desk, strike, until
from tests.ui.test_demo import Demo

Snap = Callable[..., bool]

SIZED = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
THEMED = pytest.mark.parametrize("theme", THEMES)


def healthy(source: Scripted, clock: FakeClock) -> None:
    source.values = {WORKERS: 4, QUEUE: 7, SUCCESS: 0.978, LATENCY: 28.1}
    source.active = ()
    clock.now += 20


def outage(source: Scripted, clock: FakeClock) -> None:
    source.values = dict.fromkeys(source.values, DOWN)
    source.histories = dict.fromkeys(source.histories, DOWN)
    source.active = DOWN
    clock.now += 185


def unknown(source: Scripted, clock: FakeClock) -> None:
    source.values |= {QUEUE: None, LATENCY: math.nan, WORKERS: 0}
    source.warnings = ("PromQL info: metric might not be a counter",)
    source.histories[QUEUE] = [None] * 120
    clock.now += 45


STATES: dict[str, Callable[[Scripted, FakeClock], None] | None] = {
    "disturbed": None,
    "healthy": healthy,
    "outage": outage,
    "unknown": unknown,
}


def desk_in(theme: str, state: str) -> tuple[Desk, Callable[[Pilot[None]], Awaitable[None]]]:
    """A desk, and what brings it into a state."""
    desk = Desk()

    async def bring(pilot: Pilot[None]) -> None:
        desk.app.theme = theme
        await desk.settle(pilot)
        change = STATES[state]
        if change is not None:
            change(desk.source, desk.clock)
            await desk.poll(pilot)
        await strike(desk.app, pilot)

    return desk, bring


@SIZED
@THEMED
@pytest.mark.parametrize("state", STATES)
def test_overview(snap_compare: Snap, size: tuple[int, int], theme: str, state: str) -> None:
    desk, bring = desk_in(theme, state)
    assert snap_compare(desk.app, terminal_size=size, run_before=bring)


@SIZED
@THEMED
def test_overview_before_the_first_answer(snap_compare: Snap, size: tuple[int, int], theme: str) -> None:
    desk = Desk()

    async def silent() -> None:
        await asyncio.Event().wait()

    async def bring(pilot: Pilot[None]) -> None:
        desk.app.theme = theme
        await until(pilot, lambda: desk.named)
        await pilot.pause()

    desk.app.board.run = silent  # type: ignore[method-assign] # nobody ever answers
    assert snap_compare(desk.app, terminal_size=size, run_before=bring)


@SIZED
@THEMED
@pytest.mark.parametrize("keys", ["i", "u", "e", "question_mark"])
def test_dialogs(snap_compare: Snap, size: tuple[int, int], theme: str, keys: str) -> None:
    desk, bring = desk_in(theme, "disturbed")

    async def press(pilot: Pilot[None]) -> None:
        await bring(pilot)
        await pilot.press(keys)
        if desk.app.screen.query("#live"):
            await until(pilot, lambda: "asking" not in str(desk.app.screen.query_one("#live").render()))
        await pilot.pause()

    assert snap_compare(desk.app, terminal_size=size, run_before=press)


@SIZED
@THEMED
def test_demo_and_its_faults(snap_compare: Snap, size: tuple[int, int], theme: str) -> None:
    demo = Demo()

    async def bring(pilot: Pilot[None]) -> None:
        demo.app.theme = theme
        await demo.ready(pilot)
        await demo.app.board.poll_history()
        await pilot.press("f", "u", "w")
        await demo.later(pilot, 60)
        await strike(demo.app, pilot)

    assert snap_compare(demo.app, terminal_size=size, run_before=bring)
