"""The runbooks there are: found in folders, listed at once, searched on every key, read when opened.

`scan` runs in a thread. It first reads the beginning of every file, so that titles can be listed at once, then every
text for the search index, and tells those who `watch` of each. The other methods may be called from another thread at
any time. Nothing here parses Markdown in full but `read`.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from tui.core import search
from tui.core.search import Field, Index, words
from tui.model.errors import Problem, SourceError
from tui.model.header import Header, outline
from tui.model.markdown import Heading, decode, headings, prepare, unmarked
from tui.model.text import ELLIPSIS, clip, sanitise_line

if TYPE_CHECKING:
    from markdown_it.token import Token

    from tui.model.runbook import Runbook

HEAD_BYTES = 4_096
"""What is read of a file to list it: title and header fields stand at the top."""

TEXT_BYTES = 256 * 1024
"""What is read of a file to search it."""

_SLICE_S = 0.1
"""Seconds between two times the list is published while it grows."""

_EXCERPT = 160
_CELLS = re.compile(r"\s*\|\s*")
_SKIPPED = {"node_modules"}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One runbook in the list."""

    folder: Path
    path: str
    """Below the folder, with `/`."""
    title: str
    header: Header = Header()
    modified_ns: int = 0
    size: int = 0
    error: str = ""
    """Why it cannot be read; then the title is its path."""

    @property
    def file(self) -> Path:
        """Where it is on disk."""
        return self.folder / self.path

    @property
    def shown(self) -> str:
        """The path as it may be printed."""
        return sanitise_line(self.path)

    @property
    def name(self) -> str:
        """The path without `.md`, as one says it and may print it."""
        return self.shown.removesuffix(".md")


class Hit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One runbook that matches a query, and what of it matched."""

    entry: Entry
    row: int
    score: float
    field: Field


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hit matched: the section, its line (from 1; 0 is the top of the page), and what stands there."""

    section: Heading | None = None
    line: int = 0
    text: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook that was opened."""

    entry: Entry
    runbook: Runbook
    tokens: list[Token]


class _Found(msgspec.Struct, frozen=True):
    folder: Path
    path: str
    modified_ns: int
    size: int


class _Shelf(msgspec.Struct, frozen=True):
    """A list and the index of the same rows, replaced together."""

    entries: tuple[Entry, ...]
    index: Index


class Library:
    """The runbooks of some folders, in the order of the folders."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(dict.fromkeys(folder.expanduser().absolute() for folder in folders))
        self.problems: tuple[Problem, ...] = ()
        self.listed = False
        """Whether every runbook is in the list; until then it grows."""
        self._shelf = _Shelf((), Index())
        self._pages: dict[Path, tuple[int, int, Page]] = {}
        self._watchers: list[Callable[[], None]] = []
        self._scanning = threading.Lock()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All runbooks found so far, folder by folder, in the order of their paths."""
        return self._shelf.entries

    @property
    def complete(self) -> bool:
        """Whether every text is indexed, not only titles and header fields."""
        return self._shelf.index.complete

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called, in the scanning thread, whenever there is more to show; the result ends that."""
        self._watchers.append(changed)
        return lambda: self._watchers.remove(changed)

    # ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def scan(self, stopped: Callable[[], bool] = lambda: False, *, texts: bool = True) -> None:
        """Look for runbooks and index them; blocking, so call it in a thread. A second scan waits for the first.

        The first scan publishes its list while it grows; a later one shows the old list until the new one is complete.

        Args:
            stopped: Asked between two files; True ends the scan early.
            texts: Whether to read more than titles and header fields, for searching.
        """
        with self._scanning:
            self._scan(stopped, texts=texts)

    def scan_once(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """`scan`, unless that was done; waits for a scan that runs."""
        with self._scanning:
            if not self.complete:
                self._scan(stopped, texts=True)

    def _scan(self, stopped: Callable[[], bool], *, texts: bool) -> None:
        known = {(entry.folder, entry.path): entry for entry in self.entries}
        problems: list[Problem] = []
        found: list[_Found] = []
        for folder in self.folders:
            before, failed = len(found), len(problems)
            found.extend(_walk(folder, problems))
            if (len(found), len(problems)) == (before, failed):
                hint = "add one, or name another folder with --runbooks"
                problems.append(Problem(str(folder), "holds no runbook (*.md)", hint))
        index = Index()
        entries: list[Entry] = []
        published = time.monotonic()
        for file in found:
            if stopped():
                return
            entry = known.get((file.folder, file.path))
            if entry is None or entry.error or (entry.modified_ns, entry.size) != (file.modified_ns, file.size):
                entry = _look(file)
            entries.append(entry)
            index.add(entry.title, entry.header)
            if not self.listed and time.monotonic() - published > _SLICE_S:
                published = time.monotonic()
                self._publish(entries, index)
        self.problems = tuple(problems)
        if not self.listed:
            self.listed = True
            self._publish(entries, index)
        search.warm_up()
        for row, entry in enumerate(entries if texts else ()):
            if stopped():
                return
            _index_text(index, row, entry)
        index.complete = texts
        self._publish(entries, index)

    def _publish(self, entries: Sequence[Entry], index: Index) -> None:
        self._shelf = _Shelf(tuple(entries), index)
        for changed in tuple(self._watchers):
            changed()

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def search(self, query: str, limit: int | None = None) -> list[Hit]:
        """Runbooks that match every word of `query`, best first, at most `limit`."""
        shelf = self._shelf
        entries, index = shelf.entries, shelf.index
        return [
            Hit(entry=entries[match.row], row=match.row, score=match.score, field=match.field)
            for match in index.search(query)[:limit]
            if match.row < len(entries)
        ]

    def excerpt(self, hit: Hit, query: str) -> Excerpt:
        """Where in the page a hit matched; empty when the page has been replaced since."""
        header = hit.entry.header
        match hit.field:
            case "title" | "when":
                return Excerpt(text=clip(header.when, _EXCERPT))
            case "keywords":
                return Excerpt(text=clip("Keywords: " + ", ".join(header.keywords), _EXCERPT))
            case "alerts":
                return Excerpt(text=clip("Alerts: " + ", ".join(header.alerts), _EXCERPT))
        shelf = self._shelf
        entries, index = shelf.entries, shelf.index
        if hit.row >= len(entries) or entries[hit.row] != hit.entry:
            return Excerpt()
        return _excerpt(index.source(hit.row), query, headings_only=hit.field == "heading")

    def suggest(self, name: str, limit: int = 3) -> list[Entry]:
        """Runbooks whose path or title looks like `name`, best first."""
        from rapidfuzz import fuzz, process, utils  # 20 ms that starting the program must not pay

        choices = [f"{entry.name} {entry.title}" for entry in self.entries]
        found = process.extract(
            name, choices, scorer=fuzz.token_set_ratio, processor=utils.default_process, limit=limit, score_cutoff=50
        )
        return [self.entries[number] for _, _, number in found]

    # ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, entry: Entry) -> Page:
        """Open a runbook as it is on disk now; unchanged ones are remembered.

        Raises:
            SourceError: it cannot be read.
        """
        from tui.model import runbook  # the Markdown parser is wanted when a page is opened, not to list

        try:
            status = entry.file.stat()
            remembered = self._pages.get(entry.file)
            if remembered is not None and remembered[:2] == (status.st_mtime_ns, status.st_size):
                return remembered[2]
            text = decode(entry.file.read_bytes())
        except OSError as error:
            raise SourceError(
                f"runbook {entry.shown}",
                error.strerror or str(error),
                "check that the file is there and may be read, then press F5",
            ) from error
        parsed, tokens = runbook.read(text, PurePosixPath(entry.path).name)
        page = Page(entry=entry, runbook=parsed, tokens=tokens)
        while len(self._pages) >= 16:  # noqa: PLR2004 - back and forward within one incident
            self._pages.pop(next(iter(self._pages)), None)
        self._pages[entry.file] = (status.st_mtime_ns, status.st_size, page)
        return page


def _walk(folder: Path, problems: list[Problem]) -> list[_Found]:
    """Every `*.md` below a folder, in the order of their paths; hidden folders and link loops are left out."""
    found: list[_Found] = []
    seen: set[tuple[int, int]] = set()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            here = os.stat(folder / below)  # noqa: PTH116 - scandir's companion, and the loop is hot
            if (here.st_dev, here.st_ino) in seen:
                continue
            seen.add((here.st_dev, here.st_ino))
            with os.scandir(folder / below) as items:
                for item in items:
                    if item.name.startswith(".") or item.name in _SKIPPED:
                        continue
                    if item.is_dir():
                        waiting.append(f"{below}{item.name}/")
                    elif item.name.endswith(".md") and (file := _file(folder, below, item)):
                        found.append(file)
        except OSError as error:
            hint = "check the path given with --runbooks" if not below else "check its permissions"
            problems.append(Problem(sanitise_line(str(folder / below)), error.strerror or str(error), hint))
    return sorted(found, key=lambda file: _order(file.path))


def _order(path: str) -> tuple[tuple[bool, str], ...]:
    """Files before folders, each by name."""
    *folders, name = path.split("/")
    return (*((True, folder.lower()) for folder in folders), (False, name.lower()))


def _file(folder: Path, below: str, item: os.DirEntry[str]) -> _Found | None:
    try:
        status = item.stat()
    except OSError:  # a link to nowhere: listed, and reading it says why
        return _Found(folder, f"{below}{item.name}", 0, 0)
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        return None
    return _Found(folder, f"{below}{item.name}", status.st_mtime_ns, status.st_size)


def _read(file: Path, limit: int) -> str:
    with file.open("rb", buffering=0) as stream:
        return prepare(decode(stream.read(limit) or b"")).text


def _look(found: _Found) -> Entry:
    """A file by its beginning."""
    shown = sanitise_line(found.path)
    try:
        seen = outline(_read(found.folder / found.path, HEAD_BYTES), found.path)
    except OSError as error:
        return Entry(folder=found.folder, path=found.path, title=shown, error=error.strerror or str(error))
    return Entry(
        folder=found.folder,
        path=found.path,
        title=seen.title,
        header=seen.header,
        modified_ns=found.modified_ns,
        size=found.size,
    )


def _index_text(index: Index, row: int, entry: Entry) -> None:
    if entry.error:
        return
    try:
        text = _read(entry.file, TEXT_BYTES)
    except OSError:  # gone since it was listed; opening it says so
        return
    index.add_text(row, outline(text, entry.path).headings, text)


def _excerpt(text: str, query: str, *, headings_only: bool) -> Excerpt:
    """The line that holds the most words of `query`, and the section it stands in.

    Of several the first, but rather one below the header, whose fields the list shows anyway.
    """
    asked = words(query)
    found = headings(text)
    if headings_only:
        lines = [(heading.line, heading.title) for heading in found]
    else:
        lines = list(enumerate(text.split("\n"), 1))
        below = next((heading.line for heading in found if heading.level > 1), 1) - 1
        lines = lines[below:] + lines[:below]
    counts = [sum(word in line for word in asked) for line in (line.lower() for _, line in lines)]
    best = max(counts, default=0)
    if best:
        number, line = lines[counts.index(best)]
    elif headings_only and lines:
        number, line = _closest(query, lines)
    else:
        return Excerpt()
    section = next((heading for heading in reversed(found) if heading.line <= number), None)
    return Excerpt(section=section, line=number, text="" if headings_only else _around(unmarked(line), asked))


def _closest(query: str, lines: list[tuple[int, str]]) -> tuple[int, str]:
    """The heading a misspelt query means."""
    from rapidfuzz import fuzz, process, utils  # see suggest

    titles = [title for _, title in lines]
    _, _, number = process.extract(query, titles, scorer=fuzz.partial_ratio, processor=utils.default_process, limit=1)[
        0
    ]
    return lines[number]


def _around(line: str, asked: list[str]) -> str:
    """As much of a long line as an excerpt shows, with a word of the query in it; `·` parts the cells of a table."""
    line = _CELLS.sub(" · ", line.strip("| "))
    lowered = line.lower()
    at = min((position for word in asked if (position := lowered.find(word)) >= 0), default=0)
    start = max(at - _EXCERPT // 3, 0)
    if start:
        start = line.find(" ", start, at) + 1 or start
    return (ELLIPSIS if start else "") + clip(line[start:], _EXCERPT)
