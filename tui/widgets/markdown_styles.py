"""How drawn Markdown looks on screen, by the theme's variables.

Resolved once per theme, not by component classes: Textual would match each of them against the stylesheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rich.style import Style
from textual.color import Color


class _Look(NamedTuple):
    text: str = ""
    back: str = ""
    attributes: str = ""


_SCREEN: Mapping[str, _Look] = {
    "page": _Look("foreground", "background"),
    "h1": _Look("text-primary", attributes="bold"),
    "h2": _Look("text-primary", attributes="bold"),
    "h3": _Look(attributes="bold"),
    "h4": _Look(attributes="bold italic"),
    "strong": _Look(attributes="bold"),
    "em": _Look(attributes="italic"),
    "s": _Look(attributes="strike"),
    "code": _Look("text-success"),
    "link": _Look("text-primary", attributes="underline"),
    "external": _Look("text-accent", attributes="underline"),
    "muted": _Look("foreground-muted"),
    "rule": _Look("foreground-muted"),
    "quote": _Look("text-warning"),
    "bullet": _Look("text-primary"),
    "caption": _Look("foreground-muted"),
    "caption-name": _Look(attributes="bold"),
    "caption-change": _Look("text-warning"),
    "caption-danger": _Look("text-error", attributes="bold"),
    "code-block": _Look("foreground", "panel"),
    "cursor": _Look("background", "primary", "bold not underline"),
    "hit": _Look("foreground", "warning-muted"),
    "current-hit": _Look("background", "warning", "bold not underline"),
    "stale": _Look("text-warning"),
    "alarm": _Look("text-error"),
}
"""Cursor and hits differ from text by more than colour."""


class ScreenStyles:
    """The styles of one theme; a run's style is looked up once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._named = {name: _screen_style(look, variables) for name, look in _SCREEN.items()}
        self._combined: dict[str, Style] = {}

    def __getitem__(self, names: str) -> Style:
        """The style of names parted by spaces, the later ones over the earlier, over the page's own."""
        style = self._combined.get(names)
        if style is None:
            style = Style.combine([self._named["page"], *(self._named[name] for name in names.split())])
            self._combined[names] = style
        return style

    def over(self, name: str) -> Style:
        """One style alone, to lay over what is there."""
        return self._named[name]


def _screen_style(look: _Look, variables: Mapping[str, str]) -> Style:
    text, back = (Color.parse(variables[name]).rich_color if name else None for name in look[:2])
    return Style.parse(look.attributes) + Style(color=text, bgcolor=back)
