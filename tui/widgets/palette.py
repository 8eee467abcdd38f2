"""The few styles text is drawn in, from the theme's variables.

Textual's component classes would do the same, at the price of matching every class against the stylesheet for every
widget: eight classes on nine widgets were a fifth of the time to the first paint.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from rich.style import Style
from textual.color import Color
from textual.dom import DOMNode

Tone = Literal["", "ok", "warn", "crit", "unknown", "muted", "key", "accent", "cursor"]
"""What a piece of text means; "" is the widget's own style."""

_TONES: Mapping[str, tuple[str, str, bool]] = {
    "ok": ("text-success", "", True),
    "warn": ("text-warning", "", True),
    "crit": ("text-error", "", True),
    "unknown": ("text-accent", "", True),
    "muted": ("foreground-muted", "", False),
    "key": ("text-primary", "", True),
    "accent": ("text-primary", "", False),
    "cursor": ("block-cursor-foreground", "block-cursor-background", True),
}
"""Foreground and background variable, and whether bold."""


@lru_cache(maxsize=8)
def _styles(values: tuple[tuple[str, str, bool], ...]) -> Mapping[str, Style]:
    return {"": Style(), **{tone: _style(*value) for tone, value in zip(_TONES, values, strict=True)}}


def _style(text: str, back: str, bold: bool) -> Style:
    below = Color.parse(back) if back else None
    if text.startswith("auto") and below is not None:
        colour = below.blend(below.get_contrast_text(), 0.9)
    else:
        colour = Color.parse(text)
    return Style(color=colour.rich_color, bgcolor=below.rich_color if below else None, bold=bold or None)


def tones(node: DOMNode) -> Mapping[str, Style]:
    """The style of every tone in the present theme."""
    variables = node.app.theme_variables
    return _styles(
        tuple((variables[text], variables[back] if back else "", bold) for text, back, bold in _TONES.values())
    )
