"""`ops-center doctor`: what of the profile works."""

from __future__ import annotations

import asyncio
import textwrap
from typing import TYPE_CHECKING

import click

from tui.cli import options
from tui.model.text import clip

if TYPE_CHECKING:
    from tui.core.doctor import Finding, Report

_WIDTH = 80
_ROW = "{mark} {name:<13} {state:<15} {access:<22} {version:<14} {time:>9}"
_INDENT = "  "


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: profile, config, ok, notes, backends.")
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Ask every backend of the profile whether it is there, lets us in, and what it is.

    Exit code: 0 when all that is configured works, 1 when something does not, 2 when the settings are wrong.

    With --json, each entry of "backends" has: name, where, origin, configured, ok, reachable, authenticated, version,
    elapsed_ms, why, hint, note. ok, reachable and elapsed_ms are null for what is not configured.
    """
    import msgspec

    from tui.core.doctor import examine
    from tui.core.wiring import probes

    settings = options.read_settings(context)
    report = asyncio.run(examine(settings, probes(settings.profile)))
    click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() if as_json else table(report))
    context.exit(0 if report.ok else 1)


def table(report: Report) -> str:
    """The report in aligned lines of at most 80 columns, except for an address that is longer."""
    lines = [f"Profile {report.profile}, {report.config or 'no settings file'}", ""]
    header = _ROW.format(mark=" ", name="BACKEND", state="STATE", access="ACCESS", version="VERSION", time="TIME")
    lines.append(click.style(header, bold=True))
    for finding in report.backends:
        lines += _rows(finding)
    unsaid = [finding.name for finding in report.backends if not finding.configured]
    if unsaid:
        lines += ["", *_wrapped(f"To set up {unsaid[0]}: a table [profile.{report.profile}.{unsaid[0]}]", "")]
    lines += [line for note in report.notes for line in ("", *_wrapped(f"note: {note}", ""))]
    return "\n".join(lines)


def _rows(finding: Finding) -> list[str]:
    row = _ROW.format(
        mark={True: "●", False: "✕", None: "○"}[finding.ok],
        name=finding.name,
        state=_state(finding),
        access=clip(finding.authenticated or "-", 22),
        version=clip(finding.version or "-", 14),
        time="-" if finding.elapsed_ms is None else f"{finding.elapsed_ms:,.0f} ms",
    )
    colour = {True: "green", False: "red", None: None}[finding.ok]
    lines = [click.style(row[0], fg=colour) + row[1:]]
    if not finding.configured:
        return lines
    lines.append(f"{_INDENT}{finding.where} ({finding.origin})")
    for text in (finding.note, finding.why, f"hint: {finding.hint}" if finding.hint else ""):
        lines += _wrapped(text, _INDENT)
    return lines


def _state(finding: Finding) -> str:
    if not finding.configured:
        return "not configured"
    if finding.ok:
        return "works"
    if not finding.reachable:
        return "unreachable"
    return "not let in" if finding.authenticated == "denied" else "fails"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
