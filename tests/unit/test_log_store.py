"""The ring, the filter, the rows and the search agree with doing it line by line."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.log_filter import ALL_LEVELS, ERRORS, BlockText, LinePattern, LogFilter
from tui.core.log_index import LogIndex, LogSearch
from tui.core.log_store import BLOCK_LINES, LINE_BYTES, LogStore
from tui.model.log_levels import CONTINUES, EntryState, Level, classify

NO_STAMP = math.nan


def store_of(lines: Sequence[bytes], batch: int = 1_000, **limits: int) -> LogStore:
    """A store that got `lines` in batches."""
    store, state = LogStore(**limits), EntryState()
    number = store.source("file")
    for at in range(0, len(lines), batch):
        part = lines[at : at + batch]
        store.append(part, bytes(classify(b"\n".join(part), state)), [NO_STAMP] * len(part), [number] * len(part))
    return store


def indexed(store: LogStore, *, folded: bool = True, **wanted: object) -> LogIndex:
    """All rows."""
    index = LogIndex(store, LogFilter(**wanted), folded=folded)  # type: ignore[arg-type] # the filter's own fields
    while not index.sync():
        pass
    return index


def shown(index: LogIndex) -> list[bytes]:
    """The lines of all rows."""
    return [index.store.line(index.line(row)) for row in range(len(index))]


INFO, WARN, ERROR = (b"2026-11-23 03:12:%02d " + level + b" " for level in (b"INFO", b"WARNING", b"ERROR"))
TRACED = [ERROR % 2 + b"failed", b"Traceback (most recent call last):", b"  File", b"KeyError: 'x'"]
SMALL = [INFO % 1 + b"start", *TRACED, WARN % 3 + b"slow", INFO % 4 + b"end"]


def test_lines_come_back_as_they_went_in_across_blocks() -> None:
    lines = [b"line %d" % number for number in range(3 * BLOCK_LINES)]
    store = store_of(lines, batch=777)
    assert [store.line(number) for number in range(len(lines))] == lines
    assert len(store.blocks) == 3


def test_the_ring_drops_the_oldest_and_counts_them() -> None:
    lines = [b"line %d" % number for number in range(5 * BLOCK_LINES)]
    store = store_of(lines, most_lines=BLOCK_LINES + 10)
    assert BLOCK_LINES + 10 <= len(store) <= 2 * BLOCK_LINES + 10
    assert store.first == len(lines) - len(store)
    assert store.line(store.first) == lines[store.first]
    assert store.line(0) == lines[store.first]
    assert store.entry(0) == range(store.first, store.first + 1)
    index = indexed(store)
    assert len(index) == len(store)
    store.append(lines[:BLOCK_LINES], bytes(BLOCK_LINES), [NO_STAMP] * BLOCK_LINES, [0] * BLOCK_LINES)
    while not index.sync():
        pass
    assert index.line(0) == store.first
    assert len(index) == len(store)


def test_the_ring_is_bounded_in_bytes_too_and_a_line_in_length() -> None:
    store = store_of([b"x" * (2 * LINE_BYTES)] * 60, batch=5, most_bytes=20 * 2**20)
    assert store.size <= 26 * 2**20
    last = store.line(store.end - 1)
    assert last.endswith(b"[1048576 more bytes were left out]")
    assert len(last) < LINE_BYTES + 100
    assert sum(map(len, (store.line(number) for number in range(store.first, store.end)))) <= store.size


def test_a_traceback_is_one_row_until_it_is_unfolded() -> None:
    index = indexed(store_of(SMALL))
    assert shown(index) == [SMALL[0], SMALL[1], SMALL[5], SMALL[6]]
    index.turn(3)
    assert shown(index) == SMALL
    assert not index.is_folded(1)
    index.turn(1)
    assert len(index) == 4
    index.fold_all(folded=False)
    assert shown(index) == SMALL


def test_an_entry_is_never_parted_between_blocks() -> None:
    lines = [b"x"] * (BLOCK_LINES - 2) + TRACED + [ERROR % 1 + b"y"]
    store = store_of(lines)
    assert store.entry(BLOCK_LINES - 2) == range(BLOCK_LINES - 2, BLOCK_LINES + 2)
    endless = store_of([b"x"] + [b" y"] * (5 * BLOCK_LINES))
    assert all(not block.levels[0] & CONTINUES for block in endless.blocks)
    assert max(map(len, endless.blocks)) <= 2 * BLOCK_LINES


def test_levels_and_patterns_take_an_entry_as_a_whole() -> None:
    store = store_of(SMALL)
    assert shown(indexed(store, levels=ERRORS)) == [SMALL[1]]
    assert shown(indexed(store, levels=ERRORS, folded=False)) == TRACED
    assert shown(indexed(store, include=LinePattern("keyerror"))) == [SMALL[1]]
    assert shown(indexed(store, exclude=LinePattern("keyerror"))) == [SMALL[0], SMALL[5], SMALL[6]]
    assert indexed(store, include=LinePattern("KeyERROR")).matched == 0
    assert indexed(store).matched == 4


def test_an_entry_that_grows_is_looked_at_again() -> None:
    store = store_of(SMALL[:3])
    index = indexed(store, include=LinePattern("KeyError"))
    assert len(index) == 0
    store.append(SMALL[3:5], bytes([Level.ERROR | CONTINUES] * 2), [NO_STAMP] * 2, [0] * 2)
    index.sync()
    assert shown(index) == [SMALL[1]]


def test_what_we_say_ourselves_is_always_shown() -> None:
    store = store_of(SMALL)
    store.append([b"pod-1: appeared"], bytes([Level.NOTE]), [1.0], [0])
    for wanted in ({"levels": ERRORS}, {"include": LinePattern("nothing")}, {"exclude": LinePattern(".")}):
        assert shown(indexed(store, **wanted))[-1] == b"pod-1: appeared"


def test_search_goes_both_ways_and_finds_what_is_folded() -> None:
    index = indexed(store_of(SMALL * 3), exclude=LinePattern("slow"))
    search = LogSearch(index, LinePattern("keyerror|start|slow"))
    while not search.sync():
        pass
    assert search.count == 6
    hits = [0, 4, 7, 11, 14, 18]
    at, found = -1, []
    while (hit := search.next(at, 1)) is not None:
        found.append(hit)
        at = hit
    assert found == hits
    assert [search.rank(hit) for hit in hits] == [1, 2, 3, 4, 5, 6]
    assert search.next(7, -1) == 4
    assert search.next(0, -1) is None


def test_seek_finds_the_first_line_at_or_after_a_time() -> None:
    store = store_of(SMALL)
    at = 1_795_403_520.0
    assert [store.seek(at + second) for second in (0, 1, 2, 2.5, 3, 4, 5)] == [0, 0, 1, 5, 5, 6, 7]
    assert store.time(2) is None


PATTERNS = st.one_of(
    st.sampled_from(
        [
            r"a",
            r"^a",
            r"b$",
            r"^$",
            r"\s",
            r"a\s*b",
            r"[^a]",
            r"a(?!b)",
            r"(?<!a)b",
            r"\Ab",
            r"a\Z",
            r"x*",
            r"[^b]*a",
            r"\S+",
            r"(?s)a.b",
            r"A",
            r"(a|b)c",
            r"\bb",
            r"\Bb",
            r"b?+a",
            r"é",
            r"\n",
            r"(?i)B",
            r"\x41",
            "[^x]+b",
        ]
    ),
    st.from_regex(r"\A[abcé.*+?^$|\\ds ]{1,5}\Z"),
)


def _compiles(pattern: str) -> bool:
    try:
        LinePattern(pattern)
    except re.error:
        return False
    return True


@given(PATTERNS.filter(_compiles), st.lists(st.text(alphabet="abcAé x", max_size=6), min_size=1, max_size=40))
def test_a_pattern_finds_the_lines_that_match_each_by_itself(pattern: str, lines: list[str]) -> None:
    store = LogStore()
    data = [line.encode() for line in lines]
    store.append(data, bytes(len(data)), [NO_STAMP] * len(data), [0] * len(data))
    found = LinePattern(pattern)
    flags = re.IGNORECASE if found.any_case else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [index for index, line in enumerate(lines) if re.search(pattern, line, flags)]
    assert found.lines(BlockText(store.blocks[0])) == expected


@given(
    st.lists(
        st.sampled_from([INFO % 1 + b"a", ERROR % 2 + b"b", b"  c", *TRACED, b"plain a"]), min_size=1, max_size=60
    ),
    st.sampled_from([ALL_LEVELS, ERRORS, frozenset((Level.INFO,))]),
    st.sampled_from([None, "a", "c|e"]),
    st.sampled_from([None, "b", "key"]),
    st.booleans(),
    st.integers(1, 20),
)
def test_rows_are_what_filtering_entry_by_entry_gives(
    lines: list[bytes], levels: frozenset[Level], include: str | None, exclude: str | None, folded: bool, batch: int
) -> None:
    store = store_of(lines, batch)
    index = indexed(
        store,
        folded=folded,
        levels=levels,
        include=LinePattern(include) if include else None,
        exclude=LinePattern(exclude) if exclude else None,
    )
    expected = []
    for head in (number for number in range(len(lines)) if store.head(number) == number):
        entry = store.entry(head)
        text = [lines[number].decode().lower() for number in entry]
        if store.level(head) not in levels:
            continue
        if include and not any(re.search(include, line) for line in text):
            continue
        if exclude and any(re.search(exclude, line) for line in text):
            continue
        expected += [head] if folded else list(entry)
    assert [index.line(row) for row in range(len(index))] == expected
    assert [index.row(number) for number in expected] == list(range(len(expected)))


def test_a_pattern_is_case_sensitive_once_it_has_a_capital() -> None:
    assert LinePattern("error").any_case
    assert not LinePattern("Error").any_case
    assert LinePattern(r"error\S").any_case
    assert not LinePattern("[0-9]").any_case or LinePattern("[0-9]").spans("1") == [(0, 1)]
    assert LinePattern("e").spans("Ee") == [(0, 1), (1, 2)]
    with pytest.raises(re.error):
        LinePattern("(")
    LinePattern("[[a]")  # which Python warns of
