"""One log line taken apart: when, how grave, what it says, and which trace it belongs to.

Only lines that are looked at are parsed; whole logs are graded by `tui.model.log_levels`. Times without a zone are
read as UTC, which is what containers run in.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import re
from typing import Any, NamedTuple

import msgspec

_STAMP = re.compile(
    r"(?<!\d)(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_EPOCH = re.compile(r'"(?:ts|time|timestamp|@timestamp)" ?: ?(\d{10}(?:\.\d+)?|\d{13})\b')
_SEARCHED = 300
"""Characters at the beginning of a line in which its time is looked for."""

_CELERY = re.compile(r"\[[^\]]{10,40}: ?[A-Z]+/[^\]]{1,60}\] ?")
_LEADING = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ][\d:]{8}[\d.,]*(?:Z|[+-]\d\d:?\d\d| [A-Z]{3,4}\b)?\]?[ :-]*"
    r"(?:\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL) *[\]:]?[ -]+"
    r"|\[(?:trace|debug|info|warn(?:ing)?|error|critical) *\] *)?"
)
_LEVEL_FIRST = re.compile(r"\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b *[\]:] *")

_TRACE = re.compile(
    r"(?i)(?:trace[_.-]?id|otelTraceID)\"?\s?[=:]\s?\"?(?P<id>[0-9a-f]{32}|[0-9a-f]{16})\b"
    r"|traceparent\"?\s?[=:]\s?\"?[0-9a-f]{2}-(?P<parent>[0-9a-f]{32})-"
)

_MESSAGE_KEYS = ("message", "msg", "event", "log")
_SHOWN_KEYS = frozenset(
    (
        "time",
        "timestamp",
        "@timestamp",
        "ts",
        "asctime",
        "level",
        "levelname",
        "log.level",
        "severity",
        "lvl",
        "levelno",
    )
)
"""What the columns show already."""
_PAIR = re.compile(r'([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S*)')


class Said(NamedTuple):
    """What a line says beside its time and level: from `start` on, or, for JSON, in `text` instead of the line."""

    start: int
    text: str | None = None


def time_of(line: str) -> float | None:
    """When a line says it was written, in Unix seconds; None when it does not say so near its beginning."""
    head = line[:_SEARCHED]
    match = _STAMP.search(head)
    if match is None:
        epoch = _EPOCH.search(head)
        if epoch is None:
            return None
        digits = epoch.group(1)
        return float(digits) / (1000 if digits.isdecimal() and len(digits) == _MILLISECONDS else 1)
    zone = match["zone"] or "Z"
    try:
        at = dt.datetime.fromisoformat(f"{match['date']}T{match['time']}{zone}").timestamp()
    except ValueError:
        return None
    return at + (float(f"0.{match['part']}") if match["part"] else 0.0)


_MILLISECONDS = 13
"""Digits of a time in milliseconds."""


def trace_of(line: str) -> str:
    """The trace a line names: 32 or 16 hexadecimal digits in lower case, empty when it names none."""
    match = _TRACE.search(line)
    return (match["id"] or match["parent"]).lower() if match else ""


def said(line: str) -> Said:
    """What is left when time and level are shown in columns of their own."""
    if line.startswith("{"):
        fields = _object(line)
        if fields is not None:
            with contextlib.suppress(RecursionError):  # nested deeper than it can be written again
                return Said(0, _told(fields))
    for form in (_CELERY, _LEADING, _LEVEL_FIRST):
        match = form.match(line)
        if match:
            return Said(match.end() if match.end() < len(line) else 0)
    return Said(0)


def _told(fields: dict[str, Any]) -> str:
    """A JSON line as its message and then its other fields."""
    message = next((key for key in _MESSAGE_KEYS if isinstance(fields.get(key), str)), None)
    parts = [fields[message]] if message is not None else []
    parts += [f"{key}={_short(value)}" for key, value in fields.items() if key != message and key not in _SHOWN_KEYS]
    return "  ".join(parts[:1]) + ("  " if len(parts) > 1 else "") + " ".join(parts[1:])


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return found if isinstance(found, dict) else None


def pretty(line: str) -> str:
    """A line unfolded: its JSON indented, wherever in the line that begins, or its key=value pairs below each other.

    What is neither stays as it is.
    """
    for at in (0, line.find("{")):
        if at >= 0 and line.startswith("{", at):
            shown = _indented(line[at:])
            if shown:
                # A traceback inside a string is easier to read with its lines apart.
                shown = _ESCAPE.sub(lambda match: _ESCAPED.get(match.group(), match.group()), shown)
                return f"{line[:at].rstrip()}\n{shown}" if at else shown
    pairs = _PAIR.findall(line)
    if len(pairs) < _FEW_PAIRS:
        return line
    width = max(len(key) for key, _ in pairs)
    return line + "\n\n" + "\n".join(f"{key:{width}}  {value}" for key, value in pairs)


_FEW_PAIRS = 2
_ESCAPE = re.compile(r"\\.")
_ESCAPED = {"\\n": "\n      ", "\\t": "    "}


def _indented(text: str) -> str:
    """JSON over several lines; empty when it is not an object, or too deep to be walked."""
    fields = _object(text)
    if fields is None:
        return ""
    try:
        return json.dumps(_unfold(fields), indent=2, ensure_ascii=False, default=str)
    except RecursionError:
        return ""


def _unfold(value: object, depth: int = 0) -> object:
    """Strings that hold JSON themselves become what they hold, a few levels deep; NaN becomes text."""
    if isinstance(value, dict):
        return {key: _unfold(inner, depth) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unfold(inner, depth) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and depth < _DEEPEST and value.startswith("{"):
        inner = _object(value)
        return value if inner is None else _unfold(inner, depth + 1)
    return value


_DEEPEST = 3
