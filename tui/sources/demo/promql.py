"""A small PromQL: what tiles, trends, alert rules and runbooks ask, evaluated on the samples of the demo.

`compile_query` turns an expression into nested closures once; evaluating it at a time is then a few calls. What it
answers is what Prometheus 2.42 answers (tests/sources/test_demo_promql.py asks both); what it does not know, it refuses
by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import promql_parser as ast

from tui.model.errors import SourceError
from tui.model.text import clip, sanitise_line
from tui.sources.demo import aggregate, binary
from tui.sources.demo.binary import Elements, Matching, QueryError, not_evaluated
from tui.sources.demo.functions import PLAIN, RANGE, quantile
from tui.sources.demo.selectors import absent_labels, collect, milliseconds, newest, over, select, unique
from tui.sources.demo.store import NAME, Labels, Store, without

LONGEST = 2_000
"""Characters of an expression: the parser recurses without a bound of its own and takes the process with it."""

SUBQUERY_STEP_MS = 60_000
"""Of a subquery that names none, as Prometheus takes its evaluation interval."""
MOST_STEPS = 11_000

_Scalar = Callable[[int], float]
_Vector = Callable[[int], Elements]


class Query:
    """A compiled expression."""

    def __init__(self, text: str, evaluate: _Vector) -> None:
        self._text, self._evaluate = text, evaluate

    def at(self, at: int) -> Elements:
        """Evaluate at `at` Unix milliseconds; a scalar is one element without labels.

        Raises:
            SourceError: the result is ambiguous, as Prometheus would say.
        """
        try:
            return unique(self._evaluate(at))
        except QueryError as error:
            raise _refused(self._text, error) from error
        except RecursionError as error:
            raise _refused(self._text, _too_deep()) from error


def compile_query(text: str, store: Store) -> Query:
    """Bind an expression to the series of a store.

    Raises:
        SourceError: not PromQL, or not evaluated by the demo.
    """
    try:
        return Query(text, _Compiler(store).any(_parse(text)))
    except QueryError as error:
        raise _refused(text, error) from error
    except RecursionError as error:
        raise _refused(text, _too_deep()) from error


def _refused(text: str, error: QueryError) -> SourceError:
    return SourceError(f"query {sanitise_line(text, 200)}", error.why, error.hint, up=True)


def _too_deep() -> QueryError:
    return not_evaluated("an expression nested that deeply")


def _parse(text: str) -> ast.Expr:
    if len(text) > LONGEST:
        raise not_evaluated(f"expressions of more than {LONGEST:,} characters")
    try:
        parsed: ast.Expr = ast.parse(text)
    except BaseException as error:
        # The parser panics on a duration beyond all bounds, with an exception that has no importable name.
        if not isinstance(error, ValueError) and type(error).__name__ != "PanicException":
            raise
        why = clip(sanitise_line(str(error)), 300)
        raise QueryError(
            f"bad_data: parse error: {why}", "correct the expression; Prometheus refuses it too"
        ) from error
    return parsed


class _Compiler:
    def __init__(self, store: Store) -> None:
        self._store = store

    def any(self, expr: ast.Expr) -> _Vector:
        """A scalar or a vector, as a vector."""
        if not _is_scalar(expr):
            return self.vector(expr)
        scalar = self.scalar(expr)
        return lambda at: [((), scalar(at))]

    # ── Scalars ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def scalar(self, expr: ast.Expr) -> _Scalar:
        if isinstance(expr, ast.NumberLiteral):
            value = expr.val
            return lambda _at: value
        if isinstance(expr, ast.ParenExpr):
            return self.scalar(expr.expr)
        if isinstance(expr, ast.UnaryExpr):
            inner = self.scalar(expr.expr)
            return lambda at: -inner(at)
        if isinstance(expr, ast.BinaryExpr):
            op = _operator(expr)
            left, right = self.scalar(expr.lhs), self.scalar(expr.rhs)
            return lambda at: binary.scalars(op, left(at), right(at))
        if isinstance(expr, ast.Call) and expr.func.name == "time":
            return lambda at: at / 1000
        if isinstance(expr, ast.Call) and expr.func.name == "scalar":
            vector = self.vector(expr.args[0])
            return lambda at: _only(vector(at))
        raise not_evaluated(_name(expr))

    # ── Vectors ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def vector(self, expr: ast.Expr) -> _Vector:
        if isinstance(expr, ast.VectorSelector):
            return self._instant(expr)
        if isinstance(expr, ast.ParenExpr):
            return self.vector(expr.expr)
        if isinstance(expr, ast.UnaryExpr):
            inner = self.vector(expr.expr)
            return lambda at: unique([(without(labels, (NAME,)), -value) for labels, value in inner(at)])
        if isinstance(expr, ast.BinaryExpr):
            return self._binary(expr)
        if isinstance(expr, ast.AggregateExpr):
            return self._aggregate(expr)
        if isinstance(expr, ast.Call):
            return self._call(expr)
        raise not_evaluated(_name(expr))

    def _instant(self, selector: ast.VectorSelector) -> _Vector:
        selected, offset = select(self._store, selector), milliseconds(lambda: selector.offset)
        return lambda at: newest(selected, at - offset)

    def _range(self, expr: ast.Expr, name: str) -> _Vector:
        """A function over a range vector: the samples of a selector, or what a subquery finds at every step."""
        function, keep_name = RANGE[name], name == "last_over_time"
        while isinstance(expr, ast.ParenExpr):
            expr = expr.expr
        if isinstance(expr, ast.MatrixSelector):
            selector, span = expr.vector_selector, milliseconds(lambda: expr.range)
            selected, offset = select(self._store, selector), milliseconds(lambda: selector.offset)
            return lambda at: unique(over(selected, function, at - offset - span, at - offset, keep_name=keep_name))
        if not isinstance(expr, ast.SubqueryExpr):
            raise not_evaluated(_name(expr))
        if expr.at is not None:
            raise not_evaluated("the @ modifier")
        inner, span, offset = self.any(expr.expr), milliseconds(lambda: expr.range), milliseconds(lambda: expr.offset)
        step = milliseconds(lambda: expr.step) or SUBQUERY_STEP_MS
        if span / step > MOST_STEPS:
            raise not_evaluated(f"subqueries of more than {MOST_STEPS:,} steps")

        def evaluate(at: int) -> Elements:
            start, end = at - offset - span, at - offset
            return unique(over(collect(inner, start, end, step), function, start, end, keep_name=keep_name))

        return evaluate

    def _aggregate(self, expr: ast.AggregateExpr) -> _Vector:
        op, modifier = str(expr.op), expr.modifier
        by = modifier is None or modifier.type == ast.AggModifierType.By
        group = aggregate.grouping(modifier.labels if modifier else (), by=by)
        if op in aggregate.FOLDS:
            inner = self.vector(expr.expr)
            return lambda at: aggregate.fold(op, inner(at), group)
        if op in aggregate.PICKS and expr.param is not None:
            inner, k = self.vector(expr.expr), self.scalar(expr.param)
            return lambda at: aggregate.pick(op, k(at), inner(at), group)
        raise not_evaluated(op)

    # ── Functions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _call(self, call: ast.Call) -> _Vector:
        name, args = call.func.name, call.args
        if name in RANGE:
            return self._range(args[0], name)
        if name in PLAIN:
            return self._plain(name, args)
        if name == "histogram_quantile":
            q, inner = self.scalar(args[0]), self.vector(args[1])
            return lambda at: _quantiles(q(at), inner(at))
        if name == "vector":
            scalar = self.scalar(args[0])
            return lambda at: [((), scalar(at))]
        if name in ("sort", "sort_desc"):
            inner = self.vector(args[0])
            return lambda at: aggregate.ordered(inner(at), descending=name == "sort_desc")
        if name == "absent":
            inner, labels = self.vector(args[0]), absent_labels(args[0])
            return lambda at: [] if inner(at) else [(labels, 1.0)]
        raise not_evaluated(f"{name}()")

    def _plain(self, name: str, args: Sequence[ast.Expr]) -> _Vector:
        function = PLAIN[name]
        inner, scalars = self.vector(args[0]), [self.scalar(arg) for arg in args[1:]]

        def evaluate(at: int) -> Elements:
            given = [scalar(at) for scalar in scalars]
            if name == "clamp" and given[1] < given[0]:
                return []
            return unique([(without(labels, (NAME,)), function(value, *given)) for labels, value in inner(at)])

        return evaluate

    # ── Operators ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _binary(self, expr: ast.BinaryExpr) -> _Vector:
        op, modifier = _operator(expr), expr.modifier
        as_bool = modifier is not None and modifier.return_bool
        if _is_scalar(expr.lhs) or _is_scalar(expr.rhs):
            swapped = _is_scalar(expr.lhs)
            vector = self.vector(expr.rhs if swapped else expr.lhs)
            scalar = self.scalar(expr.lhs if swapped else expr.rhs)
            return lambda at: unique(binary.with_scalar(op, vector(at), scalar(at), swapped=swapped, as_bool=as_bool))
        left, right, matching = self.vector(expr.lhs), self.vector(expr.rhs), _matching(modifier)
        if op in binary.SETS:
            return lambda at: binary.sets(op, left(at), right(at), matching)
        swapped = modifier is not None and modifier.card == ast.VectorMatchCardinality.OneToMany
        many, one = (right, left) if swapped else (left, right)
        return lambda at: binary.vectors(op, many(at), one(at), matching, swapped=swapped, as_bool=as_bool)


def _operator(expr: ast.BinaryExpr) -> str:
    op = str(expr.op)
    if op not in binary.ARITHMETIC and op not in binary.COMPARISON and op not in binary.SETS:
        raise not_evaluated(op)
    return op


def _matching(modifier: ast.BinModifier | None) -> Matching:
    if modifier is None:
        return Matching()
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise not_evaluated("fill modifiers")
    grouped = (ast.VectorMatchCardinality.ManyToOne, ast.VectorMatchCardinality.OneToMany)
    return Matching(
        labels=tuple(modifier.matching.labels) if modifier.matching else (),
        on=modifier.matching is not None and modifier.matching.type == ast.LabelModifierType.Include,
        many=modifier.card in grouped,
        include=tuple(modifier.group_labels or ()),
    )


def _is_scalar(expr: ast.Expr) -> bool:
    if isinstance(expr, (ast.ParenExpr, ast.UnaryExpr)):
        return _is_scalar(expr.expr)
    if isinstance(expr, ast.BinaryExpr):
        return _is_scalar(expr.lhs) and _is_scalar(expr.rhs)
    if isinstance(expr, ast.Call):
        return bool(expr.func.return_type == ast.ValueType.Scalar)
    return isinstance(expr, ast.NumberLiteral)


def _name(expr: ast.Expr) -> str:
    if isinstance(expr, ast.Call):
        return f"{expr.func.name}()"
    ranges = (ast.MatrixSelector, ast.SubqueryExpr)
    return "a range vector without a function over it" if isinstance(expr, ranges) else "a string"


def _only(elements: Elements) -> float:
    return elements[0][1] if len(elements) == 1 else math.nan


def _quantiles(q: float, elements: Elements) -> Elements:
    histograms: dict[Labels, dict[float, float]] = {}
    for labels, value in elements:
        try:
            bound = float(dict(labels).get("le", ""))
        except ValueError:
            continue
        counts = histograms.setdefault(without(labels, (NAME, "le")), {})
        counts[bound] = counts.get(bound, 0.0) + value
    return [(labels, quantile(q, counts)) for labels, counts in histograms.items()]
