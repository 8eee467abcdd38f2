"""Numbers as blocks."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tui.model.spark import BLOCKS, columns, graph, nice_ceiling, sparkline

VALUES = st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=300)


def test_a_peak_of_one_sample_survives_downsampling() -> None:
    values = [1.0] * 500
    values[237] = 90.0
    assert max(value or 0 for value in columns(values, 20)) == 90.0
    assert sparkline(values, 20).count("█") == 1


def test_a_flat_line_is_low_and_a_gap_is_a_space() -> None:
    assert sparkline([5.0, 5.0, None, 5.0], 4) == "▁▁ ▁"


def test_few_values_span_the_width() -> None:
    assert sparkline([0.0, 1.0], 8) == "▁▁▁▁████"


def test_a_graph_fills_from_the_ground() -> None:
    assert graph([0, 4, 8, None], 4, 2, 8.0) == ["  █ ", "▁██ "]


@given(VALUES, st.integers(0, 200))
def test_a_sparkline_has_its_width(values: list[float | None], width: int) -> None:
    line = sparkline([v if v is None or abs(v) < 1e300 else None for v in values], width)
    assert len(line) == width
    assert set(line) <= {" ", *BLOCKS}


@given(VALUES, st.integers(0, 80), st.integers(0, 12), st.floats(min_value=1e-6, max_value=1e12))
def test_a_graph_has_its_size(values: list[float | None], width: int, height: int, top: float) -> None:
    lines = graph(values, width, height, top)
    assert len(lines) == height
    assert all(len(line) == width for line in lines)


@given(st.floats(min_value=1e-9, max_value=1e15))
def test_the_ceiling_is_not_below(value: float) -> None:
    assert value * (1 - 1e-6) <= nice_ceiling(value) <= value * 10


def test_the_ceiling_of_nothing_is_one() -> None:
    assert [nice_ceiling(value) for value in (0.0, -3.0, math.nan, math.inf)] == [1.0] * 4
    assert [nice_ceiling(value) for value in (1.0, 69.0, 73.0, 100.0, 101.0, 0.03)] == [1, 100, 100, 100, 200, 0.05]
