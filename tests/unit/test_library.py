"""Finding, listing, searching and reading runbooks, on real folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.library import Library
from tui.core.search import Index, words
from tui.model.errors import SourceError
from tui.model.header import Header, outline

QUEUE = """# High Queue Depth

**Last Updated:** 2026-11-23
**Keywords:** backlog, congestion
**Related Alerts:** QueueDepthHigh
**When to Use:** jobs wait in the queue and no alert has fired.

## Diagnosis

### Celery prefetch

Count what `unacked` holds before anything else.

## Resolution

Scale out.
"""

WORKERS = """# Worker Failures

**Keywords:** crash, OOMKilled
**Related Alerts:** WorkerDown
**When to Use:** workers crash or restart.

## Diagnosis

The queue grows meanwhile; mind the backlog.
"""

DATABASE = """# Database Connection Issues

**Keywords:** postgres, pool
**When to Use:** workers cannot reach the database.

## Lock identification
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("queue.md", QUEUE), ("workers.md", WORKERS), ("ops/database.md", DATABASE)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def library(folder: Path) -> Library:
    return scanned(folder)


def scanned(*folders: Path) -> Library:
    library = Library(folders)
    library.scan()
    return library


def names(library: Library, query: str) -> list[str]:
    return [hit.entry.name for hit in library.search(query)]


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lists_markdown_below_the_folder_files_before_folders(library: Library) -> None:
    assert [entry.path for entry in library.entries] == ["queue.md", "workers.md", "ops/database.md"]
    assert library.entries[0].title == "High Queue Depth"
    assert library.complete
    assert library.problems == ()


def test_skips_what_is_hidden_vendored_or_no_markdown(folder: Path) -> None:
    for name in (".git/a.md", "node_modules/b.md", ".hidden.md", "c.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("# no")
    assert len(scanned(folder).entries) == 3


def test_follows_links_but_never_in_a_circle(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "linked.md").write_text("# Linked")
    (folder / "elsewhere").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder)
    (folder / "self").symlink_to(folder)
    titles = [entry.title for entry in scanned(folder).entries]
    assert sorted(titles) == ["Database Connection Issues", "High Queue Depth", "Linked", "Worker Failures"]


def test_a_pipe_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    assert len(scanned(folder).entries) == 3


def test_a_missing_and_an_empty_folder_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    library = scanned(tmp_path / "gone", tmp_path / "empty")
    assert library.entries == ()
    gone, empty = library.problems
    assert gone.place == str(tmp_path / "gone")
    assert gone.why == "No such file or directory"
    assert "--runbooks" in gone.hint
    assert empty.place == str(tmp_path / "empty")
    assert "no runbook" in empty.why


def test_an_unreadable_file_is_listed_with_the_reason(folder: Path) -> None:
    (folder / "dead.md").symlink_to(folder / "nowhere")
    library = scanned(folder)
    dead = library.entries[0]
    assert (dead.title, dead.error) == ("dead.md", "No such file or directory")
    with pytest.raises(SourceError, match=r"runbook dead\.md: No such file or directory\nhint: "):
        library.read(dead)


def test_a_folder_named_twice_is_listed_once(folder: Path) -> None:
    assert len(scanned(folder, folder).entries) == 3


def test_foreign_text_in_names_and_titles_is_harmless(folder: Path) -> None:
    (folder / "a\x1b[2J.md").write_text("# bad \x1b]52;c;x\x07 title\n")
    entry = scanned(folder).entries[0]
    assert entry.shown == "a␛[2J.md"
    assert "\x1b" not in entry.title


def test_a_scan_stops_when_asked(folder: Path) -> None:
    library = Library([folder])
    library.scan(stopped=lambda: True)
    assert not library.complete


def test_titles_are_published_before_texts_are_read(folder: Path) -> None:
    library = Library([folder])
    seen: list[tuple[int, bool]] = []
    unwatch = library.watch(lambda: seen.append((len(library.entries), library.complete)))
    library.scan()
    assert seen == [(3, False), (3, True)]
    unwatch()
    library.scan()
    assert len(seen) == 2


def test_a_later_scan_shows_the_old_list_until_the_new_one_can_be_searched(library: Library, folder: Path) -> None:
    (folder / "new.md").write_text("# New\n\nwalrus\n")
    seen: list[tuple[int, list[str]]] = []
    library.watch(lambda: seen.append((len(library.entries), names(library, "walrus"))))
    library.scan()
    assert seen == [(4, ["new"])]


# ── Searching ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("queue", "queue"),
        ("worker", "workers"),
        ("WORKER failures", "workers"),
        ("backlog", "queue"),
        ("QueueDepthHigh", "queue"),
        ("workerdown", "workers"),
        ("oom", "workers"),
        ("dtabase", "ops/database"),
        ("conection", "ops/database"),
        ("postgers", "ops/database"),
        ("prefetch", "queue"),
        ("unacked", "queue"),
        ("lock ident", "ops/database"),
        ("database workers", "ops/database"),
    ],
)
def test_search_finds(library: Library, query: str, first: str) -> None:
    assert names(library, query)[0] == first


def test_fields_rank_in_their_order(tmp_path: Path) -> None:
    header = "# {}\n\n**Keywords:** {}\n**Related Alerts:** {}\n**When to Use:** {}\n\n## {}\n\n{}\n"
    word = "zebra"
    for place in range(6):
        fields = ["x"] * 6
        fields[place] = word
        (tmp_path / f"{9 - place}.md").write_text(header.format(*fields))
    found = scanned(tmp_path).search(word)
    assert [hit.field for hit in found] == ["title", "keywords", "alerts", "when", "heading", "text"]


def test_every_word_must_be_found(library: Library) -> None:
    assert names(library, "queue zeppelin") == []
    assert names(library, "queue meanwhile") == ["workers"]


def test_nothing_asked_nothing_found(library: Library) -> None:
    assert library.search("") == library.search(" .,") == []


def test_hits_say_where_they_matched(library: Library) -> None:
    (hit,) = library.search("unacked")
    excerpt = library.excerpt(hit, "unacked")
    assert hit.field == "text"
    assert excerpt.section is not None
    assert excerpt.section.slug == "celery-prefetch"
    assert excerpt.text == "Count what unacked holds before anything else."
    (hit,) = library.search("identificaton")
    excerpt = library.excerpt(hit, "identificaton")
    assert excerpt.section is not None
    assert excerpt.section.slug == "lock-identification"


def test_typing_on_gives_what_asking_at_once_gives(library: Library, folder: Path) -> None:
    for query in ("meanwhile", "unacked", "backlog mind", "holds befo"):
        fresh = scanned(folder)
        for end in range(1, len(query) + 1):
            assert names(library, query[:end]) == names(fresh, query[:end])
            fresh = scanned(folder)


def test_a_rescan_reads_what_changed(library: Library, folder: Path) -> None:
    (folder / "queue.md").write_text("# Renamed\n\nwalrus\n")
    (folder / "new.md").write_text("# New\n")
    (folder / "workers.md").unlink()
    library.scan()
    assert [entry.title for entry in library.entries] == ["New", "Renamed", "Database Connection Issues"]
    assert names(library, "walrus") == ["queue"]
    assert names(library, "unacked") == []


def test_reading_sees_the_file_as_it_is_now(library: Library, folder: Path) -> None:
    entry = library.entries[0]
    before = library.read(entry)
    assert library.read(entry) is before
    (folder / "queue.md").write_text("# Changed on disk\n")
    assert library.read(entry).runbook.title == "Changed on disk"


def test_suggestions_for_a_name_nobody_has(library: Library) -> None:
    assert library.suggest("databse-conection")[0].name == "ops/database"
    assert library.suggest("zzzz") == []


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
ROWS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6)


@given(ROWS, TEXT)
def test_any_query_on_any_text_answers(rows: list[tuple[str, str]], query: str) -> None:
    index = filled(rows)
    for match in index.search(query):
        assert 0 <= match.row < len(rows)
        assert match.score > 0


@given(ROWS, st.data())
def test_a_word_of_a_title_finds_it(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    index = filled(rows)
    for word in words(rows[row][0]):
        assert row in [match.row for match in index.search(word)]


def filled(rows: list[tuple[str, str]]) -> Index:
    index = Index()
    for title, text in rows:
        row = index.add(title, Header())
        index.add_text(row, outline(text, "").headings, text)
    index.complete = True
    return index
