"""The operator's clipboard, reached through the terminal (OSC 52), which never answers."""

from __future__ import annotations

import base64

from textual.dom import DOMNode

LIMIT = 75_000
"""Bytes of base64 that terminals are known to take in one OSC 52 sequence."""


def offer(node: DOMNode, text: str, what: str) -> None:
    """Send `text`, and say what became of it as far as that is known."""
    app = node.app
    size = len(base64.b64encode(text.encode("utf-8", "replace")))
    if size > LIMIT:
        app.notify(
            f"{what} is {size:,} bytes encoded; terminals take {LIMIT:,}\nhint: save it to a file",
            severity="warning",
            markup=False,
        )
        return
    app.copy_to_clipboard(text)
    app.notify(
        f"{what}: sent to the terminal, which does not say whether it took it.\n"
        "hint: in tmux this needs `set-clipboard on`",
        markup=False,
    )
