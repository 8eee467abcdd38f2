"""What is wrong with runbooks, before somebody needs them at 3 a.m.

Every page: its links lead to files and sections that exist, its steps are well-formed, run as far as a check can tell
without running them, and name their variables. A scenario runbook (one with a section Symptoms, Diagnosis or
Resolution) has all eight sections in order and a complete header besides.
"""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from tui.core import promql
from tui.core.library import Entry, Library
from tui.core.shell_variables import read_variables
from tui.model.errors import Problem, SourceError
from tui.model.runbook import Runbook, Step

SECTIONS = (
    "Quick Links",
    "Overview",
    "Symptoms",
    "Diagnosis",
    "Resolution",
    "Escalation",
    "Using Distributed Tracing",
    "Related Documentation",
)
"""The H2 sections of a scenario runbook, in their order."""

_PARAMETERS = "Parameters"
_JAEGER_KEYS = {"service", "operation", "tags", "min_duration", "max_duration", "lookback", "limit"}
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BASH_S = 10.0


def lint(paths: Sequence[Path]) -> list[Problem]:
    """All mistakes in some runbooks, file by file, each at `file:line`.

    Args:
        paths: Files, and folders that are searched as the library does.
    """
    problems: list[Problem] = []
    for path in paths:
        folder = path if path.is_dir() else path.parent
        library = Library([folder])
        library.scan(texts=False)
        wanted = [entry for entry in library.entries if path.is_dir() or entry.path == path.name]
        if path.is_dir():
            problems += library.problems
        elif not wanted:
            problems.append(Problem(str(path), "no such runbook", "name a *.md file or a folder"))
        for entry in wanted:
            problems += lint_entry(entry, library)
    return problems


def lint_entry(entry: Entry, library: Library) -> list[Problem]:
    """All mistakes in one runbook of a library."""
    place = str(entry.file)
    try:
        page = library.read(entry).runbook
    except SourceError as error:
        return [Problem(place, error.why, error.hint)]
    linter = _Linter(page, place, entry, library)
    found = [
        Problem(f"{place}:{problem.place.rpartition(':')[2]}", problem.why, problem.hint) for problem in page.problems
    ]
    found += linter.structure() if is_scenario(page) else ()
    found += linter.links()
    found += linter.names()
    for step in page.steps:
        found += linter.step(step)
    return sorted(found, key=lambda problem: int(problem.place.rpartition(":")[2]))


def is_scenario(page: Runbook) -> bool:
    """Whether a page is meant to have the eight sections: it tells symptoms, finds the cause, or resolves."""
    titles = {section.title for section in page.sections if section.level == 2}  # noqa: PLR2004 - an H2
    return not titles.isdisjoint({"Symptoms", "Diagnosis", "Resolution"})


class _Linter:
    """The rules, for one page."""

    def __init__(self, page: Runbook, place: str, entry: Entry, library: Library) -> None:
        self.page, self.place, self.entry, self.library = page, place, entry, library
        self.lines = page.text.split("\n")

    def problem(self, line: int, why: str, hint: str = "") -> Problem:
        return Problem(f"{self.place}:{line}", why, hint)

    def structure(self) -> Iterator[Problem]:
        """The header's fields, and the eight sections in their order."""
        header = self.page.header
        missing = {
            "Last Updated": header.updated is None,
            "Owner": not header.owner,
            "Related Alerts": not header.alerts and "related alerts" not in self.page.text.lower(),
            "Keywords": not header.keywords,
            "When to Use": not header.when,
        }
        for name in (name for name, absent in missing.items() if absent):
            yield self.problem(1, f"the header has no {name}", f"write **{name}:** … under the title")
        expected = list(SECTIONS)
        found = [section for section in self.page.sections if section.level == 2]  # noqa: PLR2004 - an H2
        for section in found:
            if section.title in expected:
                skipped = expected[: expected.index(section.title)]
                del expected[: len(skipped) + 1]
                for title in skipped:
                    yield self.problem(section.start, f"section {title} is missing before {section.title}")
            elif section.title != _PARAMETERS:
                why = "comes twice or too late" if section.title in SECTIONS else "is none of the eight"
                yield self.problem(section.start, f"section {section.title} {why}", "make it an H3 of one of the eight")
        for title in expected:
            yield self.problem(len(self.lines), f"section {title} is missing")

    # ── Links ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def links(self) -> Iterator[Problem]:
        """Files and sections that links name."""
        for link in self.page.links:
            if not _ELSEWHERE.match(link.href):
                why = self._dead(link.href)
                if why:
                    yield self.problem(link.line, f"the link {link.href} {why}")

    def _dead(self, href: str) -> str:
        """Why a relative link is dead, empty when it is not."""
        path, _, fragment = href.partition("#")
        page = self.page
        if path:
            file = self.entry.file.parent / unquote(path)
            if not file.exists():
                return "names a file that does not exist"
            inside = posixpath.normpath(posixpath.join(posixpath.dirname(self.entry.path), unquote(path)))
            target = next((entry for entry in self.library.entries if entry.path == inside), None)
            if target is None or not fragment:
                return ""
            page = self.library.read(target).runbook
        if fragment and all(section.slug != unquote(fragment) for section in page.sections):
            near = page.section(unquote(fragment))
            return f"names a section that does not exist{f'; it is #{near.slug}' if near else ''}"
        return ""

    # ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def names(self) -> Iterator[Problem]:
        """Names are unique, save for the variants of one step, which come for both platforms or say why not."""
        seen: dict[str, Step] = {}
        for step in self.page.steps:
            if not step.name:
                continue
            if not _NAME.match(step.name):
                yield self.problem(step.line, f"the name {step.name} is not kebab-case", "write it like queue-length")
            variants = self.page.variants(step.name)
            first = seen.setdefault(step.name, step)
            if first is not step and (step.on is None or sum(other.on == step.on for other in variants) > 1):
                yield self.problem(step.line, f"the name {step.name} is taken at line {first.line}")
            yield from self._pairing(step, variants)

    def _pairing(self, step: Step, variants: Sequence[Step]) -> Iterator[Problem]:
        if step.on is None:
            return
        other = "compose" if step.on == "kubernetes" else "kubernetes"
        if any(variant.on == other for variant in variants):
            return
        section = self.page.section_at(step.line)
        if section is None:
            return
        titles = " ".join(heading.title for heading in self.page.sections).lower()
        apart = step.on in section.title.lower() and other in titles  # a section for each platform
        if not apart and other not in self._prose(section.start, section.end).lower():
            hint = f"add the {other} variant, or say in this section what {other} has instead"
            yield self.problem(step.line, f"step {step.name} exists on {step.on} only", hint)

    def _prose(self, start: int, end: int) -> str:
        """Lines of the source outside its blocks."""
        kept, fence = [], ""
        for line in self.lines[start - 1 : end]:
            mark = re.match(r"\s*(`{3,}|~{3,})", line)
            if mark and not fence:
                fence = mark[1]
            elif mark and mark[1].startswith(fence):
                fence = ""
            elif not fence:
                kept.append(line)
        return "\n".join(kept)

    def step(self, step: Step) -> Iterator[Problem]:
        """One step: its finding, its variables, its language."""
        if step.finding and (why := self._dead(step.finding)):
            yield self.problem(step.line, f"finding={step.finding} {why}")
        if not step.name:
            yield self.problem(step.line, f"a {step.language} block without a name", "add {name=…}, or make it `text`")
        known = {parameter.name for parameter in self.page.parameters}
        used = read_variables(step.code) if step.language == "bash" else set(_VARIABLE.findall(step.code))
        for name in sorted(used - known):
            hint = "declare it in the table under ## Parameters, or set it in the block"
            yield self.problem(step.line, f"step {step.name} reads ${name}, which nothing sets", hint)
        match step.language:
            case "bash":
                why = _bash_error(step.code)
            case "promql":
                why = promql.fault(_VARIABLE.sub("x", step.code)) or ""
            case "jaeger":
                why = _jaeger_error(step.code)
        if why:
            yield self.problem(step.line, f"step {step.name}: {why}")


def _bash_error(code: str) -> str:
    """What `bash -n` says, which reads and does not run."""
    try:
        done = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - the bash that would run it is the one in PATH
            input=code.encode(),
            capture_output=True,
            timeout=_BASH_S,
            check=False,
        )
    except FileNotFoundError:
        return "bash is not installed, so the block was not checked"
    return done.stderr.decode("utf-8", "replace").strip().replace("\n", "; ") if done.returncode else ""


def _jaeger_error(code: str) -> str:
    for line in filter(str.strip, code.split("\n")):
        key, equals, _ = line.strip().partition("=")
        if not equals or key not in _JAEGER_KEYS:
            return f"not key=value with a key of {', '.join(sorted(_JAEGER_KEYS))}: {line.strip()}"
    return ""
