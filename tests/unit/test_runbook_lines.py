"""Markdown drawn as lines: what it looks like, that it fits, and that places survive another width."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_runbook import MARKDOWNISH
from tui.model.runbook import Mode, read
from tui.widgets.markdown_lines import Drawn, Look, draw, sections
from tui.widgets.page_lines import PageLines
from tui.widgets.wrapping import Run, cells, chop_words, cut, fold, share


def drawn(text: str, width: int = 40, hide: Mode | None = None) -> list[Drawn]:
    runbook, tokens = read(text)
    steps = {step.line: step for step in runbook.steps}
    return [draw(part, Look(width, steps, hide)) for part in sections(tokens)]


def lines(text: str, width: int = 40, hide: Mode | None = None) -> list[str]:
    found = [
        "".join(run.text for run in line.runs).rstrip() for part in drawn(text, width, hide) for line in part.lines
    ]
    while found and not found[-1]:
        found.pop()
    return found


def styles(text: str) -> dict[str, str]:
    return {run.text: run.style for part in drawn(text) for line in part.lines for run in line.runs}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One\n\nwords", ["One", "━" * 40, "", "words"]),
        ("a *b* **c** `d` ~~e~~", ["a b c d e"]),
        ("a\nb  \nc", ["a b", "c"]),
        ("- a\n- b\n  - c\n\n1. d\n2. e", ["• a", "• b", "  • c", "", "1. d", "2. e"]),
        ("- a\n\n- b", ["• a", "", "• b"]),
        ("9) a", ["9) a"]),
        ("> a\n>\n> b", ["▌ a", "▌", "▌ b"]),
        ("> [!WARNING]\n> Users notice.", ["▌ WARNING: Users notice."]),
        ("- ```yaml\n  a: 1\n  ```", ["• ┌ yaml", "  │ a: 1"]),
        ("-\n- b", ["•", "• b"]),
        ("---", ["─" * 40]),
        ("    indented", ["│ indented"]),
        ("```text\na\n\n\tb\n```", ["│ a", "│", "│     b"]),
        ("<!-- hidden -->\n\n<b>shown</b>\n\nkubectl delete <pod>", ["shown", "", "kubectl delete <pod>"]),
        ("a<br>b", ["a", "b"]),
        ("![a graph](x.png)", ["[image: a graph]"]),
        ("[in](b.md) [out](https://e.org/x)", ["in out (https://e.org/x)"]),
        ("<https://e.org/x>", ["https://e.org/x"]),
        ("| a | b |\n|---|---|\n| 1 | two |", ["a │ b", "──┼────", "1 │ two"]),
    ],
)
def test_how_it_looks(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_a_step_says_what_it_is_and_what_it_does() -> None:
    assert lines("```bash {name=queue-length on=kubernetes}\nls\n```", 80) == [
        "┌ queue-length · kubernetes · bash · read only",
        "│ ls",
    ]
    assert "▲ changes the platform" in lines("## Resolution\n```bash {name=x}\nls\n```", 80)[3]
    assert "■ DANGER" in lines("```bash {name=x risk=danger}\nls\n```", 80)[0]
    assert "healthy <= 50" in lines('```promql {name=x healthy="<= 50"}\nup\n```', 80)[0]


def test_variants_of_another_platform_fold_to_one_line() -> None:
    text = "```bash {name=a on=kubernetes}\nk\n```\n\n```bash {name=a on=compose}\nc\n```\n"
    shown = lines(text, 80, "compose")
    assert "│ k" in shown
    assert "│ c" not in shown
    assert any("not the platform of this profile" in line for line in shown)
    assert [item.text for part in drawn(text, 80, "compose") for item in part.items] == ["k"]


def test_a_long_line_of_code_goes_on_behind_a_mark_and_is_copied_whole() -> None:
    code = "kubectl get pods --selector app=celery-worker --output wide"
    shown = lines(f"```bash {{name=a}}\n{code}\n```", 30)
    assert shown[1:] == ["│ kubectl get pods --selector", "│ ↪ app=celery-worker", "│ ↪ --output wide"]
    assert drawn(f"```bash\n{code}\n```", 30)[0].items[0].text == code


def test_a_table_too_wide_for_columns_is_stacked() -> None:
    row = " | ".join(f"value {number} of this row" for number in range(6))
    shown = lines(f"| {' | '.join('abcdef')} |\n{'|---' * 6}|\n| {row} |", 40)
    assert shown[0] == "a: value 0 of this row"
    assert shown[-1] == "f: value 5 of this row"


def test_cells_of_a_table_fold() -> None:
    assert lines("| a | meaning |\n|---|---|\n| x | some words that are long |", 20) == [
        "a │ meaning",
        "──┼─────────────────",
        "x │ some words that",
        "  │ are long",
    ]


def test_links_and_styles_are_known_by_their_runs() -> None:
    (part,) = drawn("see [the *guide*](b.md#x) and `code`")
    assert [(item.kind, item.label, item.text, item.line) for item in part.items] == [
        ("link", "the guide", "b.md#x", 0)
    ]
    found = styles("see [the *guide*](b.md#x) and **bold `code`**")
    assert found["guide"] == "link em"
    assert found["code"] == "strong code"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), MARKDOWNISH), st.integers(1, 90), st.sampled_from([None, "compose"]))
def test_any_text_is_drawn_harmless_and_within_its_width(text: str, width: int, hide: Mode | None) -> None:
    for part in drawn(text, width, hide):
        for line in part.lines:
            shown = "".join(run.text for run in line.runs)
            assert not any(unicodedata.category(char) == "Cc" for char in shown), shown
            assert width < 40 or cells(shown) <= width or shown.startswith(" ") or "▌ " in shown or "• " in shown, shown
        for item in part.items:
            assert 0 <= item.line < len(part.lines)
        for block in part.blocks:
            for row in block.rows:
                assert 0 <= row.line < len(part.lines)
                assert 0 <= row.begin <= row.end <= len(block.text)


# ── Folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(st.sampled_from("ab \n数́-"), max_size=60), st.integers(2, 20))
def test_folding_loses_only_white_space(text: str, width: int) -> None:
    pieces = [text[begin:end] for begin, end in fold(text, width)]
    assert all(cells(piece) <= width for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(max_size=60), st.integers(2, 20))
def test_chopping_loses_nothing(text: str, width: int) -> None:
    assert "".join(text[begin:end] for begin, end in chop_words(text, width)) == text


@given(st.lists(st.text(max_size=8), max_size=6), st.integers(2, 12))
def test_cutting_runs_is_cutting_their_text(texts: list[str], width: int) -> None:
    runs = [Run(text, str(number)) for number, text in enumerate(texts)]
    whole = "".join(texts)
    folds = fold(whole, width)
    assert ["".join(run.text for run in line) for line in cut(runs, folds)] == [whole[a:b] for a, b in folds]


def test_narrow_columns_get_what_they_want() -> None:
    assert share([3, 50, 5], 40) == [3, 32, 5]
    assert share([3, 5], 40) == [3, 5]
    assert share([10, 10, 10], 3) == [1, 1, 1]


# ── A page of lines ──────────────────────────────────────────────────────────────────────────────────────────────────

LONG = "# Long\n\n" + "".join(
    f"## Section {number}\n\nSome words of section {number} that fold differently at another width, [a link](#x).\n\n"
    f"```bash {{name=step-{number}}}\necho needle {number}\n```\n\n"
    for number in range(40)
)


def page(width: int = 60) -> PageLines:
    runbook, tokens = read(LONG)
    lines = PageLines(runbook, tokens)
    lines.set_width(width)
    return lines


def test_only_what_is_looked_at_is_drawn() -> None:
    lines = page()
    lines.draw_from(lines.place_of_line(LONG[: LONG.index("## Section 20")].count("\n") + 1), 10)
    assert not lines.complete
    assert lines.undrawn(0, 10)
    top = lines.y_of(lines.place_of_line(LONG[: LONG.index("## Section 20")].count("\n") + 1))
    assert not lines.undrawn(top, 10)
    assert "".join(run.text for run in lines.line(top).runs) == "Section 20"


@pytest.mark.parametrize("width", [20, 33, 100])
def test_the_top_line_stays_when_the_width_changes(width: int) -> None:
    lines = page()
    lines.draw_all()
    for y in range(0, lines.height, 7):
        before = "".join(run.text for run in lines.line(y).runs).split()
        place = lines.place(y)
        lines.set_width(width)
        lines.draw_all()
        after = "".join(run.text for run in lines.line(lines.y_of(place)).runs).split()
        assert not before or before[0] in after or set("".join(before)) & set("─━┌│"), (before, after)
        lines.set_width(60)
        lines.draw_all()
        assert lines.y_of(lines.place(y)) == y


def test_stops_and_hits_know_their_line() -> None:
    lines = page()
    stops = lines.stops()
    assert [stop.item.kind for stop in stops[:4]] == ["link", "step", "link", "step"]
    for stop in stops:
        shown = "".join(run.text for run in lines.line(stop.y).runs)
        assert ("a link" if stop.item.kind == "link" else stop.item.label) in shown or "a" in shown
    hits = lines.find("NEEDLE   1")
    assert len(hits) == 11
    for hit in hits:
        (found,) = hit
        assert "".join(run.text for run in lines.line(found.y).runs)[found.begin : found.end] == "needle 1"


def test_a_hit_may_run_over_a_fold() -> None:
    lines = page(20)
    (first, *_) = lines.find("fold differently at another")
    assert len(first) > 1
    text = " ".join("".join(run.text for run in lines.line(at.y).runs)[at.begin : at.end] for at in first)
    assert text == "fold differently at another"


def test_nothing_is_found_for_nothing() -> None:
    assert page().find(" ") == []
    assert page().find("a.l") == []
