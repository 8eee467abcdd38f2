"""Time as the screens say it. The clock itself is injected, so tests need no sleep and snapshots hold still."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]
"""Unix seconds UTC."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def age(seconds: float) -> str:
    """An age in at most four cells: `0s`, `45s`, `12m`, `3h`, `4d`; a negative one (clocks differ) is `0s`."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < _DAY:
        return f"{whole // _HOUR}h"
    return f"{whole // _DAY}d"
