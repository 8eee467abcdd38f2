"""The exported timeline: well-formed whatever the journal holds, and it says what is not in it."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.doubles import NOW
from tui.core import timeline
from tui.model.journal import Entry, Intent, Note, Outcome, Reading

HOSTILE = (
    "# x [a](javascript:b) ![i](u) <script> &lt; `c` **b** _i_ ~~s~~ | t | \n## y\n```\nz\n- l\n1. n\n> q\n---\n<!-- c"
)


def action(text: str, at: float = NOW, *, done: bool = True) -> Entry:
    intent = Intent(
        id="1", at=at, who=text, profile=text, platform=text, verb=text, target=text, notices=text, command=text
    )
    return Entry(at=at, intent=intent, outcome=Outcome(id="1", at=at, state="ok", message=text) if done else None)


def note(text: str, at: float = NOW) -> Entry:
    return Entry(at=at, note=Note(at=at, who=text, text=text, context=text))


def tokens(reading: Reading) -> list[Token]:
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(timeline.markdown(reading, NOW))
    return [inner for token in parsed for inner in (token.children or [token])]


def types(text: str) -> list[str]:
    """The markup of a timeline, texts aside."""
    found = tokens(Reading(entries=(action(text), action(text, done=False), note(text))))
    return [token.type for token in found if token.type != "text"]


def test_hostile_text_stays_text() -> None:
    assert types(HOSTILE) == types("plain")
    words = " ".join(HOSTILE.split())
    shown = "".join(token.content for token in tokens(Reading(entries=(note(HOSTILE),))) if token.type == "text")
    assert shown.count(words) == 3


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: text.split() != []))
def test_no_text_makes_markup(text: str) -> None:
    assert types(f"x{text}x") == types("plain")
    code = [token.content for token in tokens(Reading(entries=(action(f"x{text}x"),))) if token.type == "code_inline"]
    assert code == [" ".join(f"x{text}x".split()).replace("\0", "\ufffd")]


def test_days_times_notes_and_outcomes() -> None:
    day = 86_400
    reading = Reading(
        entries=(
            action("restart", NOW),
            note("quiet again", NOW + day),
            Entry(
                at=NOW + 60,
                intent=Intent(
                    id="2", at=NOW, who="ada", profile="staging", platform="", verb="undo", target="deployment/x"
                ),
                outcome=Outcome(id="2", at=NOW, state="failed", message="paused\nhint: resume it", took_s=1.25),
            ),
            action("scale", NOW + 120, done=False),
        ),
        torn=1,
    )
    text = timeline.markdown(reading, NOW + 3_600)
    assert re.findall(r"^#+ .*", text, re.MULTILINE) == ["# Operations journal", "## 2026-11-23", "## 2026-11-24"]
    assert "2026-11-23 14:03:22 to 2026-11-24 14:03:22 UTC: 3 actions (1 failed, 1 unknown), 1 note." in text
    assert "**Not shown:** 1 line is cut short by a crash, or not the journal's." in text
    assert "- **14:04:22** ■ **failed** undo deployment/x, by ada on staging\n" in text
    assert "  - outcome after 1.2 s: paused hint: resume it\n" in text
    assert "  - outcome: unknown: the program ended before it was known" in text
    assert text.index("14:05:22") < text.index("## 2026-11-24") < text.index("quiet again")


def test_an_empty_journal_and_a_time_that_no_calendar_has() -> None:
    assert timeline.markdown(Reading(), NOW) == "# Operations journal\n\nNo entries.\n"
    assert "no readable time" in timeline.markdown(Reading(entries=(note("x", 1e300), note("y", NOW))), NOW)


def test_json_has_every_entry_with_its_state_and_time() -> None:
    reading = Reading(entries=(action("a"), action("b", done=False), note("c")), cut=10)
    found = json.loads(timeline.json(reading, NOW))
    assert [entry["state"] for entry in found["entries"]] == ["ok", "unknown", "note"]
    assert {entry["time"] for entry in found["entries"]} == {"2026-11-23T14:03:22Z"}
    assert found["entries"][0]["intent"]["target"] == "a"
    assert found["entries"][2]["note"]["text"] == "c"
    assert found["not_shown"] == ["10 bytes of older lines are not shown"]


def test_since() -> None:
    reading = Reading(entries=(note("a", NOW - 10), note("b", NOW)), torn=2)
    assert timeline.since(reading, None) is reading
    assert [entry.title for entry in timeline.since(reading, NOW - 5).entries] == ["b"]
    assert timeline.since(reading, NOW - 5).torn == 2
