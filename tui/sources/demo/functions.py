"""PromQL's functions over one range or one value, as Prometheus computes them.

Source: https://github.com/prometheus/prometheus/blob/v2.42.0/promql/functions.go and quantile.go, the release the tests
compare with; https://prometheus.io/docs/prometheus/latest/querying/functions/ describes them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from tui.sources.demo.store import Series

Range = Callable[[Series, int, int, int, int], float | None]
"""(series, first, last, start, end) → value, or None for no element.

`first` and `last` are the indices of the samples in the range, both inclusive; `start` and `end` its bounds in Unix
milliseconds.
"""


def go_min(x: float, y: float) -> float:
    """The smaller; NaN if either is, except that nothing is below -Inf."""
    if math.isnan(x) or math.isnan(y):
        return -math.inf if -math.inf in (x, y) else math.nan
    return min(x, y)


def go_max(x: float, y: float) -> float:
    """The greater; NaN if either is, except that nothing is above +Inf."""
    return -go_min(-x, -y)


def divide(x: float, y: float) -> float:
    """IEEE 754 division: x/0 is ±∞, 0/0 NaN."""
    if y:
        return x / y
    return math.nan if not x or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1, y)


def _extrapolated(*, counter: bool, per_second: bool) -> Range:
    def value(series: Series, first: int, last: int, start: int, end: int) -> float | None:
        if last <= first:
            return None
        values, times = series.values, series.times
        oldest, began, ended = values[first], times[first], times[last]
        result = values[last] - oldest
        if counter:
            result += series.lost(first, last)
        to_start, to_end, sampled = (began - start) / 1000, (end - ended) / 1000, (ended - began) / 1000
        average = sampled / (last - first)
        if counter and result > 0 and oldest >= 0:
            # A counter is never extrapolated below zero.
            to_start = min(to_start, sampled * (oldest / result))
        # A series that nearly reaches a bound is taken to reach it, else to end half an interval beyond its sample.
        threshold = average * 1.1
        extended = sampled + (to_start if to_start < threshold else average / 2)
        extended += to_end if to_end < threshold else average / 2
        result *= extended / sampled
        return result / ((end - start) / 1000) if per_second else result

    return value


def _instant(*, per_second: bool) -> Range:
    def value(series: Series, first: int, last: int, _start: int, _end: int) -> float | None:
        if last <= first:
            return None
        newest, previous = series.values[last], series.values[last - 1]
        if not per_second:
            return newest - previous
        grown = newest if newest < previous else newest - previous
        return grown / ((series.times[last] - series.times[last - 1]) / 1000)

    return value


def _deriv(series: Series, first: int, last: int, _start: int, _end: int) -> float | None:
    """Slope of the least-squares line, per second."""
    if last <= first:
        return None
    ys = series.values[first : last + 1]
    if all(y == ys[0] for y in ys):
        return math.nan if math.isinf(ys[0]) else 0.0
    xs = [(at - series.times[first]) / 1000 for at in series.times[first : last + 1]]
    if not all(map(math.isfinite, ys)):
        return math.nan
    n, sum_x, sum_y = len(ys), math.fsum(xs), math.fsum(ys)
    covariance = math.fsum(x * y for x, y in zip(xs, ys, strict=True)) - sum_x * sum_y / n
    return divide(covariance, math.fsum(x * x for x in xs) - sum_x * sum_x / n)


def _over_time(fold: Callable[[Sequence[float]], float]) -> Range:
    def value(series: Series, first: int, last: int, _start: int, _end: int) -> float | None:
        return fold(series.values[first : last + 1])

    return value


def least(values: Sequence[float]) -> float:
    """The smallest that is a number; NaN when none is."""
    return min((value for value in values if not math.isnan(value)), default=math.nan)


def greatest(values: Sequence[float]) -> float:
    """The greatest that is a number; NaN when none is."""
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def total(values: Sequence[float]) -> float:
    """The sum; +Inf and -Inf together are NaN."""
    try:
        return math.fsum(values)
    except (ValueError, OverflowError):  # -Inf + Inf, or beyond the largest float: as plain addition has it
        return sum(values)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean of at least one value."""
    return total(values) / len(values)


RANGE: Mapping[str, Range] = {
    "rate": _extrapolated(counter=True, per_second=True),
    "increase": _extrapolated(counter=True, per_second=False),
    "delta": _extrapolated(counter=False, per_second=False),
    "irate": _instant(per_second=True),
    "idelta": _instant(per_second=False),
    "deriv": _deriv,
    "avg_over_time": _over_time(mean),
    "min_over_time": _over_time(least),
    "max_over_time": _over_time(greatest),
    "sum_over_time": _over_time(total),
    "count_over_time": _over_time(lambda values: float(len(values))),
    "last_over_time": _over_time(lambda values: values[-1]),
}
"""By name; all but last_over_time drop the metric's name."""


def _whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(rounding(value)) if math.isfinite(value) else value


floor = _whole(math.floor)

PLAIN: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "floor": floor,
    "round": lambda value, nearest=1.0: divide(floor(value * divide(1, nearest) + 0.5), divide(1, nearest)),
    "clamp": lambda value, low, high: go_max(low, go_min(high, value)),
    "clamp_min": go_max,
    "clamp_max": go_min,
}
"""Functions of one value and scalars, by name."""


def quantile(q: float, counts: Mapping[float, float]) -> float:
    """histogram_quantile of one histogram.

    Args:
        q: The quantile, 0 to 1; beyond is -Inf or +Inf.
        counts: Cumulative counts (or rates) by upper bound.
    """
    if not 0 <= q <= 1:  # NaN too
        return q if math.isnan(q) else math.copysign(math.inf, q)
    bounds = sorted(counts)
    if len(bounds) < 2 or bounds[-1] != math.inf:  # noqa: PLR2004 - one bucket says nothing about where
        return math.nan
    cumulative: list[float] = []
    highest = counts[bounds[0]]
    for bound in bounds:  # scrapes and rates may leave a bucket slightly below its predecessor
        highest = max(highest, counts[bound])
        cumulative.append(highest)
    if not cumulative[-1] or math.isnan(cumulative[-1]):
        return math.nan
    rank = q * cumulative[-1]
    bucket = bisect_left(cumulative, rank, hi=len(bounds) - 1)
    if bucket == len(bounds) - 1:
        return bounds[-2]
    if bucket == 0 and bounds[0] <= 0:
        return bounds[0]
    lower, below = (bounds[bucket - 1], cumulative[bucket - 1]) if bucket else (0.0, 0.0)
    return lower + (bounds[bucket] - lower) * divide(rank - below, cumulative[bucket] - below)
