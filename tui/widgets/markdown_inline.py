"""Inline Markdown as runs of styled text, with the links among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from markdown_it.token import Token

from tui.core.links import safe_url
from tui.model.markdown import plain
from tui.model.runbook import Step
from tui.model.text import sanitise, sanitise_line
from tui.widgets.wrapping import Run

TAGS = re.compile(r"</?(?:a|b|br|center|code|dd|details|div|dl|dt|em|font|i|img|kbd|li|ol|p|pre|s|small|span|strong|"
                   r"sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)\b[^>]*>", re.IGNORECASE)  # fmt: skip
"""HTML tags that say nothing in a terminal."""

_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*\Z")


class Item(NamedTuple):
    """Something the cursor stops at: a link, a step, or a block of code that is no step. `line` is its first line."""

    kind: Literal["link", "step", "code"]
    line: int
    label: str
    text: str
    """The target of a link, the code of a block."""
    step: Step | None = None


class Inline:
    """Turns inline tokens into runs, and registers the links among them."""

    def __init__(self, items: list[Item]) -> None:
        self._items = items

    def runs(self, children: Sequence[Token]) -> list[Run]:
        r"""The runs of one inline token's children; a hard break is `\n`."""
        self._styles: list[str] = []
        self._item = -1
        self._label = ""
        if children and _ALERT.match(children[0].content):
            yielded = [Run(f"{children[0].content[2:].rstrip('] ')}: ", "strong")]
            children = children[2:] if len(children) > 1 and children[1].type == "softbreak" else children[1:]
        else:
            yielded = []
        return yielded + [run for token in children for run in self._of(token) if run.text]

    def _of(self, token: Token) -> Iterator[Run]:
        style = " ".join(self._styles)
        match token.type:
            case "text" | "text_special" | "code_inline":
                content = _harmless(token.content)
                self._label += content
                yield Run(content, f"{style} code" if token.type == "code_inline" else style, self._item)
            case "softbreak" | "hardbreak":
                yield Run(" " if token.type == "softbreak" else "\n", style, self._item)
            case "link_open":
                self._open_link(sanitise_line(str(token.attrs.get("href", ""))))
            case "link_close":
                yield from self._close_link(style)
            case "image":
                yield Run(f"[image: {plain(token.children) or 'no description'}]", f"{style} muted", self._item)
            case "html_inline":
                yield Run(_html_inline(token.content), style, self._item)
            case kind if kind.endswith("_open"):
                self._styles.append(kind.removesuffix("_open"))
            case kind if kind.endswith("_close"):
                self._styles.pop()

    def _open_link(self, href: str) -> None:
        self._item, self._label = len(self._items), ""
        self._styles.append("link" if safe_url(href) is None else "external")
        self._items.append(Item("link", -1, "", href))

    def _close_link(self, style: str) -> Iterator[Run]:
        """The address of an external link stands beside it, since not every terminal makes links of it."""
        href, label = self._items[self._item].text, self._label
        if not label:
            yield Run(href, style, self._item)
        elif style.endswith("external") and label != href:
            yield Run(f" ({href})", f"{style} muted", self._item)
        self._items[self._item] = self._items[self._item]._replace(label=label or href)
        self._styles.pop()
        self._item = -1


def _harmless(text: str) -> str:
    """Inline text, with entities and escapes decoded by the parser, made harmless again; its spaces stay."""
    return sanitise(text).replace("\n", " ").replace("\t", " ")


def _html_inline(content: str) -> str:
    """A tag is dropped, `<br>` breaks the line, and what only looks like a tag (`<pod>`) is text."""
    shown = sanitise_line(content)
    if shown.lower().startswith("<br"):
        return "\n"
    return "" if shown.startswith("<!--") or TAGS.fullmatch(shown) else shown
