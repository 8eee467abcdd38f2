"""Text from outside, made harmless once.

A terminal obeys what it is sent: an escape sequence in a log line can write the operator's clipboard (OSC 52), move the
cursor and forge the screen (CSI), or reverse what is read (bidi marks). `sanitise` is applied where a source reads
foreign text; after it, nothing downstream needs to be careful. It never interprets markup; the caller draws the result
with `Content`/`Text`, never through a markup parser.
"""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that reorder what is read: a forged file name or command looks harmless with them."""

_UNSAFE = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f{_BIDI}]"
)
_LINE_UNSAFE = re.compile(r"[\t\n]")

_C0_PICTURES = 0x2400
_DEL = 0x7F


def _visible(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if code < 0x20:  # noqa: PLR2004 - the C0 range
        return chr(_C0_PICTURES + code)
    if code == _DEL:
        return "␡"
    if unicodedata.category(char) == "Cs":
        return "\ufffd"
    return f"‹{code:02X}›" if code < 0x100 else f"‹U+{code:04X}›"  # noqa: PLR2004 - the C1 range is two hex digits


def sanitise(text: str, limit: int = 100_000) -> str:
    r"""Show what is not printable instead of sending it, and bound the length.

    Newlines and tabs stay; ESC becomes ␛, C1 controls `‹9B›`, bidi marks `‹U+202E›`, lone surrogates U+FFFD. A text
    longer than `limit` characters is cut and ends in …. Idempotent.

    Args:
        text: Anything; `\r\n` is read as a newline.
        limit: Characters kept, at least 1.
    """
    text = clip(text, limit)
    if text.isascii() and text.isprintable():
        return text
    return clip(_UNSAFE.sub(_visible, text.replace("\r\n", "\n")), limit)


def sanitise_line(text: str, limit: int = 2_000) -> str:
    """`sanitise` for what must stay on one line: newlines and tabs become one space."""
    return _LINE_UNSAFE.sub(" ", sanitise(text, limit)).strip()


def clip(text: str, width: int) -> str:
    """Cut to `width` characters, the last of them an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS
