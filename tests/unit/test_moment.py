"""Times as they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOW
from tui.model.moment import moment


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:03", NOW - 22),
        ("14:03:22", NOW),
        ("14:03:22,5", NOW),
        ("14:03:23", NOW + 1 - 86_400),
        ("9:00", NOW - 5 * 3600 - 202),
        ("15m", NOW - 900),
        ("-2h", NOW - 7200),
        ("2026-11-23", NOW - 14 * 3600 - 202),
        ("2026-11-23 14:00", NOW - 202),
        ("2026-11-23T15:00:00+01:00", NOW - 202),
        (" 90s ", NOW - 90),
        ("24:00", None),
        ("noon", None),
        ("", None),
    ],
)
def test_each_form(text: str, at: float | None) -> None:
    assert moment(text, NOW) == at


@given(st.text(max_size=20))
def test_any_text_may_be_typed(text: str) -> None:
    moment(text, NOW)
