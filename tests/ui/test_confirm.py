"""The confirmation: no stray key confirms, and a dangerous change wants its target's name."""

from __future__ import annotations

import string

import pytest
from textual import on
from textual.widgets import Button, Input, Static

from tests.ui.journal_host import HOSTILE, HOSTILE_LAST, HOSTILE_NAME, RESTART, TO_ZERO, Host
from tests.ui.pilots import SIZES
from tui.model.proposal import Proposal
from tui.screens.confirm import ConfirmScreen
from tui.widgets.messages import SendToClipboard

pytestmark = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)

STRAYS = (
    *string.ascii_letters,
    *string.digits,
    "space",
    "tab",
    "right",
    "left",
    "down",
    "up",
    "delete",
    "f5",
    "shift+tab",
)
"""All but Enter and Escape, which cancel."""


async def answers(proposal: Proposal, size: tuple[int, int], *keys: str) -> list[object]:
    host = Host(lambda: ConfirmScreen(proposal))
    async with host.run_test(size=size) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    return host.answers


@pytest.mark.parametrize("proposal", [RESTART, TO_ZERO], ids=["change", "danger"])
async def test_no_single_key_confirms(proposal: Proposal, size: tuple[int, int]) -> None:
    host = Host(lambda: ConfirmScreen(proposal))
    async with host.run_test(size=size) as pilot:
        for key in STRAYS:
            host.screen.query_one("#cancel").focus()
            await pilot.press(key)
            assert host.answers == [], key


@pytest.mark.parametrize("proposal", [RESTART, TO_ZERO], ids=["change", "danger"])
async def test_enter_held_down_cancels(proposal: Proposal, size: tuple[int, int]) -> None:
    assert await answers(proposal, size, "enter") == [False]
    assert await answers(proposal, size, "escape") == [False]


@pytest.mark.parametrize("way", ["right", "tab", "left"])
async def test_moving_to_the_button_and_pressing_it_confirms(way: str, size: tuple[int, int]) -> None:
    assert await answers(RESTART, size, way, "enter") == [True]


async def test_back_on_cancel_enter_cancels(size: tuple[int, int]) -> None:
    assert await answers(RESTART, size, "right", "left", "enter") == [False]


async def test_a_click_confirms(size: tuple[int, int]) -> None:
    host = Host(lambda: ConfirmScreen(RESTART))
    async with host.run_test(size=size) as pilot:
        await pilot.click("#yes")
        await pilot.pause()
    assert host.answers == [True]


async def test_danger_wants_the_name_typed_exactly(size: tuple[int, int]) -> None:
    host = Host(lambda: ConfirmScreen(TO_ZERO))
    async with host.run_test(size=size) as pilot:
        yes = host.screen.query_one("#yes", Button)
        host.screen.query_one(Input).focus()
        for typed in ("celery-worke", "celery-worker ", "Celery-worker", "deployment/celery-worker", ""):
            host.screen.query_one(Input).value = typed
            await pilot.press("enter")
            assert yes.disabled, typed
        await pilot.press(*"celery-worker")
        assert not host.screen.query_one("#yes", Button).disabled
        await pilot.press("backspace")
        assert host.screen.query_one("#yes", Button).disabled
        await pilot.press("r", "enter")
        assert host.answers == []
        assert host.focused is yes
        await pilot.press("enter")
        await pilot.pause()
    assert host.answers == [True]


async def test_the_disabled_button_is_not_reached(size: tuple[int, int]) -> None:
    assert await answers(TO_ZERO, size, "tab", "tab", "enter") == [False]


async def test_it_says_what_how_many_what_users_notice_and_the_command(size: tuple[int, int]) -> None:
    host = Host(lambda: ConfirmScreen(RESTART))
    async with host.run_test(size=size):
        said = "\n".join(str(text.render()) for text in host.screen.query(Static))
        assert str(host.screen.query_one("#confirm").border_title) == "▲ Change: Restart deployment/celery-worker"
    for text in (RESTART.what, RESTART.present, RESTART.notices, RESTART.command):
        assert text in said


@pytest.mark.parametrize("proposal", [HOSTILE, HOSTILE_LAST], ids=["change", "danger"])
async def test_hostile_names_are_text_and_leave_the_buttons_in_sight(proposal: Proposal, size: tuple[int, int]) -> None:
    host = Host(lambda: ConfirmScreen(proposal))
    async with host.run_test(size=size) as pilot:
        assert HOSTILE_NAME in "".join(str(text.render()) for text in host.screen.query(Static))
        for button in host.screen.query(Button):
            assert button.region.bottom < size[1]
            assert button.region.height == 1
        sentences = host.screen.query_one("#sentences")
        if size == SIZES["small"]:
            await pilot.press("down", "pagedown")
            assert sentences.scroll_y > 0
            await pilot.press("up", "pageup", "up")
            assert sentences.scroll_y == 0


class Copying(Host):
    """Keeps what is sent to the clipboard."""

    sent: str = ""

    @on(SendToClipboard)
    def keep(self, event: SendToClipboard) -> None:
        self.sent = event.text


async def test_y_copies_the_command(size: tuple[int, int]) -> None:
    host = Copying(lambda: ConfirmScreen(RESTART))
    async with host.run_test(size=size) as pilot:
        await pilot.press("y")
        await pilot.pause()
        assert host.answers == []
    assert host.sent == RESTART.command
