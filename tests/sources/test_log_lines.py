"""Log lines out of pieces of any size, their stamps, and no line twice."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sources.log_lines import Resume, Splitter, epoch, nanoseconds, unstamp

AT = 1_795_442_602
STAMP = b"2026-11-23T14:03:22.123456789Z"


@given(
    lines=st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)), cuts=st.lists(st.integers(0, 300))
)
def test_pieces_of_any_size_make_the_same_lines(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    splitter, found, before = Splitter(), [], 0
    for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        found += splitter.feed(data[before:cut])
        before = cut
    assert splitter.end() == []
    assert found == [line.removesuffix(b"\r") for line in lines]


@given(data=st.binary(max_size=200), size=st.integers(1, 20))
def test_nothing_grows_without_bound_and_nothing_is_lost(data: bytes, size: int) -> None:
    splitter, found = Splitter(longest=30), []
    for start in range(0, len(data), size):
        found += splitter.feed(data[start : start + size])
        assert len(splitter._rest) <= 30
    found += splitter.end()
    assert b"".join(found).replace(b"\r", b"") == data.replace(b"\n", b"").replace(b"\r", b"")


@given(
    at=st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - Hypothesis wants naive bounds
    hours=st.integers(-12, 14),
    digits=st.integers(0, 6),
)
def test_stamps(at: datetime, hours: int, digits: int) -> None:
    kept = at.replace(microsecond=at.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits), tzinfo=UTC)
    local = kept.astimezone(timezone(timedelta(hours=hours)))
    fraction = f".{kept.microsecond:06d}"[: digits + 1] if digits else ""
    offset = "Z" if hours == 0 else f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{offset}".replace(f"{local:%Y}", f"{local.year:04d}", 1)
    expected = (kept - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert nanoseconds(text.encode()) == expected


@pytest.mark.parametrize(
    ("line", "stamp", "text"),
    [
        (STAMP + b" hello", AT * 10**9 + 123456789, b"hello"),
        (STAMP + b"  two spaces", AT * 10**9 + 123456789, b" two spaces"),
        (STAMP + b" ", AT * 10**9 + 123456789, b""),
        (STAMP, AT * 10**9 + 123456789, b""),
        (b"2026-11-23T15:03:22+01:00 x", AT * 10**9, b"x"),
        (b"no stamp here", None, b"no stamp here"),
        (b"2026-11-23 14:03:22,123 INFO", None, b"2026-11-23 14:03:22,123 INFO"),
        (b"2026-13-23T14:03:22Z x", None, b"2026-13-23T14:03:22Z x"),
        (b"2026-11-23T14:03:22.Z x", None, b"2026-11-23T14:03:22.Z x"),
        (b"2026-11-23T14:03:22.1234567890Z x", None, b"2026-11-23T14:03:22.1234567890Z x"),
        (b"", None, b""),
        (b"\xff" * 100, None, b"\xff" * 100),
    ],
)
def test_a_line_and_its_stamp(line: bytes, stamp: int | None, text: bytes) -> None:
    assert unstamp(line) == (stamp, text)


@given(line=st.binary(max_size=60))
def test_any_line_is_read(line: bytes) -> None:
    stamp, text = unstamp(line)
    assert stamp is not None or text == line


def test_epoch() -> None:
    (known, unknown) = epoch([AT * 10**9, None])
    assert known == AT
    assert math.isnan(unknown)


@given(
    stamps=st.lists(st.integers(0, 5), min_size=1, max_size=40).map(sorted),
    breaks=st.lists(st.integers(0, 40), max_size=4),
)
def test_a_log_taken_up_again_from_a_whole_second_says_each_line_once(stamps: list[int], breaks: list[int]) -> None:
    """Three stamps a second; after each break the server says again all of the newest second and what follows."""
    log = [f"2026-11-23T14:03:{stamp // 3:02d}.{stamp % 3}Z {index}".encode() for index, stamp in enumerate(stamps)]
    resume, found, start = Resume(), list[bytes](), 0
    for end in [*sorted(min(stop, len(log)) for stop in breaks), len(log)]:
        resume.again()
        found += resume.fresh(log[start : max(end, start)])[0]
        newest = resume.newest
        start = 0
        if newest is not None:
            start = next(
                index
                for index, line in enumerate(log)
                if (nanoseconds(line.split()[0]) or 0) // 10**9 == newest // 10**9
            )
    assert found == [str(index).encode() for index in range(len(log))]
