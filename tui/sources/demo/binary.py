"""PromQL's binary operators: on numbers, and between vectors by matching labels.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

import msgspec

from tui.sources.demo.functions import divide
from tui.sources.demo.store import NAME, Labels, label_set, without

Element = tuple[Labels, float]
Elements = list[Element]


class QueryError(Exception):
    """An expression is wrong, or not evaluated here; `why` and `hint` as in SourceError."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.why, self.hint = why, hint


def not_evaluated(what: str) -> QueryError:
    """What PromQL knows and the demo does not."""
    return QueryError(f"the demo does not evaluate {what}", "ask a real Prometheus: start ops-center without demo")


def _execution(why: str) -> QueryError:
    return QueryError(f"execution: {why}", "aggregate one side, or match with on(…) and group_left")


def _remainder(x: float, y: float) -> float:
    return math.fmod(x, y) if y and math.isfinite(x) else math.nan


def _power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0 and y % 2 == 1 else math.inf
    except ValueError:  # 0 to a negative power, or a negative number to a fraction
        if x:
            return math.nan
        return math.copysign(math.inf, x) if y % 2 == 1 else math.inf


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": _remainder,
    "^": _power,
}
COMPARISON: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
SETS = ("and", "or", "unless")


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """How elements of two vectors find each other."""

    labels: tuple[str, ...] = ()
    on: bool = False
    """Whether `labels` are the ones compared, or those left out."""
    many: bool = False
    """Whether several elements of the left side may match one of the right (group_left)."""
    include: tuple[str, ...] = ()
    """Labels taken from the one side."""

    def key(self, labels: Labels) -> Labels:
        """What has to be equal."""
        if self.on:
            return tuple(pair for pair in labels if pair[0] in self.labels)
        return without(labels, (NAME, *self.labels))

    def result(self, left: Labels, right: Labels, *, drop_name: bool) -> Labels:
        """Labels of the result of one match."""
        if drop_name:
            left = without(left, (NAME,))
        if not self.many:
            left = self.key(left) if self.on else without(left, self.labels)
        taken = [pair for pair in right if pair[0] in self.include]
        return label_set([*without(left, self.include), *taken])


def scalars(op: str, left: float, right: float) -> float:
    """Two numbers; a comparison (`bool`) is 1 or 0."""
    return ARITHMETIC[op](left, right) if op in ARITHMETIC else float(COMPARISON[op](left, right))


def with_scalar(op: str, vector: Elements, scalar: float, *, swapped: bool, as_bool: bool) -> Elements:
    """A vector and a number; a comparison keeps the elements for which it holds, unless `as_bool`.

    Args:
        op: The operator.
        vector: One side.
        scalar: The other.
        swapped: Whether the number is on the left.
        as_bool: Whether a comparison yields 1 or 0 instead.
    """
    out: Elements = []
    for labels, value in vector:
        left, right = (scalar, value) if swapped else (value, scalar)
        if op in ARITHMETIC:
            out.append((without(labels, (NAME,)), ARITHMETIC[op](left, right)))
        elif as_bool:
            out.append((without(labels, (NAME,)), float(COMPARISON[op](left, right))))
        elif COMPARISON[op](left, right):
            out.append((labels, value))
    return out


def sets(op: str, left: Elements, right: Elements, matching: Matching) -> Elements:
    """`and`, `or`, `unless`: elements are kept whole."""
    if op == "or":
        known = {matching.key(labels) for labels, _ in left}
        return left + [element for element in right if matching.key(element[0]) not in known]
    known = {matching.key(labels) for labels, _ in right}
    return [element for element in left if (matching.key(element[0]) in known) == (op == "and")]


def vectors(op: str, left: Elements, right: Elements, matching: Matching, *, swapped: bool, as_bool: bool) -> Elements:
    """Two vectors, element by element; `right` is the one side of a many-to-one match.

    Args:
        op: Arithmetic or comparison.
        left: The many side, if there is one.
        right: Elements unique under `matching`.
        matching: How they find each other.
        swapped: Whether `left` stands to the right of the operator (group_right).
        as_bool: Whether a comparison yields 1 or 0.

    Raises:
        QueryError: the match is ambiguous.
    """
    ones: dict[Labels, Element] = {}
    for element in right:
        if ones.setdefault(matching.key(element[0]), element) is not element:
            raise _execution("found duplicate series for a match group; matching labels must be unique on one side")
    used: set[tuple[Labels, Labels]] = set()
    out: Elements = []
    for labels, value in left:
        key = matching.key(labels)
        if key not in ones:
            continue
        one_labels, one_value = ones[key]
        x, y = (one_value, value) if swapped else (value, one_value)
        if op in ARITHMETIC:
            result = ARITHMETIC[op](x, y)
        elif as_bool:
            result = float(COMPARISON[op](x, y))
        elif COMPARISON[op](x, y):
            result = x
        else:
            continue
        metric = matching.result(labels, one_labels, drop_name=op in ARITHMETIC or as_bool)
        identity = (key, metric if matching.many else ())
        if identity in used:
            raise _execution("multiple matches for labels: a many-to-one match must be explicit and its labels unique")
        used.add(identity)
        out.append((metric, result))
    return out
