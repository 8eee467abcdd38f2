"""The runbook browser: find a runbook, read it, follow its links, take its commands away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from tui.core import links
from tui.core.library import Entry, Library
from tui.model.clock import Clock
from tui.model.errors import Problem, SourceError
from tui.model.identity import Identity
from tui.widgets.filter import Filter
from tui.widgets.key_bar import KeyBar
from tui.widgets.library_list import MOST_HITS, LibraryList, LibraryRow
from tui.widgets.outline import Outline
from tui.widgets.page_lines import Place
from tui.widgets.page_status import PageStatus
from tui.widgets.runbook_page import RunbookPage
from tui.widgets.runbook_view import RunbookView
from tui.widgets.top_bar import TopBar

_WIDE = 120

_Visited = tuple[Entry, Place]


class LibraryChanged(Message):
    """There is more, or other, to list; the newest is enough."""

    def can_replace(self, message: Message) -> bool:
        """One repaint, however fast files are found."""
        return isinstance(message, LibraryChanged)


class RunbooksScreen(Screen[None]):
    """The runbooks of a library.

    Args:
        library: Scanned by this screen unless somebody has begun to.
        identity: For the top line; its platform decides which variants of a step are folded away.
        clock: Unix seconds, for the age of a review.
    """

    CSS_PATH = "runbooks.tcss"
    BINDING_GROUP_TITLE = "Runbooks"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (_WIDE, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "search",
            "Search",
            id="runbooks.search",
            key_display="/",
            priority=True,  # keys that follow in the same burst must find the field with the focus
            tooltip="In the list, filter by title, keywords, alert names and text; on a page, search the page",
        ),
        Binding("o", "outline", "Contents", id="runbooks.outline", tooltip="Show or hide the table of contents"),
        Binding(
            "b,alt+left,backspace",
            "back",
            "Back",
            id="runbooks.back",
            tooltip="Go back to where the last link was followed",
        ),
        Binding("f,alt+right", "forward", "Forward", id="runbooks.forward", show=False, tooltip="Go forward again"),
        Binding(
            "f5", "reread", "Reread", id="runbooks.reread", show=False, tooltip="Read the runbooks from disk again"
        ),
        Binding(
            "escape",
            "leave",
            "List",
            id="runbooks.leave",
            key_display="esc",
            tooltip="Close what is open on the page, then go to the list, then empty the filter",
        ),
    ]

    def __init__(self, library: Library, identity: Identity, clock: Clock) -> None:
        super().__init__()
        self._library, self._identity, self._clock = library, identity, clock
        self._behind: list[_Visited] = []
        self._ahead: list[_Visited] = []
        self._query = ""
        self._stop = threading.Event()
        self._listed = asyncio.Event()
        self._unwatch: Callable[[], None] | None = None
        self._said: tuple[Problem, ...] = ()

    def compose(self) -> ComposeResult:
        """The list at the left, the page at the right; where it is narrow they take turns."""
        self.set_class(self.app.size.width < _WIDE, "-narrow")  # now, or the first resize styles everything again
        self.set_class(self.app.size.width >= _WIDE, "-wide")
        yield TopBar(self._identity, self._clock)
        with Horizontal(id="body"):
            with Vertical(id="finder"):
                yield Filter("/ filter: title, keyword, alert, text", id="filter")
                yield LibraryList(self._clock, lambda hit: self._library.excerpt(hit, self._query), id="list")
            with Vertical(id="reader"):
                yield PageStatus(self._clock)
                yield RunbookPage(self._identity.platform, id="page")
                yield Filter("search this page", id="find")
            yield Outline(id="outline")
        yield KeyBar()

    @property
    def view(self) -> RunbookPage:
        """The page."""
        return self.query_one(RunbookPage)

    @property
    def library_list(self) -> LibraryList:
        """The list."""
        return self.query_one(LibraryList)

    def on_mount(self) -> None:
        """Show what is known and follow what is found."""
        self.query_one("#find").display = False
        self.set_focus(self.library_list)
        self._unwatch = self._library.watch(self._tell)
        self._list()
        self._scan_once()

    def _tell(self) -> None:
        """Called in the scanning thread."""
        self.post_message(LibraryChanged())

    def on_unmount(self) -> None:
        """A scan that runs ends with the screen."""
        self._stop.set()
        if self._unwatch is not None:
            self._unwatch()

    # ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @work(group="scan", exit_on_error=False)
    async def _scan_once(self) -> None:
        await asyncio.to_thread(self._library.scan_once, self._stop.is_set)

    @on(LibraryChanged)
    def _list(self) -> None:
        """List what there is, or what matches; the cursor stays on its runbook."""
        library, query = self._library, self._query
        if library.listed:
            self._listed.set()
        if query:
            rows = [LibraryRow(hit.entry, hit) for hit in library.search(query, MOST_HITS)]
            self.library_list.say(
                f"No runbook matches “{query}”.",
                "" if library.complete else "Their texts are still being read.",
                "Every word must be found: try fewer. esc, then esc, empties the filter.",
            )
        else:
            rows = [LibraryRow(entry) for entry in library.entries]
            if library.listed:
                self.library_list.say(*(line for problem in library.problems for line in str(problem).split("\n")))
        self.library_list.set_rows(rows)
        if library.problems != self._said and rows:
            self._said = library.problems
            for problem in library.problems:
                self.notify(str(problem), title="Runbooks", severity="warning", markup=False)

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self._query = event.value.strip()
        self.library_list.first()
        self._list()

    @on(Input.Submitted, "#filter")
    def _open_first(self) -> None:
        self.library_list.action_choose()

    @on(LibraryList.Chosen)
    async def _open_row(self, event: LibraryList.Chosen) -> None:
        row = event.row
        anchor = row.excerpt.section.slug if row.excerpt is not None and row.excerpt.section is not None else ""
        await self._open(row.entry, anchor)
        if row.hit is not None and row.hit.field == "text":
            self.view.find(max(self._query.split(), key=len))

    def on_descendant_focus(self) -> None:
        """The list shows its cursor while the filter above it is typed in."""
        self.library_list.light(lit=self.focused is self.query_one("#filter"))

    def action_move_in_list(self, by: int) -> None:
        """Move the list's cursor from the filter."""
        self.library_list.action_move(by)

    def action_filter(self) -> None:
        """Go to the list and filter it."""
        self.remove_class("-reading")
        self.set_focus(self.query_one("#filter", Filter))

    # ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open_target(self, target: str, *, alert: str = "") -> None:
        """Open what a path, a `path#section` or an alert's `runbook_url` means, and say what was fallen back on.

        Args:
            target: See `tui.core.links.resolve`.
            alert: The alert it is for, if any.
        """
        await self._listed.wait()
        await self._go(await asyncio.to_thread(links.resolve, target, self._library, alert=alert))

    async def _go(self, target: links.Target) -> None:
        opened = target.entry is not None and await self._open(target.entry, target.anchor)
        if target.url:
            self.notify(f"{target.url}\n{target.note}", title="External link", markup=False, timeout=15)
        elif target.note:
            self.notify(target.note, severity="information" if opened else "warning", markup=False)

    async def _open(self, entry: Entry, anchor: str = "", *, place: Place | None = None, remember: bool = True) -> bool:
        """Show a runbook; False when it cannot be read, which is said."""
        try:
            page = await asyncio.to_thread(self._library.read, entry)
        except SourceError as error:
            self.notify(str(error), severity="error", markup=False)
            return False
        view = self.view
        if view.page is not None and remember:
            self._behind.append((view.page.entry, view.place))
            self._ahead.clear()
        if view.page is not page or place is not None:
            view.open(page, place)
            self._close_find()
            self.query_one(Outline).fill(page.runbook.sections)
        section = page.runbook.section(anchor) if anchor else None
        if section is not None:
            view.go_to_line(section.start)
        elif place is None:
            view.action_top()
        self.add_class("-reading")
        self.set_focus(view)
        return True

    @on(RunbookView.Moved)
    def _show_status(self) -> None:
        page, section = self.view.page, self.view.section
        if page is not None:
            titles = [page.runbook.title] + ([section.title] if section is not None and section.level > 1 else [])
            self.query_one(PageStatus).show(titles, page.runbook.header.updated, self.view.query_text, self.view.hits)

    @on(RunbookView.Followed)
    async def _follow(self, event: RunbookView.Followed) -> None:
        page = self.view.page
        if page is not None:
            await self._go(await asyncio.to_thread(links.resolve, event.href, self._library, page.entry))

    # ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """The keys of a page do something while it, or its table of contents, has the focus; `/` can be typed."""
        if action == "search":
            return not isinstance(self.focused, Input)
        if action in {"outline", "back", "forward"}:
            return self._on_the_page or isinstance(self.focused, Outline)
        return True

    @property
    def _on_the_page(self) -> bool:
        return isinstance(self.focused, RunbookPage) and self.focused.page is not None

    def action_search(self) -> None:
        """Search where the focus is: the page, or the list."""
        if self._on_the_page:
            find = self.query_one("#find", Filter)
            find.display = True
            self.set_focus(find)
        else:
            self.action_filter()

    @on(Input.Changed, "#find")
    def _find(self, event: Input.Changed) -> None:
        if self.query_one("#find").display:
            self.view.find(event.value)

    @on(Input.Submitted, "#find")
    def _found(self) -> None:
        self.set_focus(self.view)

    def _close_find(self) -> None:
        find = self.query_one("#find", Filter)
        find.display = False
        find.value = ""

    async def action_back(self) -> None:
        """Back to where the last link was followed."""
        await self._travel(self._behind, self._ahead, "this is the first page")

    async def action_forward(self) -> None:
        """Forward again."""
        await self._travel(self._ahead, self._behind, "this is the last page")

    async def _travel(self, source: list[_Visited], target: list[_Visited], end: str) -> None:
        page = self.view.page
        if not source or page is None:
            self.notify(end, markup=False)
            return
        target.append((page.entry, self.view.place))
        entry, place = source.pop()
        await self._open(entry, place=place, remember=False)

    @work(exclusive=True, group="reread", exit_on_error=False)
    async def action_reread(self) -> None:
        """Read everything from disk again, and stay where the page is."""
        await asyncio.to_thread(self._library.scan, self._stop.is_set)
        page = self.view.page
        if page is not None:
            focused = self.focused
            await self._open(page.entry, place=self.view.place, remember=False)
            self.set_focus(focused)
        self.notify(f"{len(self._library.entries)} runbooks read from disk", markup=False)

    def action_leave(self) -> None:
        """Close what is open, innermost first."""
        if self.query_one("#find").display:
            self._close_find()
            self.view.find("")
            self.set_focus(self.view)
        elif isinstance(self.focused, Outline):
            self._show_contents(shown=False)
        elif isinstance(self.focused, RunbookPage):
            self.remove_class("-reading")
            self.set_focus(self.library_list)
        else:
            self.query_one("#filter", Filter).value = ""
            self.set_focus(self.library_list)

    # ── Table of contents ────────────────────────────────────────────────────────────────────────────────────────────

    def action_outline(self) -> None:
        """Show or hide the table of contents."""
        self._show_contents(shown=not self.has_class("-contents"))

    def _show_contents(self, *, shown: bool) -> None:
        self.set_class(shown, "-contents")
        if shown:
            outline = self.query_one(Outline)
            outline.point_at(self.view.section)
            self.set_focus(outline)
        else:
            self.set_focus(self.view)

    @on(Outline.Chosen)
    def _go_to_section(self, event: Outline.Chosen) -> None:
        if self.has_class("-narrow"):
            self._show_contents(shown=False)
        self.view.go_to_line(event.section.start)
        self.set_focus(self.view)
