"""Thresholds as Grafana's stat panel grades them.

Source: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-thresholds/
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

import msgspec


class State(enum.Enum):
    """What a tile says. Each is a colour, a glyph and a word; only OK is green."""

    OK = "ok"
    WARN = "warn"
    CRIT = "crit"
    NO_DATA = "no-data"
    NAN = "nan"
    ERROR = "error"

    @property
    def glyph(self) -> str:
        """One cell, distinct in shape."""
        return _GLYPHS[self]

    @property
    def word(self) -> str:
        """As it stands on screen."""
        return _WORDS[self]

    @property
    def known(self) -> bool:
        """Whether a value was graded."""
        return self in {State.OK, State.WARN, State.CRIT}


_GLYPHS = {State.OK: "●", State.WARN: "▲", State.CRIT: "■", State.NO_DATA: "○", State.NAN: "◇", State.ERROR: "✕"}
_WORDS = {
    State.OK: "OK",
    State.WARN: "WARN",
    State.CRIT: "CRIT",
    State.NO_DATA: "NO DATA",
    State.NAN: "NAN",
    State.ERROR: "ERROR",
}


class Step(msgspec.Struct, frozen=True):
    """One threshold step: the `state` a value has from `at` upward; the base step has no `at` (−∞)."""

    state: State
    at: float | None = None


def grade(value: float | None, steps: Sequence[Step]) -> State:
    """Grade `value` as Grafana does: the last step it reaches (`value >= at`), scanning upward until the first miss.

    None is NO DATA and NaN is NAN; unlike Grafana, neither takes the base colour.

    Args:
        value: In the unit of `steps`; ±inf are graded like any number.
        steps: Ascending, the first is the base; never empty.
    """
    if value is None:
        return State.NO_DATA
    if math.isnan(value):
        return State.NAN
    reached = steps[0].state
    for step in steps[1:]:
        if step.at is None or value < step.at:
            break
        reached = step.state
    return reached
