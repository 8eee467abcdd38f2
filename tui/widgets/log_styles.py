"""The styles a log is drawn in, from the theme's variables."""

from __future__ import annotations

from collections.abc import Mapping

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from tui.model.sgr import Colour, Look

_LEVELS = (
    "foreground-muted",
    "foreground-muted",
    "foreground",
    "text-warning",
    "text-error",
    "text-error",
    "text-accent",
)
"""By number of the level."""
_SOURCES = (
    ("text-primary", "text-primary"),
    ("text-accent", "text-accent"),
    ("text-primary", "text-success"),
    ("text-accent", "text-error"),
    ("text-secondary", "text-secondary"),
    ("text-primary", "text-accent"),
    ("text-success", "text-secondary"),
    ("text-warning", "text-accent"),
)
"""Two variables each, mixed half and half: the theme has fewer colours than there are pods."""


class LogStyles:
    """The styles of one theme; made anew when the theme changes."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        def colour(name: str) -> Color:
            return Color.parse(variables[name])

        self.levels = tuple(
            Style(color=colour(name).rich_color, bold=number in {3, 4, 5} or None)
            for number, name in enumerate(_LEVELS)
        )
        self.sources = tuple(Style(color=colour(one).blend(colour(two), 0.5).rich_color) for one, two in _SOURCES)
        self.muted = Style(color=colour("foreground-muted").rich_color)
        self.folded = Style(color=colour("text-accent").rich_color, italic=True)
        self.mark = Style(color=colour("text-warning").rich_color, bold=True)
        self.cursor = Style(bgcolor=colour("primary-muted").rich_color, bold=True)
        self.cursor_blurred = Style(bgcolor=colour("surface-active").rich_color)
        self.selected = Style(bgcolor=colour("secondary-muted").rich_color)
        self.hit = Style(
            color=colour("foreground").rich_color, bgcolor=colour("warning-muted").rich_color, underline=True
        )
        self._looks: dict[Look, Style] = {}

    def look(self, look: Look) -> Style:
        """How a log wants its text to look."""
        style = self._looks.get(look)
        if style is None:
            style = Style(
                color=_rich(look.fore),
                bgcolor=_rich(look.back),
                bold=look.bold or None,
                dim=look.dim or None,
                italic=look.italic or None,
                underline=look.underline or None,
                reverse=look.reverse or None,
                strike=look.strike or None,
            )
            if len(self._looks) < _MOST_LOOKS:
                self._looks[look] = style
        return style


_MOST_LOOKS = 4096
"""A log could hold every colour there is."""


def _rich(colour: Colour) -> RichColor | None:
    if colour is None:
        return None
    return RichColor.from_ansi(colour) if isinstance(colour, int) else RichColor.from_rgb(*colour)
