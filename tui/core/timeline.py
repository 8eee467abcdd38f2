"""The journal as a post-mortem wants it: a Markdown timeline by day, or JSON. All times are UTC."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec

from tui.model.journal import Entry, EntryState, Intent, Reading, utc

MARKS: dict[EntryState, str] = {"ok": "●", "failed": "■", "unknown": "◇", "running": "…", "note": "✎"}
"""One cell each; the first three are what a tile has for OK, CRIT and not a number."""

_MARKUP = re.compile(r"([\\`*_\[\]<>&|~{}$#])")
"""What Markdown takes for markup within a line. The rest is markup only where a line begins: no text is put there."""
_BACKTICKS = re.compile(r"`+")


def since(reading: Reading, at: float | None) -> Reading:
    """The entries from `at` (Unix seconds) on; what is torn or cut stays said."""
    if at is None:
        return reading
    return msgspec.structs.replace(reading, entries=tuple(entry for entry in reading.entries if entry.at >= at))


def escape(text: str) -> str:
    """A text that no Markdown takes for markup, on one line; a bare URL stays one: it shows where it leads."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """A command as inline code, on one line, in more backticks than it has itself."""
    line = " ".join(text.split())
    ticks = "`" * (max((len(run) for run in _BACKTICKS.findall(line)), default=0) + 1)
    space = " " if line[:1] in {"`", ""} or line[-1:] == "`" else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def summary(entries: Sequence[Entry], now: float) -> str:
    """`3 actions (1 failed, 1 unknown), 2 notes`."""
    counts = Counter(entry.state(now) for entry in entries)
    notes = counts.pop("note", 0)
    actions = sum(counts.values())
    odd = ", ".join(f"{counts[state]} {word}" for state, word in _ODD.items() if counts[state])
    said = f"{actions} action{'' if actions == 1 else 's'}" + (f" ({odd})" if odd else "")
    return f"{said}, {notes} note{'' if notes == 1 else 's'}"


_ODD: dict[EntryState, str] = {"failed": "failed", "unknown": "unknown", "running": "without outcome yet"}


def markdown(reading: Reading, now: float) -> str:
    """The timeline, grouped by day, notes inline. Every text is escaped, so what a server answered stays text.

    Args:
        reading: Of the journal.
        now: Unix seconds; tells an action that runs from one whose program ended.
    """
    entries = sorted(reading.entries, key=lambda entry: entry.at)
    blocks = ["# Operations journal"]
    if entries:
        span = f"{utc(entries[0].at)} to {utc(entries[-1].at)} UTC"
        blocks.append(f"{span}: {summary(entries, now)}.")
    else:
        blocks.append("No entries.")
    blocks += [f"**Not shown:** {escape(remark)}." for remark in reading.remarks]
    for day, found in groupby(entries, key=lambda entry: utc(entry.at, "%Y-%m-%d")):
        blocks.append(f"## {day}")
        blocks.append("\n".join(_item(entry, now) for entry in found))
    return "\n\n".join(blocks) + "\n"


def _item(entry: Entry, now: float) -> str:
    time = f"- **{utc(entry.at, '%H:%M:%S')}**"
    if entry.note is not None:
        where = f" ({escape(entry.note.context)})" if entry.note.context else ""
        return f"{time} note of {escape(entry.note.who)}{where}: {escape(entry.note.text)}"
    state = entry.state(now)
    lines = [f"{time} {MARKS[state]} **{state}** {escape(entry.title)}"]
    if entry.intent is not None:
        lines[0] += f", by {escape(entry.intent.who)} on {escape(_where(entry.intent))}"
        if entry.intent.command:
            lines.append(f"  - command: {code(entry.intent.command)}")
        if entry.intent.notices:
            lines.append(f"  - users notice: {escape(entry.intent.notices)}")
    after = f" after {entry.outcome.took_s:.1f} s" if entry.outcome is not None else ""
    said = entry.said(now)
    lines.append(f"  - outcome{after}: {escape(said)}" if said else f"  - outcome{after}: {state}")
    return "\n".join(lines)


def _where(intent: Intent) -> str:
    return f"{intent.profile} ({intent.platform})" if intent.platform else intent.profile


def json(reading: Reading, now: float) -> bytes:
    """One object: `entries` with `at` as Unix seconds and `time` as text, and what is not shown."""
    return msgspec.json.encode(
        {"entries": [_facts(entry, now) for entry in reading.entries], "not_shown": reading.remarks}
    )


def _facts(entry: Entry, now: float) -> dict[str, Any]:
    state = entry.state(now)
    head = {"at": entry.at, "time": utc(entry.at, "%Y-%m-%dT%H:%M:%SZ"), "state": state, "said": entry.said(now)}
    parts = {"intent": entry.intent, "outcome": entry.outcome, "note": entry.note}
    return head | {name: part for name, part in parts.items() if part is not None}
