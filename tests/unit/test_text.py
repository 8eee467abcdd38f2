"""Nothing that a terminal obeys survives."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.text import clip, sanitise, sanitise_line

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("\x1b\x07\x9b\x9d\x90\u202e\u2066\ud800\r\n\t\x00\x7f[]@click=app.bell;52c")
    ),
    max_size=300,
)


def harmless(text: str) -> bool:
    return not any(
        unicodedata.category(char) in {"Cc", "Cs"}
        or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        for char in text
        if char not in "\n\t"
    )


@given(HOSTILE)
def test_no_control_character_or_bidi_mark_is_left(text: str) -> None:
    assert harmless(sanitise(text))
    assert harmless(sanitise_line(text))
    assert not set(sanitise_line(text)) & {"\n", "\t"}


@given(HOSTILE, st.integers(1, 50))
def test_it_is_bounded_and_idempotent(text: str, limit: int) -> None:
    once = sanitise(text, limit)
    assert len(once) <= limit
    assert sanitise(once, limit) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x9b2J", "‹9B›2J"),
        ("user\u202etxt.exe", "user‹U+202E›txt.exe"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("progress 1\rprogress 2", "progress 1␍progress 2"),
        ("\ud800", "\ufffd"),
        ("[bold]not markup[/x]", "[bold]not markup[/x]"),
        ("ünï — 漢字 😀", "ünï — 漢字 😀"),
        ("\x00\x7f", "␀␡"),
    ],
)
def test_what_is_not_printable_is_shown(text: str, shown: str) -> None:
    assert sanitise(text) == shown


def test_a_line_stays_one_line() -> None:
    assert sanitise_line(" a\nb\tc ") == "a b c"


def test_clip_marks_what_it_cuts() -> None:
    assert [clip("runbook", width) for width in (7, 6, 1, 0)] == ["runbook", "runbo…", "…", "…"]
