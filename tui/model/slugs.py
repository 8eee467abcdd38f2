"""Anchors of headings, as GitHub makes them.

Source: https://github.com/Flet/github-slugger, the rule GitHub's own pages follow.
"""

from __future__ import annotations

import re
import unicodedata

_KEPT = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"}
"""Unicode categories that stay: letters, marks, decimal and letter numbers, connector punctuation such as `_`."""


_DROPPED_ASCII = re.compile(r"[^a-z0-9_ -]")


def slug(title: str) -> str:
    """The anchor of a heading's text: lower case, punctuation dropped, each space a hyphen.

    Nothing is collapsed or trimmed: `A & B` is `a--b`, as on GitHub.
    """
    lowered = title.lower()
    if lowered.isascii():
        return _DROPPED_ASCII.sub("", lowered).replace(" ", "-")
    return "".join(c for c in lowered if c in " -" or unicodedata.category(c) in _KEPT).replace(" ", "-")


class Slugger:
    """Anchors of one page, in its order: a title seen before gets `-1`, `-2`, …, never one that is taken."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def add(self, title: str) -> str:
        """The anchor of the next heading."""
        base = anchor = slug(title)
        while anchor in self._seen:
            self._seen[base] += 1
            anchor = f"{base}-{self._seen[base]}"
        self._seen[anchor] = 0
        return anchor
