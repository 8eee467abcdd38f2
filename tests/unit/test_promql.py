"""PromQL that is wrong is found without a server, and with its place where that can be told."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.core import promql


@pytest.mark.parametrize(
    "expr",
    [
        "queue_depth",
        'sum(increase(requests_total{status="success"}[24h])) / sum(increase(requests_total[24h]))',
        "histogram_quantile(0.95, sum by (le) (rate(enhancement_duration_seconds_bucket[5m])))",
        "worker_active_count == 0",
        "max_over_time(queue_depth[1h:1m])",
        "scalar(up)",
        "-(1 + 2) * 3",
        "time() - up",
        "up # with a comment",
    ],
)
def test_what_yields_one_number_at_a_time_passes(expr: str) -> None:
    assert promql.fault(expr) is None


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("", "does not parse: no expression found in input"),
        ("sum(", "does not parse: unclosed left parenthesis (column 4)"),
        ("1 + )", "does not parse: unexpected right parenthesis ')' (column 5)"),
        ("up and", "does not parse: invalid promql query (column 4)"),
        ("up > = 2", "does not parse: invalid promql query (column 4)"),
        ("up\n  and x y", "does not parse: invalid promql query (line 2, column 9)"),
        ('up{job="a" x="b"}', "does not parse: invalid promql query (column 12)"),
        ("histogram_quantile(0.95 sum(x))", "does not parse: invalid promql query (column 25)"),
        ("$job", "does not parse: unexpected character: '$' (column 1)"),
        ("1 + foo(x)", "does not parse: unknown function with name 'foo' (column 5)"),
        ("1 + rate(x)", "does not parse: expected type matrix in call to function 'rate', got vector (column 5)"),
        (
            "rate(x) / rate(y)",
            "does not parse: expected type matrix in call to function 'rate', got vector",
        ),
        (
            "(x[5m])",
            "yields a range vector where one number at a time is needed, for example rate(…) or max_over_time(…) of it",
        ),
        ("'a'", "yields a string where one number at a time is needed"),
        ("x" * 4001, "4,001 characters, more than 4,000"),
    ],
)
def test_what_is_wrong_is_said(expr: str, wrong: str) -> None:
    assert promql.fault(expr) == wrong


def test_explore_takes_a_range_vector_too() -> None:
    assert promql.fault("x[5m]", promql.ANY) is None


_WORDS = [
    *("up", "sum", "rate", "by", "on", "and", "offset", "bool", "x[5m]", "5m", "1", "NaN", "Inf", "1e400", '"a"', "é"),
    *"()[]{}=+-/@,:#$'\\",
]


@given(st.text() | st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join))
@example("x offset 1e400")  # makes the parser panic
@example("x offset Inf by by bool 1e400")  # likewise, in a beginning of it
def test_no_text_is_too_strange(expr: str) -> None:
    wrong = promql.fault(expr)
    assert wrong is None or wrong.startswith(("does not parse: ", "yields "))


@pytest.mark.parametrize(
    "expr",
    [
        "(" * 4000,
        "(" * 2000 + ")" * 2000,
        "-" * 3999 + "x",
        "a^" * 1999 + "a",
        "sum(" * 799 + "x" + ")" * 799,
        "a b " * 1000,
    ],
    ids=["open", "empty", "signs", "powers", "sums", "words"],
)
def test_no_nesting_is_too_deep(expr: str) -> None:
    assert len(expr) <= promql.LONGEST
    wrong = promql.fault(expr)
    assert wrong is None or wrong.startswith("does not parse: ")
