"""Whether parsed TOML has the shape of a struct: every mistake, each with its place.

msgspec stops at the first mistake; a person who writes a file wants all of them. What has the right shape is handed
back too, so that the rules of a file are applied to all they can be applied to, and one bad key hides nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec
import msgspec.inspect as types

from tui.model.text import clip, sanitise, sanitise_line

Report = Callable[[str, str, str], None]
"""Called with path (`tile[2].unit`), what is wrong and a hint, which may be empty."""

Table = dict[str, Any]
"""A TOML table with known keys only; a value of the wrong type is None, which TOML itself does not have."""

_EXACT = 2**53
"""Whole numbers up to here are floats without loss, and TOML's own bound is not much further."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read(raw: Mapping[str, object], struct: type[msgspec.Struct], report: Report) -> Table:
    """Check `raw` against `struct` and keep what fits. Indices in paths count from 0."""
    return _table(raw, cast("types.StructType", types.type_info(struct)), "", report)


def closest(word: str, known: Iterable[str]) -> str:
    """`did you mean "unit"?`, or nothing when no known word is near."""
    from difflib import get_close_matches  # not for a file without mistakes

    near = get_close_matches(word, list(known), n=1) or get_close_matches(word.lower(), list(known), n=1)
    return f'did you mean "{near[0]}"?' if near else ""


def _table(raw: Mapping[str, object], shape: types.StructType, path: str, report: Report) -> Table:
    prefix = f"{path}." if path else ""
    fields = {field.encode_name: field for field in shape.fields}
    for key in raw.keys() - fields.keys():
        shown = key if _BARE.fullmatch(key) else f'"{sanitise_line(key, 40)}"'
        report(prefix + shown, "unknown key", closest(key, fields.keys() - raw.keys()))
    kept: Table = {}
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                report(prefix + name, "missing", "")
            continue
        value = _value(raw[name], field.type, prefix + name, report)
        if field.required and isinstance(value, str) and not value.strip():
            report(prefix + name, "empty", "")
            value = None
        kept[name] = value
    return kept


def _value(raw: object, shape: types.Type, path: str, report: Report) -> object:
    """`raw` when it fits `shape`, without what does not fit inside; None when it does not."""
    if isinstance(shape, types.UnionType):  # always "this or not at all": TOML has no null
        shape = next(kind for kind in shape.types if not isinstance(kind, types.NoneType))
    match shape:
        case types.StructType() if isinstance(raw, dict):
            return _table(raw, shape, path, report)
        case types.VarTupleType() if isinstance(raw, list):
            return [_value(item, shape.item_type, f"{path}[{index}]", report) for index, item in enumerate(raw)]
        case types.LiteralType() | types.EnumType() if isinstance(raw, str):
            return _choice(raw, shape, path, report)
        case types.StrType() if isinstance(raw, str):
            return _text(raw, path, report)
        case types.FloatType() | types.IntType() if isinstance(raw, int | float) and not isinstance(raw, bool):
            return _number(raw, shape, path, report)
    report(path, f"expected {_expected(shape)}, got {got(raw)}", "")
    return None


def _text(raw: str, path: str, report: Report) -> str | None:
    if sanitise(raw) == raw:
        return raw
    report(path, "holds characters that a terminal obeys or does not show", "write plain text")
    return None


def _number(raw: float, shape: types.FloatType | types.IntType, path: str, report: Report) -> float | None:
    if isinstance(raw, int):
        fits = -_EXACT <= raw <= _EXACT
    else:
        fits = math.isfinite(raw) and isinstance(shape, types.FloatType)
    if fits:
        return raw
    report(path, f"expected {_expected(shape)}, got {got(raw)}", "")
    return None


def _choice(raw: str, shape: types.LiteralType | types.EnumType, path: str, report: Report) -> str | None:
    values = shape.values if isinstance(shape, types.LiteralType) else [member.value for member in shape.cls]
    known = [str(value) for value in values]
    if raw in known:
        return raw
    report(path, f"expected one of {', '.join(known)}; got {got(raw)}", closest(raw, known))
    return None


def _expected(shape: types.Type) -> str:
    match shape:
        case types.StructType():
            return "table"
        case types.VarTupleType():
            return "list"
        case types.FloatType():
            return "number"  # and a finite one: inf and nan are TOML, but no setting
        case types.IntType():
            return "whole number"
        case _:
            return "text"


def got(raw: object) -> str:
    """`raw` as it may stand in a message: short and harmless."""
    match raw:
        case str():
            return f'"{clip(sanitise_line(raw), 40)}"'
        case dict():
            return "a table"
        case list():
            return "a list"
        case bool():
            return str(raw).lower()
        case int() if abs(raw) > 10**30:  # more digits than anyone reads
            return "a number of more than 30 digits"
        case _:
            return str(raw)
