"""The logs: follow every worker, filter, search, take lines away."""

from __future__ import annotations

import asyncio
import os
import re
from typing import ClassVar

import msgspec
from textual import on, work
from textual.binding import BindingType

from tui.core import saved
from tui.core.log_filter import ALL_LEVELS, ERRORS, LinePattern
from tui.model.errors import SourceError
from tui.model.log_levels import GLYPHS, WORDS, Level
from tui.model.moment import moment
from tui.model.sgr import plain
from tui.screens.choose import ChooseScreen
from tui.screens.log_entry import LogEntryScreen, entry_of
from tui.screens.log_keys import ASKING, KEYS
from tui.screens.log_reader import LogReader
from tui.widgets.ask import Ask
from tui.widgets.choice_list import Choice
from tui.widgets.messages import OpenTrace, SendToClipboard

_COPIED_LINES = 5_000
_HINTS = {
    "include": "a regular expression; capitals count once there is one",
    "exclude": "a regular expression; lines that match are left out",
    "search": "a regular expression; n and N go to the next and previous hit",
    "time": "03:12, 03:12:09, 2026-11-23 03:12 (UTC), or 15m for so long ago",
}


class LogsScreen(LogReader):
    """Reads logs, and does with their lines what the keys say."""

    BINDING_GROUP_TITLE = "Logs"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    # ── Filter and search ────────────────────────────────────────────────────────────────────────────────────────────

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _next_hit(self, step: int) -> None:
        await self._go_to_hit(step)

    def _ask_pattern(self, purpose: str, label: str, pattern: LinePattern | None) -> None:
        self.query_one(Ask).ask(purpose, label, pattern.text if pattern else "", _HINTS[purpose])

    @on(Ask.Typed)
    def _typed(self, event: Ask.Typed) -> None:
        if event.done:
            self.view.focus()
        if event.purpose == "time":
            if event.taken:
                self._go_to_time(event.text)
            return
        self._wrong = ""
        try:
            pattern = LinePattern(event.text) if event.text else None
        except re.error as error:
            self._wrong = f"not a regular expression yet: {error}"
            if event.done:
                self._wrong = ""
                self.notify(f"{event.text}: {error}\nhint: \\ before ( [ * + ? . takes them as they are", markup=False)
            self._say()
            return
        if event.purpose == "search":
            self._look_for(pattern, go=event.done and event.taken)
        elif event.purpose == "include":
            self._want(include=pattern)
        else:
            self._want(exclude=pattern)

    def _want(self, **changes: object) -> None:
        """Another filter."""
        wanted = msgspec.structs.replace(self._wanted, **changes)
        before = self._wanted
        self._wanted = wanted
        texts = [[p.text if p else "" for p in (one.include, one.exclude)] for one in (before, wanted)]
        if texts[0] != texts[1] or before.levels != wanted.levels:
            self._narrow()
        self._say()

    def action_include(self) -> None:
        """Show only what matches."""
        self._ask_pattern("include", "show only:", self._wanted.include)

    def action_exclude(self) -> None:
        """Leave out what matches."""
        self._ask_pattern("exclude", "leave out:", self._wanted.exclude)

    def action_search(self) -> None:
        """Mark what matches and go to the next hit."""
        search = self.session.search
        self._ask_pattern("search", "search:", search.pattern if search else None)

    def action_hit(self, step: int) -> None:
        """Go to the next or previous hit."""
        if self.session.search is None:
            self.action_search()
        else:
            self._next_hit(step)

    def action_errors(self) -> None:
        """Errors only, or all levels again."""
        self._want(levels=ALL_LEVELS if self._wanted.levels == ERRORS else ERRORS)

    def action_levels(self) -> None:
        """Choose which levels are shown."""
        choices = [
            Choice(str(int(level)), f"{GLYPHS[level]} {WORDS[level] or 'without level'}", level in self._wanted.levels)
            for level in Level
            if level is not Level.NOTE
        ]

        def chosen(ids: frozenset[str] | None) -> None:
            if ids is not None:
                self._want(levels=frozenset(Level(int(one)) for one in ids) | {Level.NOTE})

        self.app.push_screen(ChooseScreen("Levels", choices, several=True), chosen)

    # ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """While something is typed, keys are letters; what there is no choice of is not offered."""
        if action in ASKING:
            return not self.query_one(Ask).asking and self.app.screen is self
        if action == "target":
            return len(self._targets) > 1
        if action == "container":
            return bool(self._target.containers)
        if action in {"previous", "since"}:
            return self._target.merged
        return True

    def action_follow(self) -> None:
        """Stay here, or go on with what is newest."""
        self.view.set_follow(follow=not self.view.follow)

    def action_wrap(self) -> None:
        """Fold long lines to the width, or not."""
        self.view.set_wrap(wrap=not self.view.wrap)

    def action_columns(self) -> None:
        """Other columns before the text."""
        self.view.set_columns(self.view.columns.next)

    def action_fold(self) -> None:
        """Fold or unfold the entry under the cursor."""
        here = self.view.here
        if here is not None:
            self.session.index.turn(here)
            self.view.go_to(self.session.store.head(here))

    def action_fold_all(self) -> None:
        """Fold or unfold all entries."""
        index, here, follow = self.session.index, self.view.here, self.view.follow
        index.fold_all(folded=not index.folded)
        if here is not None and not follow:
            self.view.go_to(self.session.store.head(here))
        else:
            self.view.set_follow(follow=follow)

    def action_show_entry(self) -> None:
        """Show the entry under the cursor in full."""
        here = self.view.here
        if here is not None:
            self.app.push_screen(LogEntryScreen(entry_of(self.session.store, here)))

    def action_trace(self) -> None:
        """Open the trace that the entry under the cursor names."""
        here = self.view.here
        trace = entry_of(self.session.store, here).trace if here is not None else ""
        if trace:
            self.post_message(OpenTrace(trace))
        else:
            self.notify("this entry names no trace\nhint: look for trace_id with /", severity="warning", markup=False)

    def action_time(self) -> None:
        """Go to a time."""
        self.query_one(Ask).ask("time", "go to time:", "", _HINTS["time"])

    def _go_to_time(self, text: str) -> None:
        store = self.session.store
        newest = store.time(store.head(store.end - 1)) if len(store) else None
        at = moment(text, newest if newest is not None else self._clock())
        if at is None:
            self.notify(f"{text or 'nothing'} is no time\nhint: {_HINTS['time']}", severity="warning", markup=False)
        elif len(store):
            self.view.go_to(store.seek(at))

    def action_mark(self) -> None:
        """Mark the line under the cursor, or take the mark away."""
        here = self.view.here
        if here is not None:
            self.view.toggle_mark(here)

    def action_to_mark(self, step: int) -> None:
        """Go to the next or previous mark."""
        here, marks = self.view.here, sorted(self.view.marks)
        if here is None or not marks:
            self.notify("no line is marked\nhint: m marks one", markup=False)
            return
        beyond = [mark for mark in marks if (mark > here if step > 0 else mark < here)] or marks
        self.view.go_to(beyond[0 if step > 0 else -1])

    def action_select(self) -> None:
        """Begin a selection at the cursor, or end it."""
        self.view.set_origin(None if self.view.origin is not None else self.view.here)

    def action_copy(self) -> None:
        """Offer the line, or the selected lines, to the clipboard."""
        rows = self.view.selected()
        if not rows:
            return
        if len(rows) > _COPIED_LINES:
            self.notify(f"{len(rows):,} lines are too many to copy\nhint: s saves them to a file", markup=False)
            return
        index, store = self.session.index, self.session.store
        numbers = []
        for row in rows:
            number = index.line(row)
            folded = store.head(number) == number and index.is_folded(number)
            numbers += list(store.entry(number)) if folded else [number]
        text = "\n".join(plain(store.line(number)) for number in numbers)
        self.post_message(SendToClipboard(text, "1 line" if len(numbers) == 1 else f"{len(numbers):,} lines"))

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save(self) -> None:
        """Save all lines shown to a new file."""
        parts, name = await self.session.export(), f"{self._target.title}-{self._request.selector}"
        try:
            path = await asyncio.to_thread(
                saved.save_parts, parts, name=name, suffix=".log", into=saved.folder(os.environ)
            )
        except SourceError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        lines = sum(part.count(b"\n") for part in parts)
        self.notify(f"{lines:,} lines as received, with whatever they hold: {path}", markup=False)

    def action_leave(self) -> None:
        """Take away the selection, then the search, then the filter."""
        if self.view.origin is not None:
            self.view.set_origin(None)
        elif self.session.search is not None:
            self._look_for(None)
        else:
            self._want(levels=ALL_LEVELS, include=None, exclude=None)
