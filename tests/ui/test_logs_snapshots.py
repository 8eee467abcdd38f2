"""How the logs look, dark and light, wide and small."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests.doubles import DOWN
from tests.ui.log_host import NIGHT, LogDesk, Tap
from tests.ui.pilots import SIZES, THEMES, until
from tui.screens.choose import ChooseScreen

Compare = Callable[..., bool]

STATES: dict[str, tuple[str, ...]] = {
    "following": (),
    "unfolded-wrapped": ("Z", "w"),
    "errors": ("e",),
    "search": ("slash", *"8vhtz|step", "enter"),
    "typing": ("i", *"ticket("),
    "raw-selected": ("c", "c", "up", "m", "shift+up", "shift+up"),
    "failed": (),
    "levels": ("l",),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", STATES)
def test_logs(snap_compare: Compare, state: str, theme: str, size: tuple[int, int]) -> None:
    desk = LogDesk(Tap(NIGHT, DOWN if state == "failed" else None))
    desk.app.theme = theme

    async def ready(pilot: Pilot[None]) -> None:
        await desk.settle(pilot)
        await pilot.press(*STATES[state])
        if state == "errors":
            await until(pilot, lambda: "4 of 106" in desk.status())
        if state == "search":
            await until(pilot, lambda: "hit 1 of" in desk.status())
        if state == "typing":
            narrowed = desk.screen.session
            await until(pilot, lambda: narrowed.index.wanted.include and "not a regular" in desk.status())
            await until(pilot, lambda: desk.view.index is narrowed.index)
        if state == "levels":
            await until(pilot, lambda: isinstance(desk.app.screen, ChooseScreen))
        await pilot.pause()

    assert snap_compare(desk.app, run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("what", ["vendor", "failed"])
def test_entry(snap_compare: Compare, what: str, theme: str, size: tuple[int, int]) -> None:
    desk = LogDesk()
    desk.app.theme = theme

    async def ready(pilot: Pilot[None]) -> None:
        await desk.settle(pilot)
        desk.view.go_to(desk.find(what))
        await pilot.press("enter")
        await pilot.pause()

    assert snap_compare(desk.app, run_before=ready, terminal_size=size)
