"""PromQL's aggregation operators.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from tui.sources.demo.binary import Elements, QueryError
from tui.sources.demo.functions import greatest, least, mean, total
from tui.sources.demo.store import NAME, Labels, without

FOLDS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": total,
    "avg": mean,
    "min": least,
    "max": greatest,
    "count": lambda values: float(len(values)),
}
PICKS = ("topk", "bottomk")

_MAX_INT64 = 2**63


def grouping(labels: Sequence[str], *, by: bool) -> Callable[[Labels], Labels]:
    """What elements of one group have in common: the labels named, or all but those and the metric's name.

    An expression meets the same labels at every step of a window, so answers are kept.
    """
    known: dict[Labels, Labels] = {}
    names = frozenset(labels) if by else frozenset((*labels, NAME))

    def group(labels: Labels) -> Labels:
        found = known.get(labels)
        if found is None:
            found = tuple(pair for pair in labels if pair[0] in names) if by else without(labels, names)
            known[labels] = found
        return found

    return group


def fold(op: str, elements: Elements, group: Callable[[Labels], Labels]) -> Elements:
    """One element for each group."""
    groups: dict[Labels, list[float]] = {}
    for labels, value in elements:
        groups.setdefault(group(labels), []).append(value)
    folding = FOLDS[op]
    return [(labels, folding(values)) for labels, values in groups.items()]


def pick(op: str, k: float, elements: Elements, group: Callable[[Labels], Labels]) -> Elements:
    """The `k` greatest or smallest elements of each group, whole, the most extreme first and NaN last.

    Raises:
        QueryError: `k` is no number of elements.
    """
    if not -_MAX_INT64 <= k < _MAX_INT64:  # NaN too
        raise QueryError(f"execution: scalar value {k} overflows int64", "give a small whole number")
    groups: dict[Labels, Elements] = {}
    for element in elements:
        groups.setdefault(group(element[0]), []).append(element)
    out: Elements = []
    for members in groups.values():
        out += ordered(members, descending=op == "topk")[: max(int(k), 0)]
    return out


def ordered(elements: Elements, *, descending: bool) -> Elements:
    """By value, NaN last in either direction."""
    sign = -1 if descending else 1
    return sorted(elements, key=lambda element: (math.isnan(element[1]), sign * element[1]))
