"""A runbook: Markdown that reads well on a Git host and can be carried out here.

`parse` takes any text and never raises; what it could not make sense of is in `problems`. All text in the result is
sanitised. Lines count from 1, as editors do.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from markdown_it.token import Token

from tui.model import fences, markdown
from tui.model.catalog import Risk
from tui.model.errors import Problem
from tui.model.header import Header, header_of, title_of
from tui.model.markdown import Heading, plain
from tui.model.slugs import Slugger
from tui.model.text import sanitise_line

Mode = Literal["kubernetes", "compose"]
"""What the platform runs under; variants of one step share a name."""

Language = Literal["bash", "promql", "jaeger"]
"""What a step is asked of: a shell, Prometheus, the traces pane."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table under `## Parameters`: an environment variable of the commands."""

    name: str
    meaning: str = ""
    default: str = ""
    secret: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One heading and what stands under it: `start` is its own line, `end` the last line, subsections included."""

    level: int
    title: str
    slug: str
    start: int
    end: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One block that can be carried out. `name` is empty in runbooks that were not written for this."""

    language: Language
    name: str = ""
    on: Mode | None = None
    risk: Risk = "read"
    expect: str = ""
    """A regular expression (`re.search`, MULTILINE) the output matches if the command worked; empty, or it compiles."""
    healthy: str = ""
    """The same for "nothing is wrong"; of a promql step also a comparison such as `<= 50`."""
    finding: str = ""
    """Where to go when not healthy: `#anchor` or `file.md#anchor`."""
    code: str
    """What is run, prompts and sample output taken away."""
    output: str = ""
    """The sample output of a console transcript."""
    section: str = ""
    """Anchor of the innermost section it stands in, empty above the first heading."""
    line: int

    @property
    def label(self) -> str:
        """How a notice names it."""
        return self.name or f"{self.language} block at line {self.line}"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One link as written: the target may be a path, an anchor or a URL."""

    text: str
    href: str
    line: int


class Runbook(msgspec.Struct, frozen=True, kw_only=True):
    """One page, read."""

    title: str
    header: Header = Header()
    parameters: tuple[Parameter, ...] = ()
    sections: tuple[Section, ...] = ()
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = ()
    problems: tuple[Problem, ...] = ()
    text: str = ""
    """The sanitised source."""

    def section(self, anchor: str) -> Section | None:
        """The section of an anchor, exact before case-insensitive."""
        wanted = anchor.removeprefix("#")
        for section in self.sections:
            if section.slug == wanted:
                return section
        folded = wanted.casefold()
        return next((section for section in self.sections if section.slug.casefold() == folded), None)

    def section_at(self, line: int) -> Section | None:
        """The innermost section a line stands in."""
        return next((section for section in reversed(self.sections) if section.start <= line), None)

    def variants(self, name: str) -> tuple[Step, ...]:
        """All steps of a name."""
        return tuple(step for step in self.steps if step.name == name)


def parse(text: str, name: str = "") -> Runbook:
    """Read a runbook from any text.

    Args:
        text: Markdown, or anything else.
        name: The file's name, for problems (`name:line`) and as the last resort for a title.
    """
    return read(text, name)[0]


def read(text: str, name: str = "") -> tuple[Runbook, list[Token]]:
    """`parse`, and the tokens it came from, for those who draw the page."""
    prepared = markdown.prepare(text)
    front, body = markdown.front_matter(prepared.text)
    tokens = markdown.tokens(body)
    reader = _Reader(tokens, name, body.count("\n") + 1)
    headings = reader.headings
    header = header_of(body, headings)
    reader.problems += [reader.problem(1, why) for why in (*prepared.cuts, *header.mistakes)]
    runbook = Runbook(
        title=title_of(headings, front, name),
        header=header,
        parameters=reader.parameters(),
        sections=reader.sections(),
        steps=reader.steps(),
        links=reader.links(),
        problems=tuple(sorted(reader.problems, key=lambda problem: _line_of(problem.place))),
        text=prepared.text,
    )
    return runbook, tokens


def _line_of(place: str) -> int:
    return int(place.rpartition(":")[2])


class _Reader:
    """One pass per question over the tokens of one page."""

    def __init__(self, tokens: Sequence[Token], name: str, lines: int) -> None:
        self.tokens, self.name, self.lines = tokens, name, lines
        self.problems: list[Problem] = []
        self.headings = tuple(self._headings())

    def problem(self, line: int, why: str, hint: str = "") -> Problem:
        return Problem(f"{self.name}:{line}", why, hint)

    def _headings(self) -> Iterator[Heading]:
        slugger = Slugger()
        for index, token in enumerate(self.tokens):
            if token.type == "heading_open":
                title = plain(self.tokens[index + 1].children)
                yield Heading(int(token.tag[1]), title, slugger.add(title), _first_line(token))

    def sections(self) -> tuple[Section, ...]:
        found = []
        for index, heading in enumerate(self.headings):
            after = (later.line - 1 for later in self.headings[index + 1 :] if later.level <= heading.level)
            found.append(
                Section(
                    level=heading.level,
                    title=heading.title,
                    slug=heading.slug,
                    start=heading.line,
                    end=next(after, self.lines),
                )
            )
        return tuple(found)

    def _above(self, line: int) -> list[Heading]:
        """The headings a line stands under, innermost first."""
        chain: list[Heading] = []
        for heading in reversed(self.headings):
            if heading.line <= line and (not chain or heading.level < chain[-1].level):
                chain.append(heading)
        return chain

    # ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def steps(self) -> tuple[Step, ...]:
        return tuple(step for token in self.tokens if token.type == "fence" and (step := self._step(token)))

    def _step(self, token: Token) -> Step | None:
        line = _first_line(token)
        info = fences.info(token.info)
        language = _language(info.language, token.content)
        if language is None:
            return None
        if _unclosed(token):
            why = "the block never closes; it swallows all that follows, so it is no step"
            self.problems.append(self.problem(line, why, f"close it with {token.markup}"))
            return None
        chain = self._above(line)
        changes = language == "bash" and any(heading.title.casefold() == "resolution" for heading in chain)
        script = fences.transcript(token.content.removesuffix("\n")) if language == "bash" else None
        attributes = info.attributes
        for unknown in sorted(set(attributes) - {"name", "on", "risk", "expect", "healthy", "finding"}):
            self.problems.append(self.problem(line, f"unknown attribute {unknown}"))
        if info.leftover and attributes:
            self.problems.append(
                self.problem(line, f"not an attribute: {info.leftover}", 'write key=value or key="value"')
            )
        healthy = attributes.get("healthy", "")
        comparison = language == "promql" and COMPARISON.match(healthy)
        return Step(
            language=language,
            name=attributes.get("name", ""),
            on=self._on(attributes.get("on", ""), line),
            risk=self._risk(attributes.get("risk", "change" if changes else "read"), line),
            expect=self._regex("expect", attributes.get("expect", ""), line),
            healthy=healthy if comparison else self._regex("healthy", healthy, line),
            finding=attributes.get("finding", ""),
            code=script.command if script else token.content.removesuffix("\n"),
            output=script.output if script else "",
            section=chain[0].slug if chain else "",
            line=line,
        )

    def _on(self, value: str, line: int) -> Mode | None:
        match value:
            case "kubernetes" | "compose":
                return value
            case "":
                return None
        self.problems.append(self.problem(line, f"on={value} is neither kubernetes nor compose"))
        return None

    def _risk(self, value: str, line: int) -> Risk:
        match value:
            case "read" | "change" | "danger":
                return value
        self.problems.append(self.problem(line, f"risk={value} is none of read, change, danger; taken as danger"))
        return "danger"

    def _regex(self, key: str, value: str, line: int) -> str:
        try:
            with warnings.catch_warnings():  # a doubtful set such as [[a] is the author's matter, not the terminal's
                warnings.simplefilter("ignore")
                re.compile(value, re.MULTILINE)
        except (re.error, OverflowError, RecursionError) as error:
            self.problems.append(self.problem(line, f"{key} is not a regular expression: {error}"))
            return ""
        return value

    # ── Links and parameters ─────────────────────────────────────────────────────────────────────────────────────────

    def links(self) -> tuple[Link, ...]:
        found: list[Link] = []
        for token in self.tokens:
            if token.type == "inline" and token.children:
                found.extend(_links(token.children, _first_line(token)))
        return tuple(found)

    def parameters(self) -> tuple[Parameter, ...]:
        line = next((heading.line for heading in self.headings if heading.slug == "parameters"), 0)
        opening = (index for index, token in enumerate(self.tokens) if token.type == "heading_open")
        start = next((index for index in opening if _first_line(self.tokens[index]) == line), len(self.tokens))
        found = []
        for row in _table(self.tokens[start + 1 :]):
            name = row.get("name", "").strip("$` ")
            if name:
                found.append(
                    Parameter(
                        name=name,
                        meaning=row.get("meaning", ""),
                        default=row.get("default", ""),
                        secret=row.get("secret", "").lower() in {"yes", "true"},
                    )
                )
        return tuple(found)


COMPARISON = re.compile(
    r"^\s*(?P<operator><=|>=|==|!=|<|>)\s*(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$"
)
"""A promql step's `healthy` that is not a regular expression."""


def _language(word: str, code: str) -> Language | None:
    if word in fences.SHELLS or (not word and code.lstrip().startswith("$ ")):
        return "bash"
    match word:
        case "promql" | "jaeger":
            return word
    return None


def _unclosed(token: Token) -> bool:
    """A closed fence is two lines longer than what it holds."""
    start, end = token.map or (0, 0)
    return end - start - token.content.count("\n") != len(("opening", "closing"))


def _first_line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _links(children: Sequence[Token], line: int) -> Iterator[Link]:
    start = None
    for index, token in enumerate(children):
        if token.type in {"softbreak", "hardbreak"}:
            line += 1
        elif token.type == "link_open":
            start = index
        elif token.type == "link_close" and start is not None:
            href = sanitise_line(str(children[start].attrs.get("href", "")))
            yield Link(text=plain(children[start:index]), href=href, line=line)
            start = None


def _table(tokens: Sequence[Token]) -> Iterator[dict[str, str]]:
    """Rows of the first table before the next heading, as column title in lower case → text."""
    columns: list[str] = []
    row: list[str] = []
    head = True
    for index, token in enumerate(tokens):
        if token.type in {"th_open", "td_open"}:
            row.append(plain(tokens[index + 1].children))
        elif token.type == "tr_close":
            if head:
                columns = [title.lower() for title in row]
            else:
                yield dict(zip(columns, row, strict=False))
            row, head = [], False
        elif token.type in {"table_close", "heading_open"}:
            return
