"""Numbers as Grafana's stat panel shows them, so that a tile here and a panel there read the same.

A port of `@grafana/data`'s value formats (`packages/grafana-data/src/valueFormats`) for the units a service is
measured in; `tests/unit/goldens/` holds what the original displays. The arithmetic follows JavaScript where it shows:
rounding is half up, and a number becomes text by ECMAScript's rules.

Three slips of the original are not copied: an infinite duration ("Infinity years"), an infinite rate ("∞undefined
ops/s") and a number so small or large that its rounding factor overflows ("NaN.nfinity").

Source: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import msgspec


class Formatted(msgspec.Struct, frozen=True):
    """A number in three parts, so that a tile can draw the unit smaller; `str()` is the whole.

    No unit offered here has a prefix; the field keeps Grafana's shape.
    """

    text: str
    suffix: str = ""
    prefix: str = ""

    def __str__(self) -> str:
        """As Grafana shows it: `97.8%`, `2.23 mins`, `1.5 K`."""
        return self.prefix + self.text + self.suffix


_Formatter = Callable[[float, int | None], Formatted]


def format_value(value: float | None, unit: str, decimals: int | None = None) -> Formatted:
    """Show `value` as a stat panel with this unit does.

    Args:
        value: In `unit`. None is the empty text, NaN is `NaN`, ±inf are `∞` and `-∞`.
        unit: One of `UNITS`.
        decimals: Digits after the point, 0 or more; None lets the number decide, as Grafana does.

    Raises:
        KeyError: `unit` is none of `UNITS`; a checked catalog holds no other.
    """
    formatter = _FORMATTERS[unit]
    if value is None:
        return Formatted("")
    if math.isnan(value):
        return Formatted("NaN")
    return formatter(value, decimals)


def _number(value: float) -> str:
    """`String(value)` of ECMAScript: the shortest digits that read back, exponents from 1e21 on and below 1e-6."""
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    power = int(exponent)
    places = len(mantissa.partition(".")[2])
    if 0 < power < 21:  # noqa: PLR2004 - where ECMAScript begins to write exponents
        return mantissa.replace(".", "") + "0" * (power - places)
    if -7 < power < 0:  # noqa: PLR2004 - likewise
        return f"{value:.{places - power}f}"
    return f"{mantissa}e{power:+d}"


def _auto_decimals(value: float) -> int:
    """Decimals that leave two or three significant digits; none for a whole number."""
    if value % 1 == 0:
        return 0
    decimals = 1 - math.floor(math.log(abs(value)) / math.log(10))
    magnitude = 10.0**-decimals
    if not magnitude or abs(value) / magnitude > 2.25:  # noqa: PLR2004 - Grafana's bound for one more digit
        decimals += 1
    return max(0, decimals)


def _round(value: float) -> float:
    """`Math.round`: to the nearest whole number, a half upward."""
    floor = math.floor(value)
    return float(floor + 1 if value - floor >= 0.5 else floor)  # noqa: PLR2004 - a half


def _fixed(value: float, decimals: int | None) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    places = _auto_decimals(value) if decimals is None else decimals
    if value == 0:
        return f"{0:.{places}f}"
    scaled = value * 10.0**places if places <= 308 else math.inf  # noqa: PLR2004 - the largest power of ten a float holds
    text = _number(value if math.isinf(scaled) else _round(scaled) / 10.0**places)
    if "e" in text:
        return text
    whole, point, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if point or places else whole


def _plain(suffix: str, factor: float = 1) -> _Formatter:
    """The number itself, times `factor`."""
    return lambda value, decimals: Formatted(_fixed(value * factor, decimals), suffix)


def _scaled(base: int, suffixes: tuple[str, ...], start: int = 0, infinite: str = "") -> _Formatter:
    """Powers of `base`, one suffix each; `suffixes[start]` is the unit itself, `infinite` follows `∞`."""

    def formatter(value: float, decimals: int | None) -> Formatted:
        if math.isinf(value):
            return Formatted(_fixed(value, decimals), infinite)
        power = math.floor(math.log10(abs(value)) / math.log10(base)) if value else 0
        power = min(max(power, -start), len(suffixes) - 1 - start)
        return Formatted(_fixed(value / float(base) ** power, decimals), suffixes[start + power])

    return formatter


_SI = ("f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


def _si(unit: str) -> _Formatter:
    return _scaled(1000, tuple(f" {prefix}{unit}" for prefix in _SI), start=_SI.index(""))


def _binary(unit: str, start: int = 0) -> _Formatter:
    return _scaled(1024, tuple(f" {prefix}{unit}" for prefix in _BINARY), start=start)


def _rate(unit: str) -> _Formatter:
    return _scaled(1000, tuple(f"{prefix} {unit}" for prefix in ("", "K", "M", "B", "T")), infinite=f" {unit}")


_PLURAL = frozenset({"min", "hour", "day", "week", "year"})


def _time(*ladder: tuple[float, float, str], first_plural: bool = False) -> _Formatter:
    """A ladder of (below this bound, divided by this, in this unit); the last bound is inf.

    Grafana does not write the unit a value is given in as a plural, except days (`first_plural`).
    """

    def formatter(value: float, decimals: int | None) -> Formatted:
        size = abs(value)
        rung = next((rung for rung in ladder if size < rung[0]), ladder[-1])
        _, divisor, name = rung
        scaled = value / divisor
        plural = abs(scaled) > 1 and name in _PLURAL and (first_plural or rung is not ladder[0])
        return Formatted(_fixed(scaled, decimals), f" {name}{'s' if plural else ''}")

    return formatter


_from_a_second = _time(
    (60, 1, "s"),
    (3600, 60, "min"),
    (86_400, 3600, "hour"),
    (604_800, 86_400, "day"),
    (31_536_000, 604_800, "week"),
    (math.inf, 31_556_900, "year"),
)


def _seconds(value: float, decimals: int | None) -> Formatted:
    if value == 0:
        return Formatted("0", " s")
    for bound, factor, name in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if abs(value) < bound:
            return Formatted(_fixed(value * factor, decimals), f" {name}")
    return _from_a_second(value, decimals)


_INTERVALS = (
    ("year", 31_536_000_000.0),
    ("month", 2_592_000_000.0),
    ("week", 604_800_000.0),
    ("day", 86_400_000.0),
    ("hour", 3_600_000.0),
    ("minute", 60_000.0),
    ("second", 1_000.0),
    ("millisecond", 1.0),
)


def _words(unit: str, milliseconds: float) -> _Formatter:
    """`1 hour, 5 minutes`: as many parts as there are decimals, and one."""

    def formatter(value: float, decimals: int | None) -> Formatted:
        if value == 0:
            return Formatted("0", f" {unit}s")
        ago = " ago" if value < 0 else ""
        rest = abs(value) * milliseconds
        if math.isinf(rest):
            return Formatted("∞", ago)
        parts: list[str] = []
        for name, interval in _INTERVALS:
            if len(parts) > (decimals or 0):
                break
            count = math.floor(rest / interval)
            if count or parts:
                parts.append(f"{_number(float(count))} {name}{'' if count == 1 else 's'}")
                rest %= interval
        return Formatted(", ".join(parts), ago)

    return formatter


def _clock(value: float, _decimals: int | None) -> Formatted:
    """`hh:mm:ss`, the hours without end."""
    ago = " ago" if value < 0 else ""
    size = abs(value)
    if math.isinf(size):
        return Formatted("∞", ago)
    parts = (math.floor(size / 3600), math.floor(size % 3600 / 60), math.floor(size % 3600 % 60))
    return Formatted(":".join(_number(float(part)).rjust(2, "0") for part in parts), ago)


def _days_clock(value: float, decimals: int | None) -> Formatted:
    """`1 d 02:03:04`."""
    size = abs(value)
    if math.isinf(size):
        return _clock(value, decimals)
    days = math.floor(size / 86_400)
    text = _clock(size - float(days) * 24 * 3600, decimals).text
    return Formatted(f"{_number(float(days))} d {text}" if days else text, " ago" if value < 0 else "")


_FORMATTERS: Final[Mapping[str, _Formatter]] = {
    "none": _plain(""),
    "short": _scaled(1000, ("", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept")),
    "percent": _plain("%"),
    "percentunit": _plain("%", factor=100),
    # time
    "ns": _time(
        (1e3, 1, "ns"),
        (1e6, 1e3, "µs"),
        (1e9, 1e6, "ms"),
        (6e10, 1e9, "s"),
        (36e11, 6e10, "min"),
        (864e11, 36e11, "hour"),
        (math.inf, 864e11, "day"),
    ),
    "µs": _time((1e3, 1, "µs"), (1e6, 1e3, "ms"), (math.inf, 1e6, "s")),
    "ms": _time(
        (1e3, 1, "ms"),
        (6e4, 1e3, "s"),
        (36e5, 6e4, "min"),
        (864e5, 36e5, "hour"),
        (31_536e6, 864e5, "day"),
        (math.inf, 31_536e6, "year"),
    ),
    "s": _seconds,
    "m": _time(
        (60, 1, "min"),
        (1440, 60, "hour"),
        (10_080, 1440, "day"),
        (604_800, 10_080, "week"),
        (math.inf, 525_948, "year"),
    ),
    "h": _time((24, 1, "hour"), (168, 24, "day"), (8760, 168, "week"), (math.inf, 8760, "year")),
    "d": _time((7, 1, "day"), (365, 7, "week"), (math.inf, 365, "year"), first_plural=True),
    "dtdurationms": _words("millisecond", 1),
    "dtdurations": _words("second", 1000),
    "dthms": _clock,
    "dtdhms": _days_clock,
    # data
    "bytes": _binary("B"),
    "decbytes": _si("B"),
    "kbytes": _binary("B", start=1),
    "mbytes": _binary("B", start=2),
    "gbytes": _binary("B", start=3),
    "bits": _binary("b"),
    "decbits": _si("b"),
    "binBps": _binary("B/s"),
    "Bps": _si("B/s"),
    "binbps": _binary("b/s"),
    "bps": _si("b/s"),
    "pps": _si("p/s"),
    # throughput
    "cps": _rate("c/s"),
    "ops": _rate("ops/s"),
    "reqps": _rate("req/s"),
    "rps": _rate("rd/s"),
    "wps": _rate("wr/s"),
    "iops": _rate("io/s"),
    "eps": _rate("evt/s"),
    "mps": _rate("msg/s"),
    "recps": _rate("rec/s"),
    "rowsps": _rate("rows/s"),
    "cpm": _rate("c/m"),
    "opm": _rate("ops/m"),
    "reqpm": _rate("req/m"),
    "rpm": _rate("rd/m"),
    "wpm": _rate("wr/m"),
    "epm": _rate("evts/m"),
    "mpm": _rate("msgs/m"),
    "recpm": _rate("rec/m"),
    "rowspm": _rate("rows/m"),
}

UNITS: Final = frozenset(_FORMATTERS)
"""The unit ids a catalog may name; each is Grafana's."""
