"""What is written down of every change: the intent before it, the outcome after it, and the operator's notes.

A record is one line of JSON. Its `v` is the version of its shape: a reader leaves alone what is newer than it knows.
All texts are sanitised, times are Unix seconds UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from tui.model.catalog import Risk

VERSION = 1

OutcomeState = Literal["ok", "failed", "unknown", "refused"]
"""`unknown` may or may not have been done. `refused` was not begun, and is not in the journal."""

EntryState = Literal["ok", "failed", "unknown", "running", "note"]

NOT_KNOWN = "unknown: the program ended before it was known"
RUNNING = "no outcome yet"
LOST_INTENT = "what was asked for is not readable here"

_RUNNING_S = 600.0
"""How long an intent without outcome is taken to run while its process does; later its number may be another's."""


class Intent(msgspec.Struct, frozen=True, kw_only=True, tag="intent", tag_field="record"):
    """Somebody is about to change something.

    `notices` is what they were told that users notice, `pid` the process that is about to do it.
    """

    v: int = VERSION
    id: str
    at: float
    who: str
    profile: str
    platform: str
    verb: str
    target: str
    argument: str = ""
    risk: Risk = "change"
    notices: str = ""
    command: str = ""
    pid: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True, tag="outcome", tag_field="record"):
    """How it went: `id` is the intent's, `message` what the server answered or why it failed."""

    v: int = VERSION
    id: str
    at: float
    state: OutcomeState
    message: str = ""
    took_s: float = 0.0


class Note(msgspec.Struct, frozen=True, kw_only=True, tag="note", tag_field="record"):
    """What the operator wants remembered. `context` is where they wrote it."""

    v: int = VERSION
    at: float
    who: str
    text: str
    context: str = ""


Record = Intent | Outcome | Note


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the timeline: an action or a note.

    An action has an intent, an outcome or both: an outcome may never have been written, and the intent of an outcome
    may be torn or lie before what was read. `lives` says whether the process of an intent without outcome still runs.
    """

    at: float
    intent: Intent | None = None
    outcome: Outcome | None = None
    note: Note | None = None
    lives: bool = False

    def state(self, now: float) -> EntryState:
        """How it stands at `now` (Unix seconds)."""
        if self.note is not None:
            return "note"
        if self.outcome is not None:
            return "failed" if self.outcome.state == "refused" else self.outcome.state
        return "running" if self.lives and 0 <= now - self.at < _RUNNING_S else "unknown"

    def said(self, now: float) -> str:
        """What came of it, in words; a note's text."""
        if self.note is not None:
            return self.note.text
        if self.outcome is not None:
            return self.outcome.message
        return RUNNING if self.state(now) == "running" else NOT_KNOWN

    @property
    def title(self) -> str:
        """Verb, target and argument; a note's text on one line."""
        if self.note is not None:
            return " ".join(self.note.text.split())
        if self.intent is None:
            return LOST_INTENT
        return " ".join(filter(None, (self.intent.verb, self.intent.target, self.intent.argument)))


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal holds, oldest first.

    `torn` lines are no records (a write that a crash cut short), `newer` were written by a newer version, and `cut`
    bytes of older lines were left out.
    """

    entries: tuple[Entry, ...] = ()
    torn: int = 0
    newer: int = 0
    cut: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is not shown, in words; empty when all is."""
        said = []
        if self.torn:
            said.append(f"{_lines(self.torn)} cut short by a crash, or not the journal's")
        if self.newer:
            said.append(f"{_lines(self.newer)} written by a newer version of this program")
        if self.cut:
            said.append(f"{self.cut:,} bytes of older lines are not shown")
        return tuple(said)


def _lines(count: int) -> str:
    return f"{count:,} line is" if count == 1 else f"{count:,} lines are"


def entries(records: Iterable[Record], lives: Callable[[int], bool]) -> tuple[Entry, ...]:
    """Join intents with their outcomes, in the order in which the entries began to be written.

    Args:
        records: In the order of the file.
        lives: Whether a process runs; asked only about intents without outcome.
    """
    found: list[Entry] = []
    waiting: dict[str, int] = {}
    for record in records:
        if isinstance(record, Intent):
            waiting[record.id] = len(found)
            found.append(Entry(at=record.at, intent=record))
        elif isinstance(record, Note):
            found.append(Entry(at=record.at, note=record))
        elif record.id in waiting:
            index = waiting.pop(record.id)
            found[index] = msgspec.structs.replace(found[index], outcome=record)
        else:
            found.append(Entry(at=record.at, outcome=record))
    for index in waiting.values():
        intent = found[index].intent
        if intent is not None and lives(intent.pid):
            found[index] = msgspec.structs.replace(found[index], lives=True)
    return tuple(found)


def utc(at: float, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time as text; one that no calendar has (a journal may hold anything) is said to be unreadable."""
    try:
        return dt.datetime.fromtimestamp(at, dt.UTC).strftime(pattern)
    except (ValueError, OverflowError, OSError):
        return "no readable time"
