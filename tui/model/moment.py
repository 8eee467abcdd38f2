"""A time as an operator types it."""

from __future__ import annotations

import datetime as dt
import re

_AGO = re.compile(r"-?\s*(\d+)\s*([smhd])$")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?$")


def moment(text: str, now: float) -> float | None:
    """Unix seconds of `15m` (ago), `03:12`, `03:12:09`, `2026-11-23`, `2026-11-23 03:12`; None for anything else.

    Times are UTC; one without a date is the last such before `now` (Unix seconds).
    """
    text = text.strip()
    if match := _AGO.match(text):
        return now - int(match[1]) * _UNITS[match[2]]
    try:
        if match := _CLOCK.match(text):
            day = dt.datetime.fromtimestamp(now, dt.UTC)
            at = day.replace(hour=int(match[1]), minute=int(match[2]), second=int(match[3] or 0), microsecond=0)
            return (at if at <= day else at - dt.timedelta(days=1)).timestamp()
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
