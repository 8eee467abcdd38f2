"""Colours are kept, and nothing else that a terminal obeys."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.sgr import LONGEST, PLAIN, Look, apply, pieces, plain, without_colours

FRAGMENTS = [
    b"\x1b[31m",
    b"\x1b[0m",
    b"\x1b[38;5;200m",
    b"\x1b[38;2;1;2;3m",
    b"\x1b[2J",
    b"\x1b[K",
    b"\x1b]52;c;aGk=\x07",
    b"\x1b]8;;http://x\x1b\\",
    b"\x9b31m",
    b"\xc2\x9b2J",
    b"\r",
    b"\t",
    b"\x00",
    b"\xff",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
    b"abc ",
    "漢字".encode(),
    b"\x1b",
    b"[",
    b"\x07",
    b"\x7f",
    b"\x1b[999999999999m",
    b"\x1b[;;m",
    b"\x1b[38;5m",
    b"\x1bPq\x1b\\",
]
HOSTILE = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join))


@given(HOSTILE)
def test_what_is_shown_is_printable_and_on_one_line(line: bytes) -> None:
    shown = plain(line.replace(b"\n", b""))
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cs"} or "\u202a" <= char <= "\u202e"]


@given(HOSTILE, st.integers(1, 40))
def test_it_is_bounded_and_says_how_much_is_missing(line: bytes, limit: int) -> None:
    line = line.replace(b"\r", b"")
    said = f" … {len(line) - limit:,} more bytes"
    assert (pieces(line, limit)[-1:] == ((said, PLAIN),)) == (len(line) > limit)


@given(HOSTILE)
def test_text_without_colours_has_the_same_lines(data: bytes) -> None:
    assert without_colours(data).count(b"\n") == data.count(b"\n")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"a\x1b[31mb\x1b[0mc", (("a", PLAIN), ("b", Look(fore=1)), ("c", PLAIN))),
        (b"\x1b[1;92;44mx", (("x", Look(fore=10, back=4, bold=True)),)),
        (b"\x1b[38;5;208mx\x1b[39my", (("x", Look(fore=208)), ("y", PLAIN))),
        (b"\x1b[48;2;1;2;300mx\x1b[49my", (("x", Look(back=(1, 2, 255))), ("y", PLAIN))),
        (b"\x1b[38:2:9:8:7mx", (("x", Look(fore=(9, 8, 7))),)),
        (b"\x1b[7mx\x1b[27my", (("x", Look(reverse=True)), ("y", PLAIN))),
        (b"\x1b[5;8mx", (("x", PLAIN),)),
        (b"10%\r50%\r100%", (("100%", PLAIN),)),
        (b"50%\x1b[K\r100%\x1b[K\r", (("100%", PLAIN),)),
        (b"dos\r", (("dos", PLAIN),)),
        (b"\x1b[2Jx", (("␛[2Jx", PLAIN),)),
        (b"\x1b]52;c;aGk=\x07", (("␛]52;c;aGk=␇", PLAIN),)),
        (b"a\tb", (("a   b", PLAIN),)),
        (b"\xff\x00", (("\ufffd␀", PLAIN),)),
        (b"", ()),
    ],
)
def test_each_sequence(line: bytes, shown: tuple[tuple[str, Look], ...]) -> None:
    assert pieces(line) == shown


def test_a_megabyte_is_cut_with_a_note() -> None:
    (text, _), (note, _) = pieces(b"x" * 1_000_000)
    assert len(text) == LONGEST
    assert note == " … 990,000 more bytes"


def test_parameters_that_are_not_known_change_nothing() -> None:
    assert apply(Look(bold=True), "58;5") == Look(bold=True)
    assert apply(PLAIN, ";".join(["1"] * 10_000)) == Look(bold=True)
