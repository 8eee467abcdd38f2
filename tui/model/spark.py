"""Numbers as blocks: sparklines and filled graphs of text.

A column shows the largest value that falls into it, so that a peak of one sample is never averaged away. A gap is a
space.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " " + BLOCKS


def columns(values: Sequence[float | None], width: int) -> list[float | None]:
    """Downsample to `width` columns, the maximum of each; NaN counts as a gap.

    Fewer values than columns are stretched, so that the graph always spans its time.
    """
    count = len(values)
    if not count or width <= 0:
        return [None] * max(width, 0)
    result: list[float | None] = []
    for column in range(width):
        low = column * count // width
        high = max((column + 1) * count // width, low + 1)
        numbers = [value for value in values[low:high] if value is not None and math.isfinite(value)]
        result.append(max(numbers) if numbers else None)
    return result


def sparkline(values: Sequence[float | None], width: int) -> str:
    """One line of exactly `width` cells, scaled between the least and the greatest column.

    A flat line stands at the lowest block: what does not change should not catch the eye.
    """
    shown = columns(values, width)
    numbers = [value for value in shown if value is not None]
    if not numbers:
        return " " * max(width, 0)
    low, high = min(numbers), max(numbers)
    span = high - low
    top = len(BLOCKS) - 1
    return "".join(
        " " if value is None else BLOCKS[round((value - low) / span * top) if span else 0] for value in shown
    )


def graph(values: Sequence[float | None], width: int, height: int, top: float) -> list[str]:
    """`height` lines of `width` cells filled from 0 to `top`, the first line uppermost.

    Args:
        values: Evenly spaced; negative ones are drawn as 0.
        width: Cells.
        height: Lines.
        top: The value at the upper edge, above 0.
    """
    eighths = [
        None if value is None else round(min(max(value / top, 0.0), 1.0) * height * 8)
        for value in columns(values, width)
    ]
    lines = []
    for row in range(height - 1, -1, -1):
        base = row * 8
        lines.append("".join(" " if e is None else _EIGHTHS[min(max(e - base, 0), 8)] for e in eighths))
    if lines:  # zero is a value, not a gap
        lines[-1] = "".join(BLOCKS[0] if e == 0 else char for e, char in zip(eighths, lines[-1], strict=True))
    return lines


def nice_ceiling(value: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is not below `value`; 1 for what is not positive."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))
