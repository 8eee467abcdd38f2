"""Where a link leads: to a runbook and its section, outside, or nowhere, said in words.

Alerts carry `runbook_url`s written for a Git host or a wiki, and the page is here under the same name: what counts is
the tail of the path. Nothing is ever fetched or opened from here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote, unquote

import msgspec

from tui.core.library import Entry, Library
from tui.model.errors import SourceError
from tui.model.text import sanitise_line

_TEMPLATE = re.compile(r"\{\{.*?(?:\}\}|$)")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_INDEXES = ("README.md", "index.md", "_index.md")
_COMMON = {name.removesuffix(".md").casefold() for name in _INDEXES}
"""Names too common to know a page by."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a link leads."""

    kind: Literal["page", "external", "none"]
    entry: Entry | None = None
    anchor: str = ""
    """A section that exists, empty for the top of the page."""
    url: str = ""
    """Of an external link, safe to print; shown, never opened."""
    note: str = ""
    """What was fallen back on, or why it leads nowhere; empty when the link is exact."""


def safe_url(url: str) -> str | None:
    """A URL as it may stand in a terminal hyperlink (OSC 8), None when it may not.

    Only http and https; a control character refuses it; `;` and what is not ASCII is percent-encoded.

    Source: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
    """
    if _CONTROL.search(url) or not url.lower().startswith(("http://", "https://")):
        return None
    return quote(url, safe="!#$%&'()*+,/:=?@[]~")


def resolve(target: str, library: Library, current: Entry | None = None, *, alert: str = "") -> Target:
    """Find what `target` means; blocking, since it may read the page it leads to.

    Args:
        target: A path, an anchor, a URL, or an alert's `runbook_url`, in whatever state.
        library: Where to look.
        current: The page the link stands on; None for a `runbook_url`, which is matched more freely.
        alert: The alert it is for: where `target` leads nowhere, a runbook that names it under Related Alerts will do.
    """
    wanted = sanitise_line(target)
    notes = []
    if _TEMPLATE.search(wanted):
        notes.append("part of the link is a template that nobody filled in")
        wanted = _TEMPLATE.sub("", wanted)
    place, _, fragment = wanted.partition("#")
    path = place.partition("?")[0]
    scheme = _SCHEME.match(path)
    found: tuple[Entry, str] | None
    if scheme:
        found = _by_tail(library, path[scheme.end() :], free=current is None)
    elif current is not None:
        found = (current, "") if not path else _beside(library, path, current)
    else:
        found = _by_tail(library, path, free=True)
    if found is not None:
        entry, note = found
        anchor, about = _anchor(library, entry, unquote(fragment))
        return Target(kind="page", entry=entry, anchor=anchor, note=_joined(*notes, note, about))
    named = _for_alert(library, alert)
    url = safe_url(wanted)
    if named is not None:
        notes += ["it has no runbook of its own" if url is None else "its runbook is not among these"]
        return Target(kind="page", entry=named, note=_joined(*notes, f"{named.shown} names {alert} as related"))
    if url is not None:
        return Target(kind="external", url=url, note=_joined(*notes, "not among the runbooks; shown, not opened"))
    notes.append(f"there is no runbook {wanted}" if wanted else "the link is empty")
    return Target(kind="none", note=_joined(*notes))


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _paths(path: str) -> Iterator[str]:
    """Under what names a page may lie: as written, without its `.md`, or as its folder's index."""
    yield path
    if not path.endswith(".md"):
        yield f"{path}.md"
        for index in _INDEXES:
            yield f"{path}/{index}".removeprefix("/")


def _beside(library: Library, path: str, current: Entry) -> tuple[Entry, str] | None:
    """A path relative to a page: in its own folder of runbooks, else in any."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(current.path), unquote(path).rstrip("/")))
    entries = sorted(library.entries, key=lambda entry: entry.folder != current.folder)
    for candidate in _paths("" if joined == "." else joined):
        for entry in entries:
            if entry.path == candidate:
                return entry, ""
    folded = joined.casefold()
    for entry in entries:
        if entry.path.casefold() in _paths(folded):
            return entry, f"found as {entry.shown}"
    return None


def _by_tail(library: Library, path: str, *, free: bool) -> tuple[Entry, str] | None:
    """The page whose path is the longest tail of `path`, whatever stands before it.

    Not `free`, only what ends in `.md` counts: a page's link into the web is not to be mistaken for one of ours.
    """
    segments = [segment for segment in unquote(path).split("/") if segment not in {"", ".", ".."}]
    if not segments or not (free or segments[-1].endswith(".md")):
        return None
    exact = {entry.path: entry for entry in reversed(library.entries)}
    folded = {entry.path.casefold(): entry for entry in reversed(library.entries)}
    for start in range(len(segments)):
        tail = "/".join(segments[start:])
        if start and tail.removesuffix(".md").casefold() in _COMMON:
            break
        for candidate in _paths(tail):
            if candidate in exact:
                return exact[candidate], ""
            if candidate.casefold() in folded:
                entry = folded[candidate.casefold()]
                return entry, f"found as {entry.shown}"
    name = segments[-1].removesuffix(".md").casefold()
    same = [entry for entry in library.entries if posixpath.basename(entry.name).casefold() == name]
    if free and len(same) == 1 and name not in _COMMON:
        return same[0], f"found by its file name, as {same[0].shown}"
    return None


def _anchor(library: Library, entry: Entry, fragment: str) -> tuple[str, str]:
    """The section of a fragment, or the top of the page; and what had to be said about it."""
    wanted = fragment.strip().removeprefix("user-content-")
    if not wanted:
        return "", ""
    try:
        section = library.read(entry).runbook.section(wanted)
    except SourceError:  # said when the page is opened
        return "", ""
    if section is None:
        return "", f"there is no section #{wanted}; this is the page"
    return section.slug, "" if section.slug == wanted else f"section found as #{section.slug}"


def _for_alert(library: Library, alert: str) -> Entry | None:
    """The first runbook that names an alert under Related Alerts."""
    folded = alert.casefold()
    named = (entry for entry in library.entries if folded in {name.casefold() for name in entry.header.alerts})
    return next(named, None) if alert else None
