"""How drawn Markdown looks on the command line: in the terminal's own colours, since its background is not known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style

_TERMINAL: Mapping[str, str] = {
    "h1": "bold",
    "h2": "bold cyan",
    "h3": "bold",
    "h4": "bold italic",
    "strong": "bold",
    "em": "italic",
    "s": "strike",
    "code": "cyan",
    "link": "blue underline",
    "external": "blue underline",
    "muted": "dim",
    "rule": "dim",
    "quote": "yellow",
    "bullet": "cyan",
    "caption": "dim",
    "caption-name": "bold",
    "caption-change": "yellow",
    "caption-danger": "bold red",
    "code-block": "",
}


@lru_cache(maxsize=256)
def terminal_style(names: str) -> Style:
    """The style of names parted by spaces, the later ones over the earlier."""
    return Style.combine([Style.null(), *(Style.parse(_TERMINAL[name]) for name in names.split())])
