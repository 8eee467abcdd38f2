r"""Which lines of a log begin an entry, and how grave each is: found for thousands of lines at once.

One byte a line: the level in its low three bits, and `CONTINUES` where the line belongs to the entry before it (the
lines of a traceback, whatever is indented). One `findall` over the joined lines costs a third of a microsecond a line;
a match each would be five times that. What it does not know is looked at line by line: plain text, Redis, access logs.

Known: Celery (`[2026-11-23 03:12:09,123: ERROR/ForkPoolWorker-1] …`), timestamps followed by a level (logging,
structlog, PostgreSQL), `LEVEL: …` (uvicorn, basicConfig), JSON, logfmt, klog, Redis, access logs (by status); Python,
Java and Go traces.
"""

from __future__ import annotations

import enum
import re

CONTINUES = 8
"""Set in the byte of a line that belongs to the entry before it."""
LEVEL_MASK = 7


class Level(enum.IntEnum):
    """How grave an entry is; NOTE is said by us, not by a log."""

    NONE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4
    CRITICAL = 5
    NOTE = 6


GLYPHS = (" ", "·", "•", "▲", "✕", "■", "─")
WORDS = ("", "DEBUG", "INFO", "WARN", "ERROR", "CRIT", "")

_NAMES: dict[str, Level] = {
    "TRACE": Level.DEBUG,
    "DEBUG": Level.DEBUG,
    "INFO": Level.INFO,
    "INFORMATION": Level.INFO,
    "NOTICE": Level.INFO,
    "LOG": Level.INFO,
    "SUCCESS": Level.INFO,
    "WARN": Level.WARN,
    "WARNING": Level.WARN,
    "ERR": Level.ERROR,
    "ERROR": Level.ERROR,
    "SEVERE": Level.ERROR,
    "CRITICAL": Level.CRITICAL,
    "CRIT": Level.CRITICAL,
    "FATAL": Level.CRITICAL,
    "PANIC": Level.CRITICAL,
    "ALERT": Level.CRITICAL,
    "EMERG": Level.CRITICAL,
    "EMERGENCY": Level.CRITICAL,
}
_UNKNOWN, _INDENTED, _TRACE = 16, 17, 18
"""Codes of lines that no level stands in, beside the levels themselves."""

_TRACES = ("Traceback (most", "During handling of ", "The above exception ", "Caused by: ", "goroutine ")
_UPPER = "|".join(sorted(_NAMES, key=len, reverse=True))
_LOWER = _UPPER.lower()
_DATE = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d| [A-Z]{3,4}\b)?"
_LINE = re.compile(
    rf"""(?m)^(?:
        (?:
            \[{_DATE}:\ ?                                                        # Celery
          | \[?{_DATE}\]?(?:[^\n{{="]{{0,60}}?[\s\[|-])?                         # date, then perhaps a name
          | \{{[^\n]*?"(?:log\.)?(?:level|levelname|severity|lvl)"\ ?:\ ?"?      # JSON
          | [A-Za-z_.]+=[^\n]*?\b(?:level|lvl|severity)="?                       # logfmt
          | (?:level|lvl|severity)="?
          | \[
        )?
        ( (?:{_UPPER})(?=[\]/:\s|",}}]|$)
        | (?<=[\[":=])(?:{_LOWER})(?=[\]\s",}}]|$)
        | (?<=[:"\ ])[1-6]0(?=[,}}"])                                            # pino counts
        | [IWEF](?=\d{{4}}\ \d\d:\d\d:)                                          # klog
        | ^[ \t]
        | ^(?:{"|".join(map(re.escape, _TRACES))})
        )
      | )[^\n]*""".encode(),
    re.VERBOSE,
)

_CODES: dict[bytes, int] = {
    **{name.encode(): level for name, level in _NAMES.items()},
    **{name.lower().encode(): level for name, level in _NAMES.items()},
    **{b"%d0" % number: min(max(number - 1, 1), 5) for number in range(1, 7)},
    **{letter.encode(): level for letter, level in zip("IWEF", (2, 3, 4, 5), strict=True)},
    b"": _UNKNOWN,
    b" ": _INDENTED,
    b"\t": _INDENTED,
    **{trace.encode(): _TRACE for trace in _TRACES},
}

_REDIS = re.compile(rb"\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ ([.*#-]) ")
_REDIS_LEVELS = {b".": Level.DEBUG, b"-": Level.INFO, b"*": Level.INFO, b"#": Level.WARN}
_ACCESS = re.compile(rb'[^"\n]{0,200}"[A-Z]{3,7} \S+ HTTP/[\d.]+" ([1-5])\d\d\b')
_ACCESS_LEVELS = {b"5": Level.ERROR, b"4": Level.WARN}
_DATED = re.compile(rb"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\{\"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ")

MOST_AFTER = 200
"""Lines of an exception's message (SQL, an HTTP body) that are taken to belong to it, up to the next formatted line."""


class EntryState:
    """Where one source's log stands between two batches of its lines."""

    __slots__ = ("after", "formatted", "level", "started", "tracing")

    def __init__(self) -> None:
        self.started = False
        """Whether there is an entry that a line could continue."""
        self.level = 0
        """Of the present entry."""
        self.formatted = False
        """Whether any line had a level or a date."""
        self.tracing = False
        """Inside a traceback, before the line that names the exception."""
        self.after = 0
        """Lines that may still belong to an exception's message."""

    def begin(self, level: int) -> None:
        """The last line was a formatted one of this level."""
        self.started = self.formatted = True
        self.level, self.tracing, self.after = level, False, 0


def classify(data: bytes, state: EntryState) -> bytearray:
    r"""One byte for each of the lines in `data`, which are joined by `\n` and stripped of colours."""
    found = bytearray(map(_CODES.__getitem__, _LINE.findall(data)))
    if _UNKNOWN in found or _INDENTED in found or _TRACE in found:
        _settle(found, data, state)
    elif found:
        state.begin(found[-1])
    return found


def _settle(codes: bytearray, data: bytes, state: EntryState) -> None:
    """Turn codes into levels and continuations, from top to bottom."""
    lines = data.split(b"\n")
    at = 0
    while match := _UNSETTLED.search(codes, at):
        index = match.start()
        if index > at:
            state.begin(codes[index - 1])
        code = codes[index]
        if code == _INDENTED:
            codes[index] = _continue(state)
        elif code == _TRACE:
            codes[index] = _trace(state)
        else:
            codes[index] = _unknown(lines[index], state)
        at = index + 1
    if at < len(codes):
        state.begin(codes[-1])


_UNSETTLED = re.compile(b"[%c-%c]" % (_UNKNOWN, _TRACE))


def _continue(state: EntryState) -> int:
    if not state.started:
        state.started = True
        return state.level
    return state.level | CONTINUES


def _trace(state: EntryState) -> int:
    """A traceback belongs to the error before it; without one it is an error itself."""
    of_error = state.started and (state.level >= Level.ERROR or state.after > 0 or state.tracing)
    state.tracing, state.after = True, 0
    if of_error:
        return state.level | CONTINUES
    state.started, state.level = True, Level.ERROR
    return state.level


def _unknown(line: bytes, state: EntryState) -> int:
    level = _by_form(line)
    if level is None and state.tracing and line:  # `KeyError: 'x'`, at the margin again
        state.tracing, state.after = False, MOST_AFTER if state.formatted else 0
        return state.level | CONTINUES
    if level is None and (state.after or state.tracing):
        state.after = max(state.after - 1, 0)
        return state.level | CONTINUES
    state.formatted |= level is not None
    state.started, state.level, state.tracing, state.after = True, level or Level.NONE, False, 0
    return state.level


def _by_form(line: bytes) -> int | None:
    """The level of a line that has a form but no level's name; None for plain text."""
    if match := _REDIS.match(line):
        return _REDIS_LEVELS[match.group(1)]
    if match := _ACCESS.match(line):
        return _ACCESS_LEVELS.get(match.group(1), Level.INFO)
    return Level.NONE if _DATED.match(line) else None
