"""Logs as they come: lines of bytes, and who comes and goes.

Bytes stay bytes until a line is shown: a million lines are kept, a few dozen are looked at.
"""

from __future__ import annotations

import msgspec


class LogRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which logs.

    `selector` is `app=celery-worker` under Kubernetes, a service's name under compose; `pods` narrows it to some by
    name; an empty `container` is each pod's default; `since_s` None is all there is; `tail` None is every line of that.
    """

    selector: str
    pods: tuple[str, ...] = ()
    container: str = ""
    previous: bool = False
    since_s: float | None = None
    tail: int | None = None
    follow: bool = True


class LogLines(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive lines of one source, without their line ends, as received.

    `stamps[i]` is when the server stamped line i, in Unix seconds, NaN where it did not. A line that the server cut in
    two is two lines.
    """

    source: str
    """The pod's name, or the file's."""
    lines: tuple[bytes, ...]
    stamps: tuple[float, ...]


class LogNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a source that is no line of it: it appeared, it ended (why), lines were skipped."""

    source: str
    text: str
    at: float
    gone: bool = False
    """Nothing more comes from this source, unless it appears again."""


LogItem = LogLines | LogNotice
