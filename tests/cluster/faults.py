"""Trouble on order: what a server does on its bad days, for as many calls as a test wants.

A fault matches by method and by a regular expression searched in `path?query`, so `watch=1` and `labelSelector` can be
told apart from a plain list. The first that matches is used up first.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Trouble = Literal["slow", "hang", "answer", "drop", "watch-dies", "watch-expires", "watch-silent"]


class Fault(msgspec.Struct, kw_only=True):
    """One ordered trouble. `left` counts down with every call it befalls."""

    trouble: Trouble
    path: str
    method: str = ""
    """Empty for any."""
    left: int
    seconds: float = 0
    """How long "slow" takes."""
    code: int = 0
    retry_after: int | None = None
    after: int = 0
    """How many events a watch delivers until its trouble begins."""

    def matches(self, method: str, path: str, *, watch: bool) -> bool:
        """Whether it befalls this call."""
        if self.trouble.startswith("watch-") and not watch:
            return False
        return self.left > 0 and self.method in ("", method) and re.search(self.path, path) is not None


class Faults:
    """What was ordered and is not used up; `met` lists the calls that got it, as `GET /api/…`."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self.met: list[str] = []

    def slow(self, path: str, seconds: float, *, method: str = "", times: int = 1) -> None:
        """Answer, but only after so many seconds."""
        self._ordered.append(Fault(trouble="slow", path=path, method=method, left=times, seconds=seconds))

    def hang(self, path: str, *, method: str = "", times: int = 1) -> None:
        """Accept the call and never answer."""
        self._ordered.append(Fault(trouble="hang", path=path, method=method, left=times))

    def answer(self, path: str, code: int, *, method: str = "", times: int = 1, retry_after: int | None = None) -> None:
        """Refuse with that status (401, 403, 409, 429, 500, …); `retry_after` is in seconds."""
        fault = Fault(trouble="answer", path=path, method=method, left=times, code=code, retry_after=retry_after)
        self._ordered.append(fault)

    def drop(self, path: str, *, method: str = "", times: int = 1) -> None:
        """Close the connection without an answer."""
        self._ordered.append(Fault(trouble="drop", path=path, method=method, left=times))

    def watch_dies(self, path: str, *, after: int = 0, times: int = 1) -> None:
        """Cut a watch's connection in the middle of the stream."""
        self._ordered.append(Fault(trouble="watch-dies", path=path, left=times, after=after))

    def watch_expires(self, path: str, *, after: int = 0, times: int = 1) -> None:
        """End a watch with an ERROR event that says 410."""
        self._ordered.append(Fault(trouble="watch-expires", path=path, left=times, after=after))

    def watch_silent(self, path: str, *, after: int = 0, times: int = 1) -> None:
        """Keep a watch open and say nothing any more, not even bookmarks: a connection a firewall forgot."""
        self._ordered.append(Fault(trouble="watch-silent", path=path, left=times, after=after))

    def clear(self) -> None:
        """All is well again for calls to come."""
        self._ordered.clear()

    def take(self, method: str, path: str, *, watch: bool) -> Fault | None:
        """The trouble this call meets, if any."""
        for fault in self._ordered:
            if fault.matches(method, path, watch=watch):
                fault.left -= 1
                self.met.append(f"{method} {path}")
                return fault
        return None
