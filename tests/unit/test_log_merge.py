"""Several logs become one in order of time, within bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOW, FakeClock
from tui.core.log_merge import Merger
from tui.core.log_store import LogStore
from tui.model.log import LogLines, LogNotice
from tui.model.log_levels import CONTINUES, Level


def batch(source: str, *said: tuple[float, str]) -> LogLines:
    """Lines of a source, each with its stamp."""
    return LogLines(
        source=source, lines=tuple(text.encode() for _, text in said), stamps=tuple(stamp for stamp, _ in said)
    )


def lines(store: LogStore) -> list[str]:
    """All lines held."""
    return [store.line(number).decode() for number in range(store.first, store.end)]


class Bench:
    """A merger on a clock that stands still."""

    def __init__(self, **limits: float) -> None:
        self.clock, self.store = FakeClock(), LogStore()
        self.merger = Merger(self.store, self.clock, **limits)  # type: ignore[arg-type] # hold_s and most

    def wait(self, seconds: float) -> list[str]:
        """What is in the store after so long."""
        self.clock.now += seconds
        self.merger.release()
        return lines(self.store)


def test_a_line_waits_for_an_earlier_one_of_another_source_but_not_for_ever() -> None:
    bench = Bench(hold_s=0.5)
    bench.merger.add(batch("a", (10, "a10"), (30, "a30")))
    bench.merger.add(batch("b", (20, "b20")))
    assert bench.wait(0.0) == ["a10"]
    bench.merger.add(batch("b", (40, "b40")))
    assert bench.wait(0.0) == ["a10", "b20"]
    assert bench.wait(0.5) == ["a10", "b20", "a30", "b40"]
    assert bench.merger.waiting == 0


def test_a_line_that_is_too_late_comes_where_it_comes_and_is_counted() -> None:
    bench = Bench(hold_s=0.5)
    bench.merger.add(batch("a", (10, "a10"), (30, "a30")))
    bench.wait(1)
    bench.merger.add(batch("b", (20, "b20")))
    assert bench.wait(1) == ["a10", "a30", "b20"]
    assert bench.merger.late == 1


def test_a_traceback_is_not_parted_by_what_others_write_meanwhile() -> None:
    bench = Bench(hold_s=0.5)
    error = "2026-11-23 03:12:09 ERROR failed"
    bench.merger.add(batch("a", (10, error), (11, "Traceback (most recent call last):")))
    bench.merger.add(batch("b", (10.5, "b")))
    bench.merger.add(batch("a", (12, "  File"), (13, "KeyError: 'x'")))
    assert bench.wait(1) == [error, "Traceback (most recent call last):", "  File", "KeyError: 'x'", "b"]
    assert [bool(bench.store.blocks[0].levels[index] & CONTINUES) for index in range(5)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_a_line_does_not_continue_an_entry_of_another_source() -> None:
    bench = Bench(hold_s=0)
    bench.merger.add(batch("a", (1, "2026-11-23 03:12:09 INFO a")))
    bench.merger.add(batch("b", (1, "2026-11-23 03:12:09 INFO b")))
    bench.merger.add(batch("a", (1, "  more of a")))
    assert bench.store.entry(1) == range(1, 2)


def test_without_stamps_the_lines_time_counts_and_without_that_their_order() -> None:
    bench = Bench(hold_s=0.5)
    nan = math.nan
    bench.merger.add(batch("a", (nan, "2026-11-23 03:12:09 INFO a9"), (nan, "a without time")))
    bench.merger.add(batch("b", (nan, "2026-11-23 03:12:08 INFO b8"), (nan, "2026-11-23 03:12:10 INFO b10")))
    assert [line.split()[-1] for line in bench.wait(1)] == ["b8", "a9", "time", "b10"]


def test_no_more_wait_than_may() -> None:
    bench = Bench(hold_s=60, most=100)
    for number in range(50):
        bench.merger.add(batch("a", *((number * 10 + more, f"{number} {more}") for more in range(10))))
        assert bench.merger.waiting <= 110
    bench.merger.flush()
    assert len(bench.store) == 500


def test_a_notice_stands_after_what_its_source_said() -> None:
    bench = Bench(hold_s=0.5)
    bench.merger.add(batch("a", (10, "a10")))
    bench.merger.add(batch("b", (5, "b5")))
    bench.merger.note(LogNotice(source="a", text="ended: OOMKilled", at=NOW, gone=True))
    bench.merger.add(batch("b", (NOW - 1, "b before"), (NOW + 1, "b after")))
    assert bench.wait(1) == ["b5", "a10", "b before", "a: ended: OOMKilled", "b after"]
    assert bench.store.level(3) is Level.NOTE
    assert bench.merger.live == 1


def test_a_line_does_not_continue_a_notice() -> None:
    bench = Bench(hold_s=0.5)
    bench.merger.add(batch("a", (1, "2026-11-23 03:12:09 ERROR a")))
    bench.merger.note(LogNotice(source="a", text="restarted", at=2))
    bench.merger.add(batch("a", (3, "2026-11-23 03:12:10 ERROR b"), (4, "  more")))
    bench.merger.note(LogNotice(source="b", text="appeared", at=3.5))
    bench.wait(1)
    assert [len(bench.store.entry(number)) for number in (0, 1, 2, 4)] == [1, 1, 2, 1]


def test_one_source_waits_for_nothing() -> None:
    bench = Bench(hold_s=0)
    bench.merger.add(batch("a", (30, "x"), (10, "y")))
    assert lines(bench.store) == ["x", "y"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 20), min_size=1, max_size=5), st.floats(0, 1)),
        max_size=30,
    )
)
def test_nothing_is_lost_and_each_source_keeps_its_order(arrivals: list[tuple[str, list[int], float]]) -> None:
    bench = Bench(hold_s=0.5, most=20)
    sent: dict[str, list[str]] = {"a": [], "b": [], "c": []}
    clocks = dict.fromkeys("abc", 0)
    for source, steps, pause in arrivals:
        said = []
        for step in steps:
            clocks[source] += step
            said.append((float(clocks[source]), f"{source}{len(sent[source])}"))
            sent[source].append(said[-1][1])
        bench.merger.add(batch(source, *said))
        bench.wait(pause)
    bench.merger.flush()
    held = lines(bench.store)
    for source, expected in sent.items():
        assert [line for line in held if line[0] == source] == expected
    if not bench.merger.late:
        stamps = [bench.store.time(number) for number in range(len(bench.store))]
        assert stamps == sorted(stamps, key=lambda stamp: stamp or 0)


@pytest.mark.parametrize("stamped", [True, False])
def test_an_empty_batch_is_nothing(stamped: bool) -> None:
    bench = Bench(hold_s=0.5 * stamped)
    bench.merger.add(batch("a"))
    assert bench.merger.live == 0
