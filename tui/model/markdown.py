"""Markdown, from any bytes to tokens, and the little that can be read without a full parse.

Two readers, because a library of 5,000 files must list at once: `tokens` parses as GitHub does (CommonMark, tables,
strikethrough, bare http links) and is the truth for a page that is opened; `headings` and `front_matter` look at lines
only, forty times faster, and are what the library's list and search index are made of.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from tui.model.slugs import Slugger
from tui.model.text import clip, sanitise, sanitise_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_LINE = 10_000
"""Characters of a line that are kept: some of the parser's rules are quadratic in a line's length."""

MAX_TEXT = 1_000_000
"""Characters of a page that are kept, some 20,000 lines."""


class Heading(msgspec.Struct, frozen=True):
    """One heading: `level` 1 to 6, its text without markup, its anchor, its line (from 1)."""

    level: int
    title: str
    slug: str
    line: int


class Prepared(msgspec.Struct, frozen=True):
    """A page's text made harmless, and what had to be cut for it, in words."""

    text: str
    cuts: tuple[str, ...] = ()


def decode(data: bytes) -> str:
    """Text of a file in whatever encoding: UTF-8 with or without a mark, UTF-16 with one; the rest is replaced."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def prepare(text: str) -> Prepared:
    r"""Sanitise, end every line in `\n`, and bound the lines and the whole; the lines keep their numbers."""
    cuts = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        cuts.append(f"the page is cut after {MAX_TEXT:,} characters of {len(text):,}")
        text = text[:MAX_TEXT]
    text = sanitise(text, 2 * MAX_TEXT)
    lines = text.split("\n")
    if any(len(line) > MAX_LINE for line in lines):
        cuts.append(f"lines are cut after {MAX_LINE:,} characters")
        text = "\n".join(clip(line, MAX_LINE) for line in lines)
    return Prepared(text, tuple(cuts))


# ── Front matter ─────────────────────────────────────────────────────────────────────────────────────────────────────

_FRONT = re.compile(
    r"\A(?P<mark>---|\+\+\+)[ \t]*\n(?P<body>.*?)^(?:(?P=mark)|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE
)
_FRONT_FIELD = re.compile(r"^(\w[\w-]*)[ \t]*[:=](.*)$", re.MULTILINE)


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Fields of a YAML or TOML block at the very top, one line each, and the text with that block blanked out."""
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    fields = {key.lower(): value.strip().strip("\"'") for key, value in _FRONT_FIELD.findall(match["body"])}
    if not fields:  # a thematic break, not front matter
        return {}, text
    return fields, "\n" * match.group().count("\n") + text[match.end() :]


# ── The full parse ───────────────────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # listing runbooks needs lines only, and the parser is 45 ms to import

    parser = MarkdownIt("gfm-like")
    if (
        parser.linkify is not None
    ):  # ".md" is a top-level domain: only what starts with a scheme is a link, as on GitHub
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return parser


def tokens(text: str) -> list[Token]:
    """Block tokens of a prepared text without front matter; `map` holds lines from 0."""
    return _parser().parse(text)


def inline_tokens(text: str) -> list[Token]:
    """Inline tokens of one line of Markdown."""
    parsed = _parser().parseInline(text)
    return list(parsed[0].children or ()) if parsed else []


def plain(children: Sequence[Token] | None) -> str:
    """What inline tokens say, without markup; sanitised again, since entities and percent escapes are decoded here."""
    parts = []
    for token in children or ():
        if token.type in {"text", "code_inline", "text_special"}:
            parts.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
    return sanitise_line("".join(parts))


# ── The quick look ───────────────────────────────────────────────────────────────────────────────────────────────────

_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")
_ATX = re.compile(r"[ ]{0,3}(\#{1,6})(?:[ \t]+(.*))?$")
_UNDERLINE = re.compile(r"[ ]{0,3}(=+|-+)[ \t]*$")
_NO_PARAGRAPH = re.compile(r"[ ]{4}|[ \t]*(?:$|[#>|*+=`~<-])")
_MARKED = re.compile(r"[\[*`<_]")
_MARKUP = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\*\*?|`|</?\w[^>]*>"), ""),
    (re.compile(r"(?<!\w)_([^_]+)_(?!\w)"), r"\1"),
)


def unmarked(line: str) -> str:
    """One line of Markdown without its common inline markup, on one line, sanitised."""
    if _MARKED.search(line):
        for pattern, replacement in _MARKUP:
            line = pattern.sub(replacement, line)
    return sanitise_line(line)


def headings(text: str) -> tuple[Heading, ...]:
    """Headings seen by looking at lines alone, outside fences and comments.

    Agrees with the full parse on ordinary pages; an unclosed fence hides the rest, as it does there.
    """
    slugger = Slugger()
    return tuple(
        Heading(level, title, slugger.add(title), line)
        for line, level, marked in _headings(text.split("\n"))
        for title in (unmarked(marked),)
    )


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Line, level and marked text of each heading; most lines are dismissed by their first character."""
    fence = ""
    in_comment = False
    before = ""
    for number, line in enumerate(lines, 1):
        if in_comment:
            in_comment = "-->" not in line
            continue
        first = line.lstrip(" \t")[:1]
        if first in {"`", "~"} and (match := _FENCE.match(line)):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence) and not match[2]:
                fence = ""
            before = ""
        elif fence:
            continue
        elif first == "#" and (match := _ATX.match(line)):
            yield number, len(match[1]), _without_closing((match[2] or "").strip())
            before = ""
        elif first in {"=", "-"} and before and (match := _UNDERLINE.match(line)):
            yield number - 1, 1 if match[1][0] == "=" else 2, before.strip()
            before = ""
        elif first == "<" and line.lstrip().startswith("<!--"):
            in_comment = "-->" not in line
            before = ""
        else:
            before = "" if not first or _NO_PARAGRAPH.match(line) else line


def _without_closing(title: str) -> str:
    """A heading's text without the `##` that may close it."""
    cut = title.rstrip("#")
    return cut.rstrip() if not cut or cut[-1] in " \t" else title
