"""When a line was written, what it says, which trace it names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.model.log_line import pretty, said, time_of, trace_of

AT = 1_795_403_529.0
"""2026-11-23 03:12:09 UTC."""
TRACE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("[2026-11-23 03:12:09,123: ERROR/ForkPoolWorker-1] x", AT + 0.123),
        ("2026-11-23T03:12:09Z x", AT),
        ("2026-11-23T05:12:09.5+02:00 x", AT + 0.5),
        ("2026-11-23T05:12:09+0200 x", AT),
        ('{"ts": 1795403529.25}', AT + 0.25),
        ('{"time":1795403529250,"level":30}', AT + 0.25),
        ('{"timestamp": "2026-11-23T03:12:09.000001Z"}', AT + 0.000001),
        ("2026-13-45 03:12:09 x", None),
        ("nothing", None),
        ("x" * 400 + "2026-11-23 03:12:09", None),
    ],
)
def test_the_time_of_a_line(line: str, at: float | None) -> None:
    assert time_of(line) == (None if at is None else pytest.approx(at, abs=1e-5))


@pytest.mark.parametrize(
    ("line", "trace"),
    [
        (f"x tenant_id=acme trace_id={TRACE}", TRACE),
        (f'{{"trace_id": "{TRACE.upper()}"}}', TRACE),
        (f'{{"otelTraceID":"{TRACE}"}}', TRACE),
        (f"traceparent: 00-{TRACE}-0123456789abcdef-01", TRACE),
        ("traceId=0123456789abcdef", "0123456789abcdef"),
        ("trace_id=none", ""),
        (f"trace_id={TRACE}0", ""),
    ],
)
def test_the_trace_of_a_line(line: str, trace: str) -> None:
    assert trace_of(line) == trace


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("[2026-11-23 03:12:09,123: ERROR/ForkPoolWorker-1] workers.x[1]: a", "workers.x[1]: a"),
        ("2026-11-23 03:12:09 [info     ] hello", "hello"),
        ("2026-11-23T03:12:09.1Z WARNING slow", "slow"),
        ("2026-11-23 03:12:09 error: kept", "error: kept"),
        ("INFO:     10.0.0.1", "10.0.0.1"),
        ("plain", "plain"),
        ('{"ts":1,"level":"info","msg":"hi","n":{"a":1},"t":"x"}', 'hi  n={"a": 1} t=x'),
        ('{"a":1}', "a=1"),
        ("{broken", "{broken"),
        ("2026-11-23 03:12:09", "2026-11-23 03:12:09"),
    ],
)
def test_what_the_columns_do_not_say(line: str, left: str) -> None:
    found = said(line)
    assert (found.text if found.text is not None else line[found.start :]) == left


def test_json_is_indented_and_what_it_holds_unfolded() -> None:
    shown = pretty('x: {"a": "{\\"b\\": 1}", "exc": "Trace\\n  File", "path": "C:\\\\new"}')
    assert shown.splitlines() == [
        "x:",
        "{",
        '  "a": {',
        '    "b": 1',
        "  },",
        '  "exc": "Trace',
        '        File",',
        '  "path": "C:\\\\new"',
        "}",
    ]


def test_pairs_stand_below_each_other() -> None:
    assert pretty("done tenant_id=acme n=1").splitlines()[2:] == ["tenant_id  acme", "n          1"]
    assert pretty("only a=1") == "only a=1"


@settings(deadline=None)  # how long three thousand levels take is not the question
@given(st.one_of(st.text(), st.integers(0, 3000).map(lambda deep: '{"a":' * deep + "1" + "}" * deep)))
def test_any_text_may_be_asked(text: str) -> None:
    time_of(text)
    trace_of(text)
    said(text)
    assert pretty(text) or not text
