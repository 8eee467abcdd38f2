"""Text drawn line by line, redrawing only the cells that changed.

The wire is an SSH session: a widget that repaints whole because one digit changed sends a screenful. `Lines` compares
what it is given with what it shows and invalidates the difference only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[str, str]
"""A text without control characters and the component class that colours it; "" is the widget's own style."""
Line = tuple[Span, ...]


class Lines(Widget):
    """Draws the `Line`s of `lay_out`, which a subclass computes from its values for the present size.

    A subclass calls `update_lines` when its values change.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--ok",
        "lines--warn",
        "lines--crit",
        "lines--unknown",
        "lines--muted",
        "lines--key",
        "lines--cursor",
        "lines--accent",
    }
    DEFAULT_CSS = """
    Lines {
        & > .lines--ok { color: $text-success; text-style: bold; }
        & > .lines--warn { color: $text-warning; text-style: bold; }
        & > .lines--crit { color: $text-error; text-style: bold; }
        & > .lines--unknown { color: $text-accent; text-style: bold; }
        & > .lines--muted { color: $foreground-muted; }
        & > .lines--key { color: $text-primary; text-style: bold; }
        & > .lines--accent { color: $text-primary; }
        & > .lines--cursor { background: $block-cursor-blurred-background; }
        &:focus > .lines--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """

    _lines: Sequence[Line] = ()

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
            old = self._strip(before[y] if y < len(before) else (), width)
            new = self._strip(self._lines[y] if y < len(self._lines) else (), width)
            changed = _difference(old, new)
            if changed is not None:
                start, end = changed
                regions.append(Region(start, y, end - start, 1))
        if regions:
            self.refresh(*regions)

    def on_resize(self) -> None:
        """Another size, another layout."""
        width, height = self.content_size
        self._lines = self.lay_out(width, height) if width and height else ()
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme, other colours; the text stays."""
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, padded to the width."""
        width = self.content_size.width
        return self._strip(self._lines[y] if y < len(self._lines) else (), width)

    def _strip(self, line: Line, width: int) -> Strip:
        base = self.rich_style
        segments = [
            Segment(text, base + self.get_component_rich_style(name, partial=True) if name else base)
            for text, name in line
        ]
        return Strip(segments).adjust_cell_length(width, base)


def _difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The first and one past the last cell that differ, or None."""
    before = [(char, segment.style) for segment in old for char in segment.text]
    after = [(char, segment.style) for segment in new for char in segment.text]
    if before == after:
        return None
    if len(before) != old.cell_length or len(after) != new.cell_length:
        return 0, max(old.cell_length, new.cell_length)  # wide characters: a cell is not a character
    length = min(len(before), len(after))
    start = next((i for i in range(length) if before[i] != after[i]), length)
    tail = next((i for i in range(length - start) if before[-1 - i] != after[-1 - i]), length - start)
    return start, max(len(before), len(after)) - tail


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
    return (*kept, ("…", "lines--muted"))


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left, `right` at the right edge; `left` gives way."""
    room = width - sum(len(text) for text, _ in right)
    left = fit(left, max(room - 1, 0))
    gap = max(room - sum(len(text) for text, _ in left), 0)
    return (*left, (" " * gap, ""), *right)
