"""What is wrong with a PromQL expression, found without a server.

The parser (promql-parser, in Rust) is imported when the first expression is looked at: no screen waits for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from promql_parser import Expr

Kind = Literal["vector", "scalar", "matrix", "string"]
"""What an expression yields. Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#expression-language-data-types"""

INSTANT: frozenset[Kind] = frozenset({"vector", "scalar"})
"""What a tile, a trend and a rule can be made of."""

ANY: frozenset[Kind] = frozenset({"vector", "scalar", "matrix", "string"})

LONGEST = 4_000
"""Characters looked at. The parser recurses: some thousand nested brackets overflow its stack and end the process."""

_NAMES: dict[Kind, str] = {"matrix": "a range vector", "string": "a string", "vector": "a vector", "scalar": "a number"}
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_TOKEN = re.compile(r"""(?P<space>\s+|\#[^\n]*)|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[\w:.]+|.""", re.DOTALL)
_FUNCTION = re.compile(r"function (?:with name )?'(?P<name>[^']*)'")


def fault(expr: str, allowed: frozenset[Kind] = INSTANT) -> str | None:
    """What is wrong with `expr`, in one sentence with the place where it is known; None when nothing is.

    Args:
        expr: PromQL, of any length and content.
        allowed: What it may yield.
    """
    if len(expr) > LONGEST:
        return f"{len(expr):,} characters, more than {LONGEST:,}"
    try:
        parsed = _parse(expr)
    except ValueError as error:
        return f"does not parse: {error}{_place(expr, str(error))}"
    kind = _kind(parsed)
    if kind in allowed:
        return None
    hint = ", for example rate(…) or max_over_time(…) of it" if kind == "matrix" else ""
    return f"yields {_NAMES[kind]} where one number at a time is needed{hint}"


def _parse(expr: str) -> Expr:
    """Raises ValueError and nothing else: a panic of the parser (`x offset 1e400`) is a nameless BaseException."""
    import promql_parser  # a start never needs it

    try:
        return promql_parser.parse(expr)
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise ValueError(str(panic)) from panic


def _kind(expr: Expr) -> Kind:
    """A number only if every operand is one; else what the first other operand is, as the parser mixes no kinds."""
    import promql_parser as promql

    pending = [expr]
    while pending:
        match pending.pop():
            case promql.ParenExpr() | promql.UnaryExpr() as wrapped:
                pending.append(wrapped.expr)
            case promql.BinaryExpr() as binary:
                pending += (binary.rhs, binary.lhs)
            case promql.NumberLiteral():
                pass
            case promql.Call() as call if call.func.return_type == promql.ValueType.Scalar:
                pass
            case promql.StringLiteral():
                return "string"
            case promql.MatrixSelector() | promql.SubqueryExpr():
                return "matrix"
            case _:
                return "vector"
    return "scalar"


def _place(expr: str, message: str) -> str:
    """Where the mistake is, as far as can be told: the parser itself does not say."""
    at = _unmatched(expr)
    if at is None and (function := _FUNCTION.search(message)):
        calls = [start for start, token in _tokens(expr) if token == function["name"]]
        at = calls[0] if len(calls) == 1 else None
    if at is None and message.startswith(("invalid", "unexpected")):
        at = _end_of_sense(expr)
    if at is None:
        return ""
    line = expr.count("\n", 0, at) + 1
    column = at - expr.rfind("\n", 0, at)
    return f" (line {line}, column {column})" if "\n" in expr else f" (column {column})"


def _tokens(expr: str) -> list[tuple[int, str]]:
    """Position and text of every token, without white space and comments."""
    return [(match.start(), match.group()) for match in _TOKEN.finditer(expr) if not match["space"]]


def _unmatched(expr: str) -> int | None:
    """The first bracket that closes what is not open, or the last that is never closed."""
    opened: list[tuple[int, str]] = []
    for at, token in _tokens(expr):
        if token in _CLOSES:
            opened.append((at, _CLOSES[token]))
        elif token in _CLOSES.values() and (not opened or opened.pop()[1] != token):
            return at
    return opened[-1][0] if opened else None


def _end_of_sense(expr: str) -> int | None:
    """Where the longest beginning that parses, once its brackets are closed, is over."""
    tokens = _tokens(expr)
    for count in range(len(tokens) - 1, 0, -1):
        end = tokens[count][0]
        opened: list[str] = []
        for _, token in tokens[:count]:
            if token in _CLOSES:
                opened.append(_CLOSES[token])
            elif token in _CLOSES.values():
                opened.pop()
        try:
            _parse(expr[:end] + "\n" + "".join(reversed(opened)))
        except ValueError as error:
            if not str(error).startswith(("expected", "wrong number")):  # sense so far, only not enough of it
                continue
        return end
    return tokens[0][0] if tokens else None
