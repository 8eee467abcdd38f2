"""Colours in foreign text: the escape sequences that only colour, and nothing else, are obeyed.

A log line's bytes become pieces of printable text, each in one style. Select Graphic Rendition (`ESC [ … m`) is read;
every other sequence is shown by `sanitise`, not sent. A carriage return begins the line anew, so a progress bar is
shown in its last state. Blinking and concealed text are shown plainly: nothing blinks here, and nothing hides.

Source: ECMA-48, 5th edition, 8.3.117; https://learn.microsoft.com/en-us/windows/console/console-virtual-terminal-sequences#text-formatting
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tui.model.text import sanitise

Colour = int | tuple[int, int, int] | None
"""Number of the 256-colour palette, red, green and blue, or the terminal's default."""


class Look(NamedTuple):
    """How a piece of text looks."""

    fore: Colour = None
    back: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


PLAIN = Look()

Piece = tuple[str, Look]
"""Printable text without tabs or newlines, and how it looks."""

LONGEST = 10_000
"""Characters of one line that are shown."""
TAB = 4

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_SGR_BYTES = re.compile(rb"\x1b\[[0-9;:]*m")
_ERASE_LINE = re.compile(r"\x1b\[[012]?K")
"""Sent after every carriage return of a progress bar; without a screen of its own it means nothing."""
_MOST_PARAMETERS = 32

_SWITCHES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}


def without_colours(data: bytes) -> bytes:
    """`data` less its colours; what else is in it stays."""
    return _SGR_BYTES.sub(b"", data) if b"\x1b" in data else data


def decode(line: bytes, limit: int = LONGEST) -> tuple[str, int]:
    """The text of a line, still with its escape sequences, and how many bytes of it were left out.

    Invalid UTF-8 becomes U+FFFD. Only what follows the last carriage return is kept, since that is what a terminal
    would show; one at the end belongs to the line end. `limit` is in bytes; colours count.
    """
    line = line.rstrip(b"\r")
    begin = line.rfind(b"\r") + 1
    rest = len(line) - begin - limit
    return line[begin : begin + limit].decode("utf-8", "replace"), max(rest, 0)


def pieces(line: bytes, limit: int = LONGEST) -> tuple[Piece, ...]:
    """What a terminal may show of a line; a line of more than `limit` bytes ends in a note that says so."""
    text, left_out = decode(line, limit)
    if not left_out and text.isascii() and text.isprintable():
        return ((text, PLAIN),) if text else ()
    found: list[Piece] = []
    look, at = PLAIN, 0
    text = _ERASE_LINE.sub("", text)
    for match in _SGR.finditer(text):
        _add(found, text[at : match.start()], look)
        look, at = apply(look, match.group(1)), match.end()
    _add(found, text[at:], look)
    if left_out:
        found.append((f" … {left_out:,} more bytes", PLAIN))
    return tuple(found)


def plain(line: bytes, limit: int = LONGEST) -> str:
    """The text of `pieces`."""
    return "".join(text for text, _ in pieces(line, limit))


def _add(found: list[Piece], text: str, look: Look) -> None:
    if text:
        found.append((sanitise(text.replace("\n", "␊").expandtabs(TAB), len(text) * _GROWTH), look))


_GROWTH = 10
"""`sanitise` makes at most nine characters of one; the length is bounded already."""


@lru_cache(maxsize=1024)
def apply(look: Look, parameters: str) -> Look:
    """The look after one SGR sequence; parameters that are not known change nothing."""
    numbers = [int(part[:4] or 0) for part in re.split("[;:]", parameters)[:_MOST_PARAMETERS]]
    at = 0
    while at < len(numbers):
        code = numbers[at]
        at += 1
        if code == 0:
            look = PLAIN
        elif code in _SWITCHES:
            look = look._replace(**_SWITCHES[code])
        elif code in {38, 48}:
            colour, used = _extended(numbers[at:])
            at += used
            if colour is not None:
                look = look._replace(fore=colour) if code == _FORE else look._replace(back=colour)
        else:
            look = _basic(look, code)
    return look


_FORE = 38


def _extended(numbers: list[int]) -> tuple[Colour, int]:
    """The colour after 38 or 48, and how many parameters it took."""
    match numbers:
        case [5, number, *_]:
            return (number if number < 256 else None), 2  # noqa: PLR2004 - the palette's size
        case [2, red, green, blue, *_]:
            return (min(red, 255), min(green, 255), min(blue, 255)), 4
    return None, len(numbers)


def _basic(look: Look, code: int) -> Look:
    """The sixteen colours, and the way back to the default."""
    for first, bright in ((30, 0), (90, 8)):
        if first <= code < first + 8:
            return look._replace(fore=code - first + bright)
        if first + 10 <= code < first + 18:
            return look._replace(back=code - first - 10 + bright)
    if code == 39:  # noqa: PLR2004 - default foreground
        return look._replace(fore=None)
    return look._replace(back=None) if code == 49 else look  # noqa: PLR2004 - default background
