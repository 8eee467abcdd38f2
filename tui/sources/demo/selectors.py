"""PromQL's selectors: which series, and which of their samples at what time."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import timedelta

import promql_parser as ast

from tui.sources.demo.binary import Elements, QueryError, not_evaluated
from tui.sources.demo.functions import Range
from tui.sources.demo.store import NAME, Labels, Series, Store, label_set

LOOKBACK_MS = 300_000
"""How old a sample may be to stand for now."""


def milliseconds(duration: Callable[[], timedelta | None]) -> int:
    """A duration as read from the parser, 0 for none.

    Raises:
        QueryError: it is longer than Python's durations, some million years.
    """
    try:
        found = duration()
    except (ValueError, OverflowError) as error:
        raise not_evaluated("durations of millions of years") from error
    return round(found.total_seconds() * 1000) if found else 0


def unique(elements: Elements) -> Elements:
    """`elements` as they are.

    Raises:
        QueryError: two have the same labels, as when different metrics lost their names.
    """
    if len(elements) > 1 and len({labels for labels, _ in elements}) < len(elements):
        raise QueryError(
            "execution: vector cannot contain metrics with the same labelset", "select one metric by its name"
        )
    return elements


def select(store: Store, selector: ast.VectorSelector) -> list[Series]:
    """The series a selector means, in order of their labels.

    Raises:
        QueryError: the selector has something the demo does not evaluate.
    """
    if selector.at is not None:
        raise not_evaluated("the @ modifier")
    if selector.matchers.or_matchers:
        raise not_evaluated("`or` between matchers")
    tests = [(matcher.name, _test(matcher)) for matcher in selector.matchers.matchers]
    metric = selector.name
    if metric:
        tests.insert(0, (NAME, lambda found: found == metric))
    labelled = ((series, dict(series.labels)) for series in store.series)
    found = [series for series, labels in labelled if all(test(labels.get(name, "")) for name, test in tests)]
    return sorted(found, key=lambda series: series.labels)


def _test(matcher: ast.Matcher) -> Callable[[str], bool]:
    value = matcher.value
    if matcher.op == ast.MatchOp.Equal:
        return lambda found: found == value
    if matcher.op == ast.MatchOp.NotEqual:
        return lambda found: found != value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "[[" may once mean something else to Python, not to RE2
            pattern = re.compile(value, re.ASCII)
    except (re.error, OverflowError) as error:
        raise not_evaluated(f"the regular expression {value}") from error
    positive = matcher.op == ast.MatchOp.Re
    return lambda found: (pattern.fullmatch(found) is not None) == positive


def newest(selected: Sequence[Series], at: int) -> Elements:
    """What each series was at `at` Unix milliseconds, by its last sample of the five minutes before."""
    out: Elements = []
    times: Sequence[int] = ()
    last = -1
    for series in selected:
        if series.times is not times:
            times = series.times
            last = bisect_right(times, at) - 1
        if last >= 0 and times[last] >= at - LOOKBACK_MS:
            out.append((series.labels, series.values[last]))
    return out


def over(selected: Sequence[Series], function: Range, start: int, end: int, *, keep_name: bool) -> Elements:
    """What a function says of each series between two times, both inclusive."""
    out: Elements = []
    times: Sequence[int] = ()
    first, last = 0, -1
    for series in selected:
        if series.times is not times:
            times = series.times
            first, last = bisect_left(times, start), bisect_right(times, end) - 1
        if first <= last:
            value = function(series, first, last, start, end)
            if value is not None:
                out.append((series.labels if keep_name else series.bare, value))
    return out


def collect(evaluate: Callable[[int], Elements], start: int, end: int, step: int) -> list[Series]:
    """The series a subquery yields, evaluated at whole multiples of `step` between two times, all in milliseconds."""
    found: dict[Labels, Series] = {}
    for at in range(-(-start // step) * step, end + 1, step):
        for labels, value in evaluate(at):
            series = found.get(labels)
            if series is None:
                series = found[labels] = Series(labels, [])
            series.times.append(at)
            series.values.append(value)
    return list(found.values())


def absent_labels(expr: ast.Expr) -> Labels:
    """Labels a series that is absent would have: those its selector pins down."""
    if not isinstance(expr, ast.VectorSelector):
        return ()
    pinned: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in expr.matchers.matchers:
        once = matcher.op == ast.MatchOp.Equal and matcher.name not in seen
        pinned[matcher.name] = matcher.value if once else ""
        if once:
            seen.add(matcher.name)
    pinned.pop(NAME, None)
    return label_set(pinned.items())
