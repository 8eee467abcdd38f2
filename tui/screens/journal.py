"""The journal: what was changed from here, by whom, what came of it, and the notes between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.core import saved, timeline
from tui.core.journal import Journal
from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.journal import Entry, Reading, utc
from tui.screens.note import NoteScreen
from tui.widgets.journal_list import JournalList
from tui.widgets.key_bar import KeyBar
from tui.widgets.top_bar import TopBar

_WIDE = 120
_LOOK_EVERY_S = 2.0
"""How often the file is looked at for what others write; nothing is repainted unless it changed."""

_COLOURS = {
    "ok": "$text-success",
    "failed": "$text-error",
    "unknown": "$text-accent",
    "running": "$text-warning",
    "note": "$text-primary",
}


class JournalScreen(Screen[None]):
    """The entries of one journal, newest first, and the one under the cursor in full.

    Args:
        journal: Read in a thread whenever its file changes.
        identity: For the top line.
        clock: Unix seconds.
    """

    CSS_PATH = "journal.tcss"
    BINDING_GROUP_TITLE = "Journal"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (_WIDE, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "note", "Note", id="journal.note", tooltip="Add a note to the journal"),
        Binding("x", "export", "Export", id="journal.export", tooltip="Write a Markdown timeline to a new file"),
        Binding("tab", "app.focus_next", "Next", id="journal.next", show=False, tooltip="Go to the entry or the list"),
        Binding("escape", "list", "List", id="journal.list", show=False, tooltip="Go back to the list"),
        Binding("f5", "reread", "Reread", id="journal.reread", show=False, tooltip="Read the journal again"),
    ]

    def __init__(self, journal: Journal, identity: Identity, clock: Clock) -> None:
        super().__init__()
        self._journal, self._identity, self._clock = journal, identity, clock
        self._reading = Reading()
        self._stamp: tuple[int, int] | None = None
        self._shown: tuple[Entry | None, str] | None = None

    def compose(self) -> ComposeResult:
        """The list at the left, the entry at the right; where it is narrow, one above the other."""
        self.set_class(self.app.size.width < _WIDE, "-narrow")  # now, or the first resize styles everything again
        self.set_class(self.app.size.width >= _WIDE, "-wide")
        yield TopBar(self._identity, self._clock)
        with Horizontal(id="body"):
            yield JournalList(self._clock, id="entries")
            with VerticalScroll(id="entry") as frame:
                frame.border_title = Content("Entry")
                yield Static(id="text")
        yield KeyBar()

    @property
    def entries(self) -> JournalList:
        """The list."""
        return self.query_one(JournalList)

    def on_mount(self) -> None:
        """Read, and look now and then whether there is more."""
        self.entries.focus()
        self.set_interval(_LOOK_EVERY_S, self._look)

    def on_screen_resume(self) -> None:
        """What was done meanwhile is to be seen."""
        self._look()

    def _look(self) -> None:
        if self.is_current:
            if self._journal.stamp() != self._stamp:
                self._read()
            else:  # what runs becomes unknown by age alone
                self._draw()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _read(self) -> None:
        stamp = self._journal.stamp()
        try:
            reading = await asyncio.to_thread(self._journal.read)
        except SourceError as error:
            self._reading = Reading()
            self.entries.say(f"✕ {error.what}: {error.why}", f"hint: {error.hint}")
        else:
            self._reading = reading
            self.entries.say(
                "Nothing was changed from here yet, and there is no note.",
                "Every change is written here before and after it is made. n adds a note.",
            )
        self._stamp = stamp
        self._draw()

    @on(JournalList.Considered)
    def _draw(self) -> None:
        entries = self.entries
        entries.set_rows(self._reading.entries[::-1])
        remarks = self._reading.remarks
        entries.retitle(title="Journal" + "".join(f" · ▲ {remark}" for remark in remarks))
        row = entries.cursor_row
        shown = (row, "" if row is None else row.state(self._clock()))
        if shown != self._shown:
            self._shown = shown
            text = Content("") if row is None else explained(row, self._clock())
            self.query_one("#text", Static).update(text)
            self.query_one("#entry").scroll_home(animate=False)

    @on(JournalList.Chosen)
    def _enter(self) -> None:
        self.query_one("#entry").focus()

    # ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_list(self) -> None:
        """Back to the list."""
        self.entries.focus()

    def action_reread(self) -> None:
        """Read again, changed or not."""
        self._read()

    def action_note(self) -> None:
        """Ask for a note."""
        self._ask()

    @work(group="note", exit_on_error=False)
    async def _ask(self) -> None:
        text = ""
        while text := await self.app.push_screen_wait(NoteScreen("Journal", text=text)):
            try:
                await asyncio.to_thread(self._journal.note, text, context="Journal", at=self._clock())
            except SourceError as error:
                self.notify(str(error), title="The note is not written", severity="error", markup=False)
            else:
                self._read()
                return

    @work(group="export", exit_on_error=False)
    async def action_export(self) -> None:
        """Write all of the journal, not only what is listed, to a file of its own."""
        try:
            path = await asyncio.to_thread(self._export)
        except SourceError as error:
            self.notify(str(error), title="Not exported", severity="error", markup=False)
        else:
            self.notify(str(path), title="Timeline written to", markup=False, timeout=15)

    def _export(self) -> object:
        now = self._clock()
        text = timeline.markdown(self._journal.read(limit=None), now)
        name = f"journal-{utc(now, '%Y-%m-%dT%H%M%SZ')}"
        return saved.save(text, name=name, suffix=".md", into=self._journal.path.parent / "saved")


def explained(entry: Entry, now: float) -> Content:
    """An entry in full: what came of it, then what had been asked."""
    state, intent, outcome = entry.state(now), entry.intent, entry.outcome
    time = f"{utc(entry.at)} UTC"
    head = Content.styled(f"{timeline.MARKS[state]} {state}", f"bold {_COLOURS[state]}")
    if entry.note is not None:
        where = f" in {entry.note.context}" if entry.note.context else ""
        return _paragraphs(head, _muted(f"{entry.note.who}{where} · {time}"), [("", entry.note.text)])
    by = [f"{intent.who} on {intent.profile}", intent.platform, time] if intent is not None else [time]
    blocks = [("Outcome" if outcome is None else f"Outcome, after {outcome.took_s:.1f} s", entry.said(now))]
    if intent is not None:
        blocks += [("What users notice", intent.notices), ("The same by hand", intent.command), ("Risk", intent.risk)]
    title = Content.assemble(head, f"  {entry.title}")
    return _paragraphs(title, _muted(" · ".join(filter(None, by))), blocks)


def _muted(text: str) -> Content:
    return Content.styled(text, "$foreground-muted")


def _paragraphs(title: Content, by: Content, blocks: Sequence[tuple[str, str]]) -> Content:
    lines = [title, by]
    for heading, text in blocks:
        if text:
            lines += [Content(""), *([_muted(heading)] if heading else []), Content(text)]
    return Content("\n").join(lines)
