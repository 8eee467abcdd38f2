"""`ops-center runbook`: the runbooks without the screen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.cli import options
from tui.model.text import sanitise_line

if TYPE_CHECKING:
    from tui.core.library import Entry, Library, Page

_MOST_HITS = 20
_PAGE_WIDTH = 100


@click.group()
def runbook() -> None:
    """The runbooks: list them, search them, read one, check what you wrote."""


def _folders(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--runbooks",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="DIR",
        help="Look for runbooks here first; may be given several times.",
    )(command)


def _json(help_text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--json", "as_json", is_flag=True, help=help_text)


def _library(context: click.Context, runbooks: tuple[Path, ...], *, texts: bool = False) -> Library:
    """The library of all folders; what is wrong with one is said, and the others still serve."""
    from tui.core.library import Library

    library = Library((*runbooks, *options.runbook_folders(context)))
    library.scan(texts=texts)
    for problem in library.problems:
        click.echo(str(problem), err=True)
    if not library.entries:
        context.exit(2)
    return library


def _facts(entry: Entry) -> dict[str, Any]:
    header = entry.header
    return {
        "name": entry.name,
        "title": entry.title,
        "file": sanitise_line(str(entry.file), 4_096),
        "updated": header.updated,
        "owner": header.owner,
        "alerts": header.alerts,
        "keywords": header.keywords,
        "when": header.when,
        "error": entry.error,
    }


def _echo_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value))


@runbook.command("list")
@_folders
@_json("One JSON array with all that the headers say.")
@click.pass_context
def list_(context: click.Context, *, runbooks: tuple[Path, ...], as_json: bool) -> None:
    """List all runbooks: name, title, last review, when to use."""
    library = _library(context, runbooks)
    if as_json:
        _echo_json([_facts(entry) for entry in library.entries])
        return
    rows = [
        (entry.name, entry.title, str(entry.header.updated or "never"), entry.header.when or entry.error)
        for entry in library.entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        columns = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        click.echo("  ".join((*columns, row[3])).rstrip())


@runbook.command()
@click.argument("query", nargs=-1, required=True)
@_folders
@_json("One JSON array, each hit with its section, line and excerpt.")
@click.pass_context
def search(context: click.Context, *, query: tuple[str, ...], runbooks: tuple[Path, ...], as_json: bool) -> None:
    """Find runbooks by title, keywords, alerts, when to use, headings and text, the best first.

    Every word of QUERY must be found; titles and headings forgive a letter or two. Exit code 1: nothing matches.
    """
    library = _library(context, runbooks, texts=True)
    asked = sanitise_line(" ".join(query))
    hits = library.search(asked)
    found = [(hit, library.excerpt(hit, asked)) for hit in hits[:_MOST_HITS]]
    if as_json:
        _echo_json(
            [
                _facts(hit.entry) | {"score": round(hit.score, 1), "field": hit.field, "excerpt": excerpt}
                for hit, excerpt in found
            ]
        )
    for hit, excerpt in () if as_json else found:
        anchor = f"#{excerpt.section.slug}" if excerpt.section is not None else ""
        click.echo(f"{click.style(hit.entry.name + anchor, bold=True)}  {hit.entry.title}")
        if excerpt.text:
            click.echo(f"    {excerpt.text}")
    if len(hits) > _MOST_HITS:
        click.echo(f"{len(hits) - _MOST_HITS} more match; add a word", err=True)
    if not hits:
        click.echo(f"no runbook matches {asked}\nhint: try fewer words, or ops-center runbook list", err=True)
        context.exit(1)


@runbook.command()
@click.argument("name")
@_folders
@_json("The runbook as JSON: header, parameters, sections, steps, links.")
@click.pass_context
def show(context: click.Context, *, name: str, runbooks: tuple[Path, ...], as_json: bool) -> None:
    """Print one runbook: drawn on a terminal, as Markdown elsewhere.

    NAME is a path as `list` has it, a title, or nearly that; NAME#SECTION prints one section.
    """
    from tui.core import links
    from tui.model.errors import SourceError

    library = _library(context, runbooks)
    wanted, _, fragment = sanitise_line(name).partition("#")
    entry = _find(library, wanted)
    if entry is None:
        near = library.suggest(wanted)
        meant = ", ".join(found.name for found in near) or "ops-center runbook list"
        click.echo(f"no runbook {wanted}\nhint: {'did you mean' if near else 'try'} {meant}", err=True)
        context.exit(2)
    if entry.name != wanted.removesuffix(".md"):
        click.echo(f"showing {entry.name}", err=True)
    try:
        page = library.read(entry)
    except SourceError as error:
        options.fail(error)
    anchor = ""
    if fragment:
        target = links.resolve(f"#{fragment}", library, entry)
        anchor = target.anchor
        if not anchor:
            known = ", ".join(f"#{section.slug}" for section in page.runbook.sections)
            click.echo(f"{entry.name} has no section #{fragment}\nhint: it has {known}", err=True)
            context.exit(2)
    if as_json:
        _echo_json(page.runbook)
    elif sys.stdout.isatty():
        _draw(page, anchor)
    else:
        click.echo(_markdown(page, anchor))


@runbook.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@_json("One JSON object with all mistakes.")
@click.pass_context
def lint(context: click.Context, *, paths: tuple[Path, ...], as_json: bool) -> None:
    """Find every mistake in runbooks, one on a line, each with its place.

    PATH is a file or a folder; without one, the profile's folders and the shipped one. Exit code 0: no mistakes, 1:
    mistakes.
    """
    from tui.core.lint import lint as check

    problems = check(paths or options.runbook_folders(context))
    if as_json:
        facts = [{"place": problem.place, "why": problem.why, "hint": problem.hint} for problem in problems]
        _echo_json({"ok": not problems, "problems": facts})
    for problem in () if as_json else problems:
        click.echo(f"{problem.place}: {problem.why}" + (f"; hint: {problem.hint}" if problem.hint else ""))
    click.echo(f"{len(problems)} mistakes" if problems else "no mistakes", err=True)
    context.exit(1 if problems else 0)


def _find(library: Library, wanted: str) -> Entry | None:
    """The runbook of a path, a title, or what is nearly one and nothing else."""
    from tui.core import links

    target = links.resolve(wanted, library)
    if target.entry is not None:
        return target.entry
    folded = wanted.casefold()
    for entry in library.entries:
        if entry.title.casefold() == folded:
            return entry
    named = [hit.entry for hit in library.search(wanted) if hit.field == "title"]
    return named[0] if len(named) == 1 else None


def _markdown(page: Page, anchor: str) -> str:
    section = page.runbook.section(anchor) if anchor else None
    lines = page.runbook.text.split("\n")
    chosen = lines if section is None else lines[section.start - 1 : section.end]
    return "\n".join(chosen).rstrip("\n")


def _draw(page: Page, anchor: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from tui.widgets.markdown_lines import Look, draw, sections
    from tui.widgets.terminal_styles import terminal_style

    console = Console(highlight=False)
    wanted = page.runbook.section(anchor) if anchor else None
    look = Look(min(console.width, _PAGE_WIDTH), {step.line: step for step in page.runbook.steps})
    for tokens in sections(page.tokens):
        line = next((token.map[0] + 1 for token in tokens if token.map), 0)
        if wanted is not None and not wanted.start <= line <= wanted.end:
            continue
        for drawn in draw(tokens, look).lines:
            parts = [(run.text, terminal_style(run.style)) for run in drawn.runs]
            console.print(Text.assemble(*parts, end=""), soft_wrap=True)
