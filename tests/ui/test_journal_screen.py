"""The journal on screen: what it says, what its keys do, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Static

from tests.doubles import NOW, FakeClock
from tests.ui.journal_host import STAGING, Host, night
from tests.ui.pilots import SIZES, text, until
from tui.core.journal import Journal
from tui.model.journal import Outcome
from tui.screens.journal import JournalScreen
from tui.screens.note import NoteScreen

pytestmark = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


class Desk:
    """The journal of a night on screen."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.journal = Journal(path)
        self.screen = JournalScreen(self.journal, STAGING, self.clock)
        self.app = Host(lambda: self.screen)

    async def settle(self, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: self.screen._stamp == self.journal.stamp())
        await pilot.pause()

    @property
    def rows(self) -> str:
        return text(self.screen.entries)

    @property
    def entry(self) -> str:
        return str(self.screen.query_one("#text", Static).render())

    @property
    def notices(self) -> list[str]:
        return [f"{notice.title}: {notice.message}" for notice in self.app._notifications]


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "ops-center" / "journal.jsonl"


async def test_newest_first_with_state_and_the_entry_beside(path: Path, size: tuple[int, int]) -> None:
    night(path)
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        rows = [row.split() for row in desk.rows.splitlines()]
        assert [row[3] for row in rows] == ["running", "note", "unknown", "failed", "ok", "note", "ok"]
        assert rows[0][1] == "14:03:10"
        assert "no outcome yet" in desk.entry
        await pilot.press("down", "down", "down")
        assert "■ failed  undo deployment/celery-worker 41" in desk.entry
        assert "ada on staging · kubernetes · 2026-11-23 12:33:22 UTC" in desk.entry
        assert "the deployment is paused\nhint: resume it first" in desk.entry
        assert "kubectl rollout undo deployment/celery-worker" in desk.entry
        await pilot.press("up")
        assert "unknown: the program ended before it was known" in desk.entry
        await pilot.press("up")
        assert "[/x] called the *database team*: <b>disk full</b>" in desk.entry


async def test_enter_reads_the_entry_and_escape_goes_back(path: Path, size: tuple[int, int]) -> None:
    night(path)
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("enter")
        assert desk.app.focused is desk.screen.query_one("#entry")
        await pilot.press("escape")
        assert desk.app.focused is desk.screen.entries
        await pilot.press("tab")
        assert desk.app.focused is desk.screen.query_one("#entry")


async def test_n_adds_a_note_and_it_appears(path: Path, size: tuple[int, int]) -> None:
    night(path)
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("n")
        assert isinstance(desk.app.screen, NoteScreen)
        await pilot.press(*"[/b]", "space", *"ok", "enter")
        await until(pilot, lambda: "[/b] ok" in desk.rows)
    note = desk.journal.read().entries[-1].note
    assert note is not None
    assert (note.text, note.context, note.at) == ("[/b] ok", "Journal", NOW)


@pytest.mark.parametrize("keys", [("escape",), ("enter",), ("space", "enter")])
async def test_no_note_is_no_note(path: Path, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("n", *keys)
        await until(pilot, lambda: desk.app.screen is desk.screen)
    assert desk.journal.stamp() == (0, 0)


async def test_a_note_that_cannot_be_written_is_not_lost(path: Path, size: tuple[int, int]) -> None:
    path.parent.touch()
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("n", *"disk", "enter")
        await until(pilot, lambda: bool(desk.notices) and isinstance(desk.app.screen, NoteScreen))
        await pilot.pause()
        assert desk.app.screen.query_one(Input).value == "disk"
        assert "The note is not written: write " in desk.notices[0]
        path.parent.unlink()
        await pilot.press("s", "enter")
        await until(pilot, lambda: "disks" in desk.rows)


async def test_x_writes_a_timeline_and_says_where(path: Path, size: tuple[int, int]) -> None:
    night(path)
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("x")
        await until(pilot, lambda: desk.notices)
        file = path.parent / "saved" / "journal-2026-11-23T140322Z.md"
        assert desk.notices == [f"Timeline written to: {file}"]
        assert file.read_text().startswith("# Operations journal\n")
        await pilot.press("x")
        await until(pilot, lambda: len(desk.notices) == 2)
        assert file.with_stem(f"{file.stem}-2").exists()


async def test_an_export_that_fails_says_so(path: Path, size: tuple[int, int]) -> None:
    night(path)
    (path.parent / "saved").touch()
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("x")
        await until(pilot, lambda: desk.notices)
        assert desk.notices[0].startswith("Not exported: save ")


async def test_an_empty_journal_says_what_it_is_for(path: Path, size: tuple[int, int]) -> None:
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "Nothing was changed from here yet" in desk.rows
        assert desk.entry == ""
        await pilot.press("enter", "down", "up")


async def test_an_unreadable_journal_says_why_and_comes_back(path: Path, size: tuple[int, int]) -> None:
    path.parent.touch()
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "Not a directory" in " ".join(desk.rows.split())
        assert "hint: " in desk.rows
        path.parent.unlink()
        night(path)
        await pilot.press("f5")
        await until(pilot, lambda: "… running" in desk.rows)


async def test_torn_lines_are_counted_in_the_frame(path: Path, size: tuple[int, int]) -> None:
    night(path)
    with path.open("ab") as stream:
        stream.write(b"{")
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        assert "▲ 1 line is cut short by a crash" in str(desk.screen.entries.border_title)
        assert "running" in desk.rows


async def test_what_is_written_meanwhile_is_seen_and_the_cursor_stays(path: Path, size: tuple[int, int]) -> None:
    night(path)
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        await pilot.press("down")
        desk.journal.append(Outcome(id="0.2", at=NOW, state="ok", message="scaled to 6", took_s=9))
        desk.journal.note("all well", context="", at=NOW)
        desk.screen._look()
        await desk.settle(pilot)
        assert desk.rows.splitlines()[0].split()[3:6] == ["note", "all", "well"]
        assert desk.rows.splitlines()[1].split()[3] == "ok"
        assert "called the *database team*" in desk.entry


async def test_what_runs_too_long_becomes_unknown(path: Path, size: tuple[int, int]) -> None:
    night(path)
    desk = Desk(path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        desk.clock.now += 3_600
        desk.screen._look()
        assert desk.rows.splitlines()[0].split()[3] == "unknown"
        assert "unknown: the program ended before it was known" in desk.entry


async def test_looking_again_repaints_nothing(
    path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    night(path)
    desk = Desk(path)
    repainted: list[Widget] = []
    async with desk.app.run_test(size=size) as pilot:
        await desk.settle(pilot)
        monkeypatch.setattr(Widget, "refresh", lambda self, *_regions, **_how: repainted.append(self))
        desk.screen._look()
        assert repainted == []
        desk.clock.now += 3_600
        desk.screen._look()
        assert desk.screen.entries in repainted
        monkeypatch.undo()
