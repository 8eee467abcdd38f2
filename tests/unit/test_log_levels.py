"""Which lines begin an entry, and how grave it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.log_levels import CONTINUES, EntryState, Level, classify

CELERY = b"[2026-11-23 03:12:09,123: %s/ForkPoolWorker-1] workers.tasks.enhance_ticket[1]: x"


def graded(*lines: bytes, state: EntryState | None = None) -> list[tuple[Level, bool]]:
    """Level and whether it continues, of each line."""
    codes = classify(b"\n".join(lines), state or EntryState())
    return [(Level(code & ~CONTINUES), bool(code & CONTINUES)) for code in codes]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (CELERY % b"ERROR", Level.ERROR),
        (CELERY % b"WARNING", Level.WARN),
        (CELERY % b"CRITICAL", Level.CRITICAL),
        (b"2026-11-23T03:12:09.123Z WARNING slow", Level.WARN),
        (b"2026-11-23 03:12:09,123 - app.db - CRITICAL - down", Level.CRITICAL),
        (b"2026-11-23 03:12:09,123 ERROR [app] down", Level.ERROR),
        (b"2026-11-23 03:12:09 [info     ] structlog says hello", Level.INFO),
        (b"2026-11-23 03:12:09.123 UTC [66] FATAL:  terminating", Level.CRITICAL),
        (b"2026-11-23 03:12:09.123 UTC [66] LOG:  checkpoint", Level.INFO),
        (b"2026-11-23 03:12:09 connection error: x", Level.NONE),
        (b'INFO:     10.0.0.1:1 - "GET /health HTTP/1.1" 200 OK', Level.INFO),
        (b"WARNING:root:careful", Level.WARN),
        (b"[DEBUG] x", Level.DEBUG),
        (b'10.0.0.1 - - [23/Nov/2026:03:12:09 +0000] "GET /x HTTP/1.1" 503 12', Level.ERROR),
        (b'10.0.0.1 - - [23/Nov/2026:03:12:09 +0000] "GET /x HTTP/1.1" 404 12', Level.WARN),
        (b'{"ts": 1, "msg": "a", "level": "error"}', Level.ERROR),
        (b'{"levelname":"WARNING","message":"a"}', Level.WARN),
        (b'{"severity": "critical"}', Level.CRITICAL),
        (b'{"level":30,"msg":"pino"}', Level.INFO),
        (b'{"level":60,"msg":"pino"}', Level.CRITICAL),
        (b'{"msg":"no level"}', Level.NONE),
        (b'level=warn msg="x"', Level.WARN),
        (b"time=2026-11-23T03:12:09Z level=info msg=x", Level.INFO),
        (b"E1123 03:12:09.123456   1 file.go:12] klog", Level.ERROR),
        (b"1:M 23 Nov 2026 03:12:09.123 # Redis", Level.WARN),
        (b"ERRORS are fun", Level.NONE),
        (b"hello ERROR", Level.NONE),
        (b"", Level.NONE),
    ],
)
def test_the_level_of_one_line(line: bytes, level: Level) -> None:
    assert graded(line) == [(level, False)]


def test_a_traceback_belongs_to_its_error_and_ends_at_the_next_formatted_line() -> None:
    found = graded(
        CELERY % b"ERROR",
        b"Traceback (most recent call last):",
        b'  File "/app/workers/tasks.py", line 88, in enhance_ticket',
        b"psycopg.OperationalError: connection refused",
        b"",
        b"The above exception was the direct cause of the following exception:",
        b"",
        b"Traceback (most recent call last):",
        b"    raise",
        b"sqlalchemy.exc.OperationalError: (psycopg) refused",
        b"[SQL: SELECT 1]",
        CELERY % b"INFO",
    )
    assert found == [(Level.ERROR, False), *[(Level.ERROR, True)] * 10, (Level.INFO, False)]


def test_a_traceback_alone_is_an_error_of_its_own() -> None:
    found = graded(b"starting", b"Traceback (most recent call last):", b"  File", b"KeyError: 'x'", b"next")
    assert found == [(Level.NONE, False), (Level.ERROR, False), *[(Level.ERROR, True)] * 2, (Level.NONE, False)]


def test_what_is_indented_continues_and_the_first_line_does_not() -> None:
    assert graded(b"  a", b"  b", CELERY % b"WARNING", b"\tat x") == [
        (Level.NONE, False),
        (Level.NONE, True),
        (Level.WARN, False),
        (Level.WARN, True),
    ]


LINES = st.lists(
    st.one_of(
        st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")),
        st.sampled_from(
            [CELERY % b"ERROR", CELERY % b"INFO", b"Traceback (most recent call last):", b"  File", b"", b"E: x"]
        ),
    ),
    min_size=1,
    max_size=30,
)


@given(LINES, st.data())
def test_every_line_has_its_byte_however_the_log_is_cut_in_batches(lines: list[bytes], data: st.DataObject) -> None:
    whole = graded(*lines)
    assert len(whole) == len(lines)
    assert not whole[0][1]
    cut = data.draw(st.integers(0, len(lines)))
    state = EntryState()
    parts = [graded(*part, state=state) for part in (lines[:cut], lines[cut:]) if part]
    assert [grade for part in parts for grade in part] == whole
    for (level, continues), (before, _) in zip(whole[1:], whole[:-1], strict=True):
        assert not continues or level == before
