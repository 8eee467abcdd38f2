"""What a tile knows after answers and failures."""

from __future__ import annotations

import math

import pytest

from tests.doubles import CATALOG, DOWN, NOW
from tui.model.samples import Sample, Vector
from tui.model.thresholds import State
from tui.model.tile import TileState, worst

QUEUE = CATALOG.tile[1]


def answer(*values: float, warnings: tuple[str, ...] = ()) -> Vector:
    samples = tuple(Sample(value=value, at=NOW, labels={"i": str(i)}) for i, value in enumerate(values))
    return Vector(samples=samples, at=NOW, warnings=warnings)


@pytest.mark.parametrize(
    ("tile", "value", "state"),
    [
        (0, 0, State.CRIT),
        (0, 1, State.WARN),
        (0, 2, State.OK),
        (0, 40, State.OK),
        (1, 0, State.OK),
        (1, 50, State.OK),
        (1, 51, State.WARN),
        (1, 100, State.WARN),
        (1, 101, State.CRIT),
        (2, 0.8999, State.CRIT),
        (2, 0.90, State.WARN),
        (2, 0.9499, State.WARN),
        (2, 0.95, State.OK),
        (3, 59.9, State.OK),
        (3, 60.1, State.WARN),
        (3, 119.9, State.WARN),
        (3, 120.1, State.CRIT),
        (3, math.inf, State.CRIT),
    ],
)
def test_the_shipped_tiles_are_graded_as_required(tile: int, value: float, state: State) -> None:
    assert TileState().answered(CATALOG.tile[tile], answer(value), NOW).state is state


def test_no_data_nan_and_an_error_are_three_states_and_keep_the_last_good_value() -> None:
    good = TileState().answered(QUEUE, answer(73), NOW)
    empty = good.answered(QUEUE, answer(), NOW + 15)
    nan = good.answered(QUEUE, answer(math.nan), NOW + 15)
    failed = good.failed(DOWN, NOW + 15)
    assert [state.state for state in (empty, nan, failed)] == [State.NO_DATA, State.NAN, State.ERROR]
    for state in (empty, nan, failed):
        assert not state.current
        assert state.good == good.good
        assert state.good is not None
        assert state.good.at == NOW
        assert state.since == NOW + 15


def test_trouble_is_dated_from_its_beginning() -> None:
    state = TileState().failed(DOWN, NOW).failed(DOWN, NOW + 15).failed(DOWN, NOW + 30)
    assert state.since == NOW
    assert state.answered(QUEUE, answer(), NOW + 45).since == NOW + 45


def test_an_answer_ends_trouble() -> None:
    state = TileState().failed(DOWN, NOW).answered(QUEUE, answer(3), NOW + 15)
    assert (state.state, state.error, state.since, state.current) == (State.OK, None, None, True)


def test_several_series_are_a_mistake_of_the_catalog_not_an_outage() -> None:
    state = TileState().answered(QUEUE, answer(3, 4), NOW)
    assert state.state is State.ERROR
    assert state.error is not None
    assert state.error.up
    assert "2 series" in state.error.why


def test_warnings_of_the_server_are_kept_until_the_next_answer() -> None:
    state = TileState().answered(QUEUE, answer(3, warnings=("partial response",)), NOW)
    assert state.warnings == ("partial response",)
    assert state.answered(QUEUE, answer(3), NOW).warnings == ()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.OK, State.OK], State.OK),
        ([State.OK, State.WARN], State.WARN),
        ([State.WARN, State.NO_DATA], State.NO_DATA),
        ([State.ERROR, State.CRIT], State.CRIT),
        ([], State.NO_DATA),
    ],
)
def test_the_worst_decides(states: list[State], expected: State) -> None:
    assert worst(states) is expected
