"""What a program sent to its terminal, taken apart: our own sequences, the text, and all that should not be there."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from tests.terminal import PYTHON, Terminal
from tui.model.text import sanitise

COLUMNS, ROWS = 160, 45
LIMIT_S = 30.0
_QUIET_S = 0.15
"""Longer than Textual waits for what may follow an escape key."""
_PAGES = 12

_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)")
_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_COLOURS = re.compile(r"\x1b\[([0-9;]*)m")
_LINK = re.compile(r"\x1b\]8;(?:id=\d+)?;([!-~]*)\x1b\\")
_MODES = "1000 1003 1015 1006 1004 1049 2004 25 7"
SCREEN = frozenset(
    {
        *(f"\x1b[?{mode}{switch}" for mode in _MODES.split() for switch in "hl"),
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[?2026$p",
        "\x1b[?2048$p",
        "\x1b]22;default\x07",
    }
)
"""What Textual 8.2.8 itself sends on its way in and out: private modes, the keyboard's protocol, two questions, the
pointer's shape."""

_FORBIDDEN_STYLES = {5, 6, 8}
"""Blinking and concealed: never ours, and what the hostile texts of the tests ask for."""


def leaks(sent: bytes, *, links: Sequence[str] = (), screen: bool = True) -> list[str]:
    """All in `sent` that is neither text nor one of our own sequences, each with what stands around it.

    Args:
        sent: From the start of the program to its end.
        links: Beginnings of the addresses that may be linked to.
        screen: Whether this was a full screen, with Textual's sequences, or lines with at most colours.
    """
    found = [repr(sent[max(error.start - 40, 0) : error.end + 40]) for error in _undecodable(sent)]
    text = sent.decode(errors="replace")
    found += [
        repr(text[max(match.start() - 60, 0) : match.end() + 40])
        for match in _SEQUENCE.finditer(text)
        if not _ours(match.group(), links, screen=screen)
    ]
    rest = _SEQUENCE.sub("", text).replace("\r\n", "\n")
    for match in re.finditer(r"[^\n]", rest):
        if (char := match.group()) == "\t" and not screen:
            continue  # in lines a tab is what it was
        if char == "\t" or sanitise(char) != char:
            found.append(repr(rest[max(match.start() - 60, 0) : match.end() + 40]))
    return found


def _undecodable(sent: bytes) -> Iterator[UnicodeDecodeError]:
    try:
        sent.decode()
    except UnicodeDecodeError as error:
        yield error


def _ours(sequence: str, links: Sequence[str], *, screen: bool) -> bool:
    if colours := _COLOURS.fullmatch(sequence):
        return not _FORBIDDEN_STYLES & set(_styles(colours[1]))
    if not screen:
        return False
    if move := _MOVE.fullmatch(sequence):
        return int(move[1]) <= ROWS and int(move[2]) <= COLUMNS
    if link := _LINK.fullmatch(sequence):
        return not link[1] or link[1].startswith(tuple(links))
    return sequence in SCREEN


def _styles(parameters: str) -> list[int]:
    """The parameters that are no part of a colour."""
    numbers = [int(number or 0) for number in parameters.split(";")]
    styles = []
    while numbers:
        style = numbers.pop(0)
        if style in (38, 48) and numbers:
            del numbers[: 4 if numbers[0] == 2 else 2]
        styles.append(style)
    return styles


def words(sent: bytes) -> str:
    """The text in `sent` without sequences."""
    return _SEQUENCE.sub("", sent.decode(errors="replace"))


class Session:
    """The program in a terminal, driven by keys.

    Args:
        arguments: After `python -m tui.cli`.
        pipe: A line for a shell instead, where `"$0" "$@"` is the program.
    """

    def __init__(self, *arguments: str, pipe: str = "") -> None:
        program = (PYTHON, "-m", "tui.cli", *arguments)
        self._terminal = Terminal(("/bin/sh", "-c", pipe, *program) if pipe else program, columns=COLUMNS, rows=ROWS)
        self._since = 0
        self._ended = False

    def press(self, keys: str) -> None:
        """Press keys once nothing more comes; what is waited for after them is painted after them."""
        while not self._ended and self._take(_QUIET_S):
            pass
        self._since = len(self._terminal.output)
        self._terminal.type(keys.encode())

    def shows(self, *markers: str) -> None:
        """Wait until all of them have been painted since the last key."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            painted = words(bytes(self._terminal.output[self._since :]))
            if all(marker in painted for marker in markers):
                return
            if self._ended:
                break
            self._take(0.1)
        missing = [marker for marker in markers if marker not in painted]
        raise AssertionError(f"not painted: {missing}; the screen holds: {painted[-6000:]}")

    def pages(self, *markers: str) -> None:
        """As `shows`, scrolling down page by page until all of them have been seen."""
        wanted = set(markers)
        for _ in range(_PAGES):
            since = self._since
            self.press("\x1b[6~")
            wanted = {marker for marker in wanted if marker not in words(bytes(self._terminal.output[since:]))}
            if not wanted:
                return
        raise AssertionError(f"not painted on any page: {wanted}")

    def finish(self, keys: str = "") -> bytes:
        """Wait for the program's end and return all it sent."""
        if keys:
            self.press(keys)
        end = time.monotonic() + LIMIT_S
        while not self._ended and time.monotonic() < end:
            self._take(0.2)
        assert self._ended, f"it did not end: {words(bytes(self._terminal.output))[-2000:]}"
        return bytes(self._terminal.output)

    def close(self) -> None:
        """Kill what is left of it."""
        self._terminal.close()

    def _take(self, timeout_s: float) -> bool:
        """Whether anything came."""
        before = len(self._terminal.output)
        if not self._terminal.read_once(timeout_s):
            self._ended = True
        return len(self._terminal.output) > before
