"""Reads a catalog and finds its mistakes, all of them, each with its place.

Two depths. `load` is what every start pays: TOML, types and the rules that need nothing else. `check` adds what needs
the PromQL parser and the runbooks, and is for `ops-center catalog check` and the tests.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tui.core import promql, shape
from tui.core.shape import Report, Table, closest
from tui.model.catalog import Catalog
from tui.model.errors import ConfigError, Problem
from tui.model.text import sanitise_line
from tui.model.thresholds import State
from tui.model.units import UNITS

RESERVED_KEYS: Final = frozenset(string.digits + "?/:qfghijkG \t\n")
"""Keys of the overview itself, which no quick action can have: screens, help, search, movement, details, quit."""

_ID = re.compile(r"[a-z][a-z0-9-]*")
_LINE = re.compile(r"(?P<why>.*) \(at (?P<where>line \d+, column \d+|end of document)\)", re.DOTALL)
_MOST_DECIMALS = 15
_GRADES = [state.value for state in State if state.known]


def load(path: Path) -> Catalog:
    """The catalog in `path`, for use.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or breaks a rule that needs neither PromQL nor the runbooks;
            it carries every such mistake.
    """
    catalog, _, problems = _read(path)
    if catalog is None:
        raise ConfigError(problems)
    return catalog


def check(path: Path, runbook_folders: Sequence[Path]) -> tuple[Catalog | None, list[Problem]]:
    """Every mistake in `path`.

    Args:
        path: The catalog.
        runbook_folders: Where its runbooks are; the first folder that has one wins.

    Returns:
        The catalog, None when `load` would refuse it, and the mistakes, in the order of the file's sections.
    """
    catalog, table, problems = _read(path)
    report = _reporter(path, problems)
    for place, expr, allowed in _expressions(table):
        if why := promql.fault(expr, allowed):
            report(place, why, "")
    for place, target in _runbooks(table):
        _check_runbook(target, runbook_folders, place, report)
    return catalog, problems


def _reporter(path: Path, problems: list[Problem]) -> Report:
    def report(place: str, why: str, hint: str) -> None:
        problems.append(Problem(f"{path.name}: {place}", sanitise_line(why), hint))

    return report


def _read(path: Path) -> tuple[Catalog | None, Table, list[Problem]]:
    """The catalog if it can be used, what of it has the right types, and what is wrong so far."""
    problems: list[Problem] = []
    try:
        raw = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        why = error.strerror or type(error).__name__
        return None, {}, [Problem(path.name, f"cannot be read: {why}", f"is {path} the right file?")]
    except UnicodeDecodeError as error:
        return None, {}, [Problem(path.name, f"byte {error.start} is not UTF-8", "save the file as UTF-8")]
    except RecursionError:
        return None, {}, [Problem(path.name, "nested too deeply")]
    except ValueError as error:  # TOMLDecodeError, and plain ValueError for a number of thousands of digits
        found = _LINE.fullmatch(str(error))
        place, why = (f"{path.name}: {found['where']}", found["why"]) if found else (path.name, str(error))
        return None, {}, [Problem(place, f"not TOML: {why}")]
    report = _reporter(path, problems)
    table = shape.read(raw, Catalog, report)
    _check_whole(table, report)
    for place, tile in _items(table, "tile"):
        _check_tile(tile, place, report)
    for place, trend in _items(table, "trend"):
        if (lookback := trend.get("lookback_s")) is not None and lookback <= 0:
            report(f"{place}.lookback_s", f"expected more than 0 seconds, got {lookback:g}", "")
    keys: dict[str, str] = {}
    for place, action in _items(table, "action"):
        _check_action(action, place, keys, report)
    for place, alert in _items(table, "alert"):
        if (seconds := alert.get("for")) is not None and seconds < 0:
            report(f"{place}.for", f"expected 0 seconds or more, got {seconds:g}", "")
        if (runbook := alert.get("runbook")) and "#" not in runbook:
            report(f"{place}.runbook", "names no section", "an alert opens the exact section: add #its-heading")
    return (None if problems else msgspec.convert(raw, Catalog)), table, problems


def _items(table: Table, kind: str) -> Iterator[tuple[str, Table]]:
    """Place and content of every `[[kind]]` that is a table."""
    for index, item in enumerate(table.get(kind) or ()):
        if item is not None:
            yield f"{kind}[{index}]", item


# ── Rules that need nothing but the file ──────────────────────────────────────────────────────────────────────────────


def _check_whole(table: Table, report: Report) -> None:
    if (base := table.get("runbook_base")) and not base.startswith(("https://", "http://")):
        report("runbook_base", "expected a URL that begins with https:// or http://", "")
    if (interval := table.get("interval_s")) is not None and interval < 1:
        report("interval_s", f"expected at least 1 second, got {interval:g}", "")
    if table.get("tile") == []:
        report("tile", "no tiles", "an operations center shows at least one: add a [[tile]]")
    for kind, name in (("tile", "id"), ("trend", "id"), ("action", "id"), ("alert", "name")):
        first: dict[str, str] = {}
        for place, item in _items(table, kind):
            if not (value := item.get(name)):
                continue
            if name == "id" and not _ID.fullmatch(value):
                report(f"{place}.id", f'"{value}" is not an id', "begin with a to z, go on with a to z, 0 to 9 and -")
            if (taken := first.setdefault(value, place)) != place:
                report(f"{place}.{name}", f'"{value}" is the {name} of {taken} already', "")
        for place, item in _items(table, kind):
            if (unit := item.get("unit")) is not None and unit not in UNITS:
                hint = closest(unit, UNITS) or "Grafana's unit ids, such as none, short, percentunit, s, bytes, reqps"
                report(f"{place}.unit", f'unknown unit "{unit}"', hint)


def _check_tile(tile: Table, place: str, report: Report) -> None:
    if (decimals := tile.get("decimals")) is not None and not 0 <= decimals <= _MOST_DECIMALS:
        report(f"{place}.decimals", f"expected 0 to {_MOST_DECIMALS}, got {shape.got(decimals)}", "")
    if tile.get("steps") == []:
        report(f"{place}.steps", "no steps", 'begin with the base, for example { state = "ok" }')
    reached: float | None = None
    for index, step in enumerate(tile.get("steps") or ()):
        if step is None:
            continue
        at = f"{place}.steps[{index}].at"
        if (state := step.get("state")) is not None and state not in _GRADES:
            report(f"{place}.steps[{index}].state", f'expected one of {", ".join(_GRADES)}; got "{state}"', "")
        if index == 0 and "at" in step:
            report(at, "the first step is the base, from minus infinity on", "leave `at` out")
        elif index and "at" not in step:
            report(at, "missing", "only the first step, the base, has no `at`")
        elif index and step["at"] is not None:
            if reached is not None and step["at"] <= reached:
                report(at, f"steps must ascend: {step['at']:g} after {reached:g}", "")
            reached = step["at"]


def _check_action(action: Table, place: str, keys: dict[str, str], report: Report) -> None:
    if key := action.get("key"):
        if len(key) != 1:
            report(f"{place}.key", f'expected one character, got "{key}"', "")
        elif key in RESERVED_KEYS:
            report(f"{place}.key", f'"{key}" has a meaning on the overview already', "choose another letter")
        elif (taken := keys.setdefault(key, place)) != place:
            report(f"{place}.key", f'"{key}" is the key of {taken} already', "")
    if action.get("risk", "read") in {"change", "danger"} and action.get("warning", "") == "":
        report(f"{place}.warning", "missing", f"say what users notice: risk is {action['risk']}")
    if (path := action.get("jaeger")) and not path.startswith("/"):
        report(f"{place}.jaeger", f"expected a path that begins with /, got {shape.got(path)}", "")
    if not any(action.get(name, "") != "" for name in ("kubernetes", "compose", "expr", "explore", "jaeger")):
        report(place, "does nothing", "give it kubernetes, compose, expr, explore or jaeger")


# ── Rules that need the PromQL parser or the runbooks ─────────────────────────────────────────────────────────────────


def _expressions(table: Table) -> Iterator[tuple[str, str, frozenset[promql.Kind]]]:
    """Place, PromQL and what it may yield, of every expression that is there."""
    for kind in ("tile", "trend", "action", "alert"):
        for place, item in _items(table, kind):
            if expr := item.get("expr"):
                yield f"{place}.expr", expr, promql.INSTANT
            explore = item.get("explore") or {}
            if explore.get("datasource") == "prometheus" and (expr := explore.get("expr")):
                yield f"{place}.explore.expr", expr, promql.ANY


def _runbooks(table: Table) -> Iterator[tuple[str, str]]:
    """Place and target of every reference to a runbook."""
    for kind in ("tile", "action", "alert", "runbook"):
        for place, item in _items(table, kind):
            if target := item.get("runbook"):
                yield f"{place}.runbook", target
            for index, target in enumerate(item.get("related") or ()):
                if target is not None:
                    yield f"{place}.related[{index}]", target


def _check_runbook(target: str, folders: Sequence[Path], place: str, report: Report) -> None:
    from tui.model import runbook  # the Markdown parser, and only a check needs it

    name, _, section = target.partition("#")
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        report(place, f"expected a path below the runbook folders, got {shape.got(target)}", "")
        return
    path = next((folder / name for folder in folders if _is_file(folder / name)), None)
    if path is None:
        known = [str(found.relative_to(folder)) for folder in folders for found in folder.rglob("*.md")]
        report(place, f"no runbook {shape.got(name)}", closest(name, known))
        return
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError as error:
        report(place, f"{shape.got(name)} cannot be read: {error.strerror}", "")
        return
    anchors = [heading.slug for heading in runbook.parse(text, name).sections]
    if section and section not in anchors:
        report(place, f"{shape.got(name)} has no section {shape.got('#' + section)}", closest(section, anchors))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than the file system takes
        return False
