"""Annotations of alert rules: the part of Prometheus' template language the catalog uses.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{\{-?\s*\$(?:(value)(?:\s*\|\s*(humanizePercentage|humanizeDuration))?|labels\.(\w+))\s*-?\}\}")
_LARGE = 1e6
_SMALL = 1e-4


def render(text: str, value: float, labels: Mapping[str, str]) -> str:
    """Fill in `{{ $value }}`, its two humanised forms and `{{ $labels.x }}`; anything else stays as written."""

    def place(match: re.Match[str]) -> str:
        if match[3]:
            return labels.get(match[3], "")
        if match[2] == "humanizePercentage":
            return f"{significant(value * 100)}%"
        return humanize_duration(value) if match[2] else plain(value)

    return _PLACE.sub(place, text)


def plain(value: float) -> str:
    """A number as Go prints it: the fewest digits that mean it, with an exponent from a million on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+}".replace("inf", "Inf")
    if value and not _SMALL <= abs(value) < _LARGE:
        return next(text for digits in range(17) if float(text := f"{value:.{digits}e}") == value)
    return f"{value:.0f}" if value.is_integer() else repr(value)


def significant(value: float) -> str:
    """Go's %.4g."""
    return f"{value:.4g}" if math.isfinite(value) else plain(value)


def humanize_duration(seconds: float) -> str:
    """`2m 14s`; parts of a second with an SI prefix."""
    if not math.isfinite(seconds) or not seconds:
        return f"{significant(seconds)}s" if not seconds else significant(seconds)
    size = abs(seconds)
    sign = "-" if seconds < 0 else ""
    if size >= 60:  # noqa: PLR2004 - a minute
        whole = int(size)
        parts = ((whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s"))
        start = next(i for i, (count, _) in enumerate(parts) if count)
        return sign + " ".join(f"{count}{unit}" for count, unit in parts[start:])
    prefix = ""
    for smaller in "munpfazy":
        if size >= 1:
            break
        prefix, size = smaller, size * 1000
    return f"{sign}{significant(size)}{prefix}s"
