"""Markdown drawn as lines, one section at a time.

A widget per block, as Textual's own Markdown has it, costs a 400-line page 665 widgets and most of a second. Lines cost
a fraction, can be made for one section without the others, and are searched and scrolled by number. Knows styles by
name only, so that screen and command line colour them each in its way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from tui.model import fences
from tui.model.runbook import Mode, Step
from tui.model.text import sanitise, sanitise_line
from tui.widgets.markdown_inline import TAGS, Inline, Item
from tui.widgets.wrapping import Run, cells, chop_words, cut, fold, share

CONTINUED = "↪ "
"""Stands before the rest of a line of code that was too long."""

_PLAIN_LANGUAGES = {"", "text", "txt", "plain", "output", "console-output"}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NARROW_COLUMN = 8
_RISKS = {"read": "read only", "change": "▲ changes the platform", "danger": "■ DANGER"}


class Line(NamedTuple):
    """One line; `fill` is the style of the cells right of it."""

    runs: tuple[Run, ...]
    fill: str = ""


class Row(NamedTuple):
    """Where a part of a block's text stands: line, first cell, and its offsets in the text."""

    line: int
    x: int
    begin: int
    end: int


class Block(NamedTuple):
    """A text as it reads without the folds, for searching."""

    text: str
    rows: tuple[Row, ...]


class Drawn(NamedTuple):
    """A section in lines."""

    lines: list[Line]
    items: list[Item]
    blocks: list[Block]


class Look(NamedTuple):
    """How to draw: cells across, the steps by the line of their fence, and whose variants to fold away."""

    width: int
    steps: Mapping[int, Step]
    hide: Mode | None = None
    """Steps of this platform are folded to one line."""


def sections(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The tokens of a page, parted before each heading; the first part may have none."""
    starts = [index for index, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    edges = [0, *(start for start in starts if start), len(tokens)]
    return [tokens[begin:end] for begin, end in pairwise(edges)]


def draw(tokens: Sequence[Token], look: Look) -> Drawn:
    """Draw one section, with an empty line at its end."""
    drawer = _Drawer(look)
    drawer.blocks_of(tokens)
    drawer.lines.append(Line(()))
    return Drawn(drawer.lines, drawer.items, drawer.blocks)


class _Level(NamedTuple):
    """One level of nesting: what stands left of its first line, and of the others."""

    first: Run
    rest: Run


class _Drawer:
    def __init__(self, look: Look) -> None:
        self.look = look
        self.lines: list[Line] = []
        self.items: list[Item] = []
        self.blocks: list[Block] = []
        self._levels: list[_Level] = []
        self._begun: list[bool] = []
        self._tight: list[bool] = []
        self._inline = Inline(self.items)

    # ── Placing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _room(self) -> int:
        return max(self.look.width - sum(cells(level.rest.text) for level in self._levels), 1)

    def _margin(self) -> tuple[Run, ...]:
        runs = [level.rest if begun else level.first for level, begun in zip(self._levels, self._begun, strict=True)]
        self._begun = [True] * len(self._begun)
        return tuple(runs)

    def _emit(self, runs: Sequence[Run], fill: str = "") -> None:
        self.lines.append(Line((*self._margin(), *runs), fill))

    def _gap(self) -> None:
        """An empty line before a block, unless one just stood there or the block begins its list item."""
        if self.lines and self.lines[-1].runs and all(self._begun):
            margin = tuple(level.rest for level in self._levels)
            self.lines.append(Line(margin if any(run.text.strip() for run in margin) else ()))

    def _flow(self, runs: Sequence[Run]) -> None:
        """Text that folds at white space."""
        text = "".join(run.text for run in runs)
        folds = fold(text, self._room)
        x = sum(cells(level.rest.text) for level in self._levels)
        top = len(self.lines)
        for line in cut(runs, folds):
            self._note_items(line)
            self._emit(line)
        rows = tuple(Row(top + number, x, begin, end) for number, (begin, end) in enumerate(folds))
        self.blocks.append(Block(text, rows))

    def _note_items(self, line: Sequence[Run]) -> None:
        """Links learn their line when their first run is placed."""
        for run in line:
            if run.item >= 0 and self.items[run.item].line < 0:
                self.items[run.item] = self.items[run.item]._replace(line=len(self.lines))

    def _push(self, first: Run, rest: Run) -> None:
        self._levels.append(_Level(first, rest))
        self._begun.append(False)

    def _pop(self) -> None:
        if not self._begun[-1]:  # an empty list item still shows its bullet
            self._emit(())
        self._levels.pop()
        self._begun.pop()

    # ── Blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def blocks_of(self, tokens: Sequence[Token]) -> None:
        skip = -1
        for index, token in enumerate(tokens):
            if index < skip:
                continue
            match token.type:
                case "heading_open":
                    self._heading(int(token.tag[1]), tokens[index + 1])
                    skip = index + 3
                case "inline":
                    self._flow(self._inline.runs(token.children or ()))
                case "paragraph_open":
                    if not token.hidden:
                        self._gap()
                case "table_open":
                    skip = next(at for at in range(index, len(tokens)) if tokens[at].type == "table_close")
                    self._gap()
                    self._table(tokens[index:skip])
                case "fence" | "code_block":
                    self._gap()
                    self._code(token)
                case "html_block":
                    self._html(token.content)
                case "hr":
                    self._gap()
                    self._emit((Run("─" * self._room, "rule"),))
                case _:
                    self._container(token, tokens, index)

    def _container(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                if not self._tight or not self._tight[-1]:
                    self._gap()
                self._tight.append(_is_tight(tokens, index))
            case "bullet_list_close" | "ordered_list_close":
                self._tight.pop()
            case "list_item_open":
                if not self._tight[-1]:
                    self._gap()
                mark = f"{token.info}{token.markup} " if token.info else "• "
                self._push(Run(mark, "bullet"), Run(" " * cells(mark)))
            case "blockquote_open":
                self._gap()
                self._push(Run("▌ ", "quote"), Run("▌ ", "quote"))
            case "list_item_close" | "blockquote_close":
                self._pop()

    def _heading(self, level: int, inline: Token) -> None:
        self._gap()
        style = f"h{min(level, 4)}"
        self._flow([run._replace(style=f"{style} {run.style}") for run in self._inline.runs(inline.children or ())])
        if level <= 2:  # noqa: PLR2004 - as on a Git host, a rule under the page's and the sections' titles
            self._emit((Run(("━" if level == 1 else "─") * self._room, "rule"),))

    def _html(self, content: str) -> None:
        text = TAGS.sub("", _COMMENT.sub("", sanitise(content))).strip()
        if text:
            self._gap()
            self._flow([Run(text, "muted")])

    # ── Code ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _code(self, token: Token) -> None:
        code = token.content.removesuffix("\n").expandtabs(4)
        step = self.look.steps.get(token.map[0] + 1) if token.map and token.type == "fence" else None
        if step is None:
            language = fences.info(token.info).language if token.type == "fence" else ""
            if language not in _PLAIN_LANGUAGES:
                self.items.append(Item("code", len(self.lines), f"{language} block", token.content.removesuffix("\n")))
                self._emit((Run("┌ ", "caption"), Run(sanitise_line(language), "muted")))
            self._code_lines(code, "caption")
            return
        risk = "caption" if step.risk == "read" else f"caption-{step.risk}"
        caption = [Run("┌ ", risk), Run(sanitise_line(step.name) or step.language, "caption-name")]
        if step.on is not None and step.on == self.look.hide:
            self._emit((*caption, Run(f" · {step.on}: not the platform of this profile, v shows it", "muted")))
            return
        self.items.append(Item("step", len(self.lines), step.label, step.code, step))
        facts = [step.on or "", step.language if step.name else ""]
        facts += [f"healthy {step.healthy}"] if step.language == "promql" and step.healthy else []
        caption += [Run(f" · {sanitise_line(fact)}", "muted") for fact in facts if fact]
        caption.append(Run(f" · {_RISKS[step.risk]}", "muted" if step.risk == "read" else risk))
        self._flow_caption(caption)
        self._code_lines(code, risk)

    def _flow_caption(self, caption: Sequence[Run]) -> None:
        for line in cut(caption, fold("".join(run.text for run in caption), self._room)):
            self._emit(line)

    def _code_lines(self, code: str, edge: str) -> None:
        bar, mark = Run("│ ", edge), Run(CONTINUED, "muted")
        room = max(self._room - cells(bar.text), 4)
        x = sum(cells(level.rest.text) for level in self._levels) + cells(bar.text)
        for text in code.split("\n"):
            pieces = [(0, len(text))]
            if cells(text) > room:
                (_, head), *_ = chop_words(text, room)
                tail = chop_words(text[head:], room - cells(mark.text))
                pieces = [(0, head), *((head + begin, head + end) for begin, end in tail)]
            rows = []
            for begin, end in pieces:
                indent = (bar, mark) if begin else (bar,)
                rows.append(Row(len(self.lines), x + (cells(mark.text) if begin else 0), begin, end))
                self._emit((*indent, Run(text[begin:end], "code-block")), "code-block")
            self.blocks.append(Block(text, tuple(rows)))

    # ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[list[list[Run]]] = []
        for index, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in {"th_open", "td_open"}:
                rows[-1].append(self._inline.runs(tokens[index + 1].children or ()))
        columns = len(rows[0])
        texts = [["".join(run.text for run in cell) for cell in row] for row in rows]
        natural = [max(cells(row[column]) for row in texts) for column in range(columns)]
        room = self._room - 3 * (columns - 1)
        widths = share(natural, room)
        if any(width < min(want, _NARROW_COLUMN) for width, want in zip(widths, natural, strict=True)):
            self._stacked(rows, texts)
            return
        for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
            if not number:
                row = [[run._replace(style=f"strong {run.style}") for run in cell] for cell in row]  # noqa: PLW2901
            self._table_row(row, text, widths)
            if not number:
                self._emit((Run("─┼─".join("─" * width for width in widths), "rule"),))

    def _table_row(self, row: Sequence[Sequence[Run]], text: Sequence[str], widths: Sequence[int]) -> None:
        folds = [fold(cell, width) for cell, width in zip(text, widths, strict=True)]
        pieces = [cut(cell, lines) for cell, lines in zip(row, folds, strict=True)]
        left = sum(cells(level.rest.text) for level in self._levels)
        top = len(self.lines)
        for number in range(max(map(len, folds))):
            line: list[Run] = []
            for column, width in enumerate(widths):
                cell = pieces[column][number] if number < len(pieces[column]) else ()
                self._note_items(cell)
                line += [Run(" │ ", "rule")] if column else []
                line += cell
                line.append(Run(" " * (width - sum(cells(run.text) for run in cell))))
            self._emit(line)
        x = left
        for column, width in enumerate(widths):
            found = tuple(Row(top + number, x, begin, end) for number, (begin, end) in enumerate(folds[column]))
            self.blocks.append(Block(text[column], found))
            x += width + 3

    def _stacked(self, rows: Sequence[Sequence[list[Run]]], texts: Sequence[Sequence[str]]) -> None:
        """A table too wide for columns: each row as `title: value` lines."""
        for row in rows[1:]:
            self._gap()
            for title, cell in zip(texts[0], row, strict=False):
                if any(run.text.strip() for run in cell):
                    self._flow([Run(f"{title}: ", "strong"), *cell])


def _is_tight(tokens: Sequence[Token], index: int) -> bool:
    """A list is tight when the paragraphs right under its items are hidden."""
    level = tokens[index].level
    for token in tokens[index + 1 :]:
        if token.level <= level:
            return True
        if token.type == "paragraph_open" and token.level == level + 2:
            return token.hidden
    return True
