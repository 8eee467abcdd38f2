"""How the confirmation, the note dialog and the journal look, dark and light, wide and small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.doubles import NOW
from tests.ui.journal_host import HOSTILE, HOSTILE_LAST, RESTART, STAGING, TO_ZERO, Host, night
from tests.ui.pilots import SIZES, THEMES, until
from tui.core.journal import Journal
from tui.screens.confirm import ConfirmScreen
from tui.screens.journal import JournalScreen
from tui.screens.note import NoteScreen

Compare = Callable[..., bool]
DIALOGS: dict[str, Callable[[], Screen[Any]]] = {
    "change": lambda: ConfirmScreen(RESTART),
    "danger": lambda: ConfirmScreen(TO_ZERO),
    "hostile": lambda: ConfirmScreen(HOSTILE),
    "hostile-danger": lambda: ConfirmScreen(HOSTILE_LAST),
    "note": lambda: NoteScreen("Overview", text="Queue is draining"),
}

sizes = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
themes = pytest.mark.parametrize("theme", THEMES)


@sizes
@themes
@pytest.mark.parametrize("dialog", DIALOGS)
def test_dialog(snap_compare: Compare, dialog: str, theme: str, size: tuple[int, int]) -> None:
    assert snap_compare(Host(DIALOGS[dialog], theme=theme), terminal_size=size)


@sizes
@themes
@pytest.mark.parametrize("state", ["night", "note", "empty", "torn", "unreadable"])
def test_journal(snap_compare: Compare, tmp_path: Path, state: str, theme: str, size: tuple[int, int]) -> None:
    path = tmp_path / "ops-center" / "journal.jsonl"
    if state == "unreadable":
        path = Path("/dev/null/journal.jsonl")
    elif state != "empty":
        night(path)
    if state == "torn":
        with path.open("ab") as stream:
            stream.write(b'{"record":"intent","v":1,"id":"9","at":17954')

    async def ready(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, JournalScreen)
        await until(pilot, lambda: screen._stamp is not None)
        if state == "note":
            await pilot.press("down")
        await pilot.pause()

    host = Host(lambda: JournalScreen(Journal(path), STAGING, lambda: NOW), theme=theme)
    assert snap_compare(host, terminal_size=size, run_before=ready)
