"""Units and thresholds against what Grafana itself shows (`goldens/make_units.mjs` writes the goldens)."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.model.thresholds import State, Step, grade
from tui.model.units import UNITS, format_value

GOLDENS = Path(__file__).parent / "goldens"


class Family(msgspec.Struct):
    """Units that share their values: `shown[unit][decimals][i]` is the text of `values[i]`."""

    values: list[float | str]
    shown: dict[str, dict[str, list[str]]]


FAMILIES = msgspec.json.decode((GOLDENS / "units.json").read_bytes(), type=list[Family])
SHOWN = [(unit, family.values, texts) for family in FAMILIES for unit, texts in family.shown.items()]


def number(value: float | str) -> float | None:
    """A golden's value: JSON has no NaN and no infinity, so they are words there."""
    return None if value == "null" else float(value)


@pytest.mark.parametrize(("unit", "values", "shown"), SHOWN, ids=[unit for unit, _, _ in SHOWN])
def test_every_value_reads_as_in_grafana(unit: str, values: list[float | str], shown: dict[str, list[str]]) -> None:
    wrong = [
        (value, decimals, ours, theirs)
        for decimals, texts in shown.items()
        for value, theirs in zip(values, texts, strict=True)
        if (ours := str(format_value(number(value), unit, None if decimals == "auto" else int(decimals)))) != theirs
    ]
    assert wrong == []


def test_the_goldens_cover_every_unit() -> None:
    assert {unit for unit, _, _ in SHOWN} == UNITS


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.978, "percentunit", 1, "97.8%"),
        (134.0, "s", None, "2.23 mins"),
        (1500.0, "short", None, "1.50 K"),
        (12.3 * 1024**2, "bytes", 1, "12.3 MiB"),
        (73.0, "none", None, "73"),
        (None, "s", None, ""),
        (math.nan, "s", None, "NaN"),
        (math.inf, "reqps", None, "∞ req/s"),
        (-math.inf, "dtdurations", None, "∞ ago"),
        (5e-324, "none", None, "5e-324"),
    ],
)
def test_as_on_a_tile(value: float | None, unit: str, decimals: int | None, text: str) -> None:
    assert str(format_value(value, unit, decimals)) == text


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(KeyError):
        format_value(1, "parsec")


@given(st.floats(), st.sampled_from(sorted(UNITS)), st.none() | st.integers(0, 15))
@example(math.ulp(0.0), "none", None)
@example(1.7976931348623157e308, "dtdhms", None)
@example(1.7976931348623157e308, "percentunit", 3)
def test_any_float_becomes_one_short_line(value: float, unit: str, decimals: int | None) -> None:
    text = str(format_value(value, unit, decimals))
    assert text.isprintable()
    assert "nfinity" not in text
    assert len(text) < 350  # the smallest float has 340 digits with auto decimals


Ladder = tuple[float, list[float | None], int]
LADDERS = msgspec.json.decode((GOLDENS / "thresholds.json").read_bytes(), type=list[Ladder])


def test_grades_as_grafana_does() -> None:
    # Each step is told apart by its place; states repeat, so a step is named by the one it alone has not.
    for value, ats, active in LADDERS:
        for index in range(len(ats)):
            steps = [Step(State.CRIT if place == index else State.OK, at) for place, at in enumerate(ats)]
            expected = State.CRIT if index == active else State.OK
            assert grade(value, steps) is expected, (value, ats, active)


def test_nothing_unknown_takes_the_base_colour() -> None:
    steps = [Step(State.OK), Step(State.CRIT, 1)]
    assert grade(None, steps) is State.NO_DATA
    assert grade(math.nan, steps) is State.NAN
    assert grade(math.inf, steps) is State.CRIT
    assert grade(-math.inf, steps) is State.OK
