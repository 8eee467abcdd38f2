"""Runs of styled text, and how they are folded into lines of so many cells.

Kept apart from Textual, so that the command line draws with it too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

_WORD = re.compile(r"\S+\s*|\s+")


class Run(NamedTuple):
    """A text in one style: names parted by spaces. `item` is the number of the link it belongs to, or -1."""

    text: str
    style: str = ""
    item: int = -1


def cells(text: str) -> int:
    """Cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fold(text: str, width: int) -> list[tuple[int, int]]:
    r"""Offsets of the lines `text` makes in `width` cells: broken at white space, at `\n`, and within what is too long.

    White space at a fold belongs to no line, except at the beginning of a line of its own. Never empty.
    """
    width = max(width, 1)
    lines: list[tuple[int, int]] = []
    start = 0
    for part in text.split("\n"):
        if cells(part) <= width:
            lines.append((start, start + len(part.rstrip())))
        else:
            lines.extend((start + begin, start + end) for begin, end in _fold_part(part, width))
        start += len(part) + 1
    return lines


def _fold_part(part: str, width: int) -> list[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    begin = end = used = 0
    for match in _WORD.finditer(part):
        word = match.group().rstrip()
        size = cells(word)
        if used + size > width:
            if end > begin:
                lines.append((begin, end))
            begin, used = match.start(), 0
        if size > width:
            *full, (last_begin, last_end) = chop(word, width)
            lines.extend((match.start() + a, match.start() + b) for a, b in full)
            begin, size = match.start() + last_begin, cells(word[last_begin:last_end])
        end = match.start() + len(word)
        used += size + cells(match.group()[len(word) :])
    lines.append((begin, end))
    return lines


def chop(text: str, width: int) -> list[tuple[int, int]]:
    """Offsets of the pieces `text` makes when it is cut wherever `width` cells are full. Never empty."""
    if text.isascii():
        return [(at, min(at + width, len(text))) for at in range(0, len(text), width)] or [(0, 0)]
    pieces: list[tuple[int, int]] = []
    begin = used = 0
    for at, char in enumerate(text):
        size = cell_len(char)
        if used + size > width and at > begin:
            pieces.append((begin, at))
            begin, used = at, 0
        used += size
    return [*pieces, (begin, len(text))]


def chop_words(text: str, width: int) -> list[tuple[int, int]]:
    """`chop`, but after the last space of a piece where its second half has one; the space stays."""
    pieces: list[tuple[int, int]] = []
    begin = 0
    while True:
        end = begin + chop(text[begin : begin + width], width)[0][1]
        if end >= len(text):
            return [*pieces, (begin, len(text))]
        space = text.rfind(" ", (begin + end) // 2, end) + 1
        pieces.append((begin, space or end))
        begin = space or end


def cut(runs: Sequence[Run], lines: Sequence[tuple[int, int]]) -> list[tuple[Run, ...]]:
    """The runs of each line; `lines` ascend, and offsets count over all runs."""
    found: list[tuple[Run, ...]] = []
    number = offset = 0
    for begin, end in lines:
        while number < len(runs) and offset + len(runs[number].text) <= begin:
            offset += len(runs[number].text)
            number += 1
        line: list[Run] = []
        at, place = number, offset
        while at < len(runs) and place < end:
            text, style, item = runs[at]
            piece = text[max(begin - place, 0) : end - place]
            if piece:
                line.append(Run(piece, style, item))
            place += len(text)
            at += 1
        found.append(tuple(line))
    return found


def share(natural: Sequence[int], width: int) -> list[int]:
    """Widths of columns that want `natural` cells and have `width` together: the narrow ones get what they want."""
    left, given = width, [0] * len(natural)
    for position, column in enumerate(sorted(range(len(natural)), key=lambda column: natural[column])):
        given[column] = max(min(natural[column], left // (len(natural) - position)), 1)
        left -= given[column]
    return given
