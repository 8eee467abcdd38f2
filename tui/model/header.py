"""What stands above a runbook's first section: title, last review, owner, alerts, keywords, when to use.

Read from lines alone, without parsing Markdown, because the library lists thousands of files by it; the full parse uses
the same function, so that the list and the page never disagree.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import PurePosixPath

import msgspec

from tui.model.markdown import Heading, front_matter, headings, unmarked

_FIELD = re.compile(
    r"^[ \t]*(?:[-*+>][ \t]+)?[*_]{0,3}"
    r"(?P<name>Last[ ]Updated|Last[ ]Reviewed|Owner|Related[ ]Alerts?|Keywords|When[ ]to[ ]Use)"
    r"[*_]{0,3}[ \t]*:[ \t]*[*_]{0,3}(?P<value>.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LIST = re.compile(r"[,;·]")
_NONE = {"", "-", "\u2013", "\u2014", "none", "n/a"}


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The header fields; what a page does not say is empty."""

    updated: dt.date | None = None
    owner: str = ""
    alerts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    when: str = ""
    mistakes: tuple[str, ...] = ()
    """What is there but cannot be read, in words."""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """A page as its lines alone tell it."""

    title: str
    header: Header
    headings: tuple[Heading, ...]


def outline(text: str, name: str) -> Outline:
    """Title, header fields and headings of a prepared text.

    Args:
        text: Prepared, with or without front matter, whole or only its beginning.
        name: The file's name, for a page that has no title at all.
    """
    front, text = front_matter(text)
    found = headings(text)
    return Outline(title=title_of(found, front, name), header=header_of(text, found), headings=found)


def title_of(found: tuple[Heading, ...], front: dict[str, str], name: str) -> str:
    """The first H1; else the front matter's `title`; else the file's name in words."""
    for heading in found:
        if heading.level == 1 and heading.title:
            return heading.title
    if front.get("title"):
        return unmarked(front["title"])
    stem = PurePosixPath(name).stem or "Untitled"
    return unmarked(stem.replace("-", " ").replace("_", " ")) or "Untitled"


def header_of(text: str, found: tuple[Heading, ...]) -> Header:
    """The header fields between the title and the first section."""
    end = next((heading.line for heading in found if heading.level > 1), None)
    if end is not None:
        text = "\n".join(text.split("\n", end)[: end - 1])
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(text):
        fields.setdefault(match["name"].lower(), unmarked(match["value"].rstrip(" \t\\")))
    mistakes = []
    written = fields.get("last updated", fields.get("last reviewed", ""))
    updated = _date(written)
    if updated is None and written.lower() not in _NONE:
        mistakes.append(f"Last Updated is not a date as in 2026-11-23: {written}")
    return Header(
        updated=updated,
        owner=fields.get("owner", ""),
        alerts=_items(fields.get("related alerts", fields.get("related alert", ""))),
        keywords=_items(fields.get("keywords", "")),
        when=fields.get("when to use", ""),
        mistakes=tuple(mistakes),
    )


def _items(value: str) -> tuple[str, ...]:
    items = (item.strip(" .") for item in _LIST.split(value))
    return tuple(item for item in items if item.lower() not in _NONE)


def _date(value: str) -> dt.date | None:
    match = _DATE.search(value)
    try:
        return dt.date.fromisoformat(match.group()) if match else None
    except ValueError:  # 2026-02-31
        return None
