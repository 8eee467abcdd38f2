"""Text drawn line by line, redrawing only the cells that changed.

The wire is an SSH session: a widget that repaints whole because one digit changed sends a screenful. `Lines` compares
what it is given with what it shows and invalidates the difference only.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.palette import Tone, tones

Span = tuple[str, Tone]
"""A text without control characters, and what it means."""
Line = tuple[Span, ...]


class Lines(Widget):
    """Draws the `Line`s of `lay_out`, which a subclass computes from its values for the present size.

    A subclass calls `update_lines` when its values change.
    """

    _lines: Sequence[Line] = ()
    _base: Style | None = None

    def lay_out(self, width: int, height: int) -> Sequence[Line]:
        """The lines to show in `width` × `height` cells; more lines than `height` are cut."""
        raise NotImplementedError

    def update_lines(self) -> None:
        """Lay out anew and repaint what differs."""
        width, height = self.content_size
        if not width or not height:
            return
        before, self._lines = self._lines, self.lay_out(width, height)
        regions = []
        for y in range(max(len(before), len(self._lines))):
            old = before[y] if y < len(before) else ()
            new = self._lines[y] if y < len(self._lines) else ()
            changed = _difference(old, new, width)
            if changed is not None:
                start, end = changed
                regions.append(Region(start, y, end - start, 1))
        if regions:
            self.refresh(*regions)

    def retitle(self, title: str | None = None, subtitle: str | None = None) -> None:
        """Change the frame's texts; Textual repaints the whole widget even when they stay the same."""
        if title is not None and str(self.border_title) != title:
            self.border_title = Content(title)
        if subtitle is not None and str(self.border_subtitle or "") != subtitle:
            self.border_subtitle = Content(subtitle)

    def on_resize(self) -> None:
        """Another size, another layout."""
        width, height = self.content_size
        self._lines = self.lay_out(width, height) if width and height else ()
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme, other colours; the text stays."""
        super().notify_style_update()
        self._base = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, padded to the width."""
        if self._base is None:
            self._base = self.rich_style
        base, styles = self._base, tones(self)
        line = self._lines[y] if y < len(self._lines) else ()
        segments = [Segment(text, base + styles[tone]) for text, tone in line]
        return Strip(segments).adjust_cell_length(self.content_size.width, base)


def _difference(old: Line, new: Line, width: int) -> tuple[int, int] | None:
    """The first and one past the last cell that differ, or None."""
    if old == new:
        return None
    before, after = _cells(old), _cells(new)
    if not all(char.isascii() or cell_len(char) == 1 for char, _ in (*before, *after)):
        return 0, width  # a character of two cells or none: its index is not its column
    before += [(" ", "")] * (width - len(before))
    after += [(" ", "")] * (width - len(after))
    differing = [x for x in range(width) if before[x] != after[x]]
    return (differing[0], differing[-1] + 1) if differing else None


def _cells(line: Line) -> list[tuple[str, Tone]]:
    return [(char, tone) for text, tone in line for char in text]


def fit(line: Line, width: int) -> Line:
    """Cut `line` to `width` characters, the last of them an ellipsis when something is missing."""
    total = sum(len(text) for text, _ in line)
    if total <= width:
        return line
    kept: list[Span] = []
    room = width - 1
    for text, name in line:
        kept.append((text[: max(room, 0)], name))
        room -= len(text)
        if room < 0:
            break
    return (*kept, ("…", "muted"))


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left, `right` at the right edge; `left` gives way."""
    room = width - sum(len(text) for text, _ in right)
    left = fit(left, max(room - 1, 0))
    gap = max(room - sum(len(text) for text, _ in left), 0)
    return (*left, (" " * gap, ""), *right)
