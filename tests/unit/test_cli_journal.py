"""`ops-center journal`, as a script sees it."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ui.journal_host import night
from tui.cli.journal import journal
from tui.core.journal import Journal


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "ops-center" / "journal.jsonl"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(journal, list(arguments))


def test_show_prints_a_line_an_entry(path: Path) -> None:
    night(path)
    done = run("show")
    assert done.exit_code == 0
    first, *_, last = done.stdout.splitlines()
    assert first == "2026-11-22 13:03:22  ● ok       ada  scale deployment/celery-worker 4  scaled to 4"
    assert last.startswith("2026-11-23 14:03:10  ")
    assert len(done.stdout.splitlines()) == 7
    assert "\x1b" not in done.stdout


def test_show_of_nothing_is_no_error(path: Path) -> None:
    done = run("show")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no entries\n")
    assert not path.exists()


def test_what_is_torn_is_said_beside(path: Path) -> None:
    night(path)
    with path.open("ab") as stream:
        stream.write(b'{"record":')
    done = run("show", "--json")
    assert done.stderr == "note: 1 line is cut short by a crash, or not the journal's\n"
    assert len(json.loads(done.stdout)["entries"]) == 7


@pytest.mark.parametrize(
    ("since", "count"),
    [("2026-11-23", 5), ("2026-11-23T13:00", 3), ("2026-11-23T13:00:00+00:00", 3), ("2026-11-24", 0)],
)
def test_since_a_time(path: Path, since: str, count: int) -> None:
    night(path)
    assert len(run("show", "--since", since).stdout.splitlines()) == count


@pytest.mark.parametrize(("since", "count"), [("90s", 1), ("10m", 2), ("2h", 3), ("1w", 4)])
def test_since_a_span(path: Path, since: str, count: int) -> None:
    now = time.time()
    for ago in (300_000, 5_000, 300, 10):
        Journal(path).note(f"{ago}", context="", at=now - ago)
    assert len(run("show", "--since", since).stdout.splitlines()) == count


@pytest.mark.parametrize("since", ["yesterday", "", "5", "2026-13-01", "9999999999d", "-5m"])
def test_a_since_that_is_none_is_wrong_usage(path: Path, since: str) -> None:
    done = run("show", "--since", since)
    assert done.exit_code == 2
    assert "hint: 30m, 2h, 7d" in done.stderr
    assert not path.exists()


def test_export_writes_markdown_or_json_to_a_new_file_of_its_owner_s(path: Path, tmp_path: Path) -> None:
    night(path)
    assert run("export").stdout.startswith("# Operations journal\n")
    assert len(json.loads(run("export", "--format", "json").stdout)["entries"]) == 7
    file = tmp_path / "out.md"
    done = run("export", "--since", "2026-11-23", str(file))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{file}\n")
    assert file.read_text().count("\n- **") == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run("export", str(file))
    assert again.exit_code == 2
    assert "hint: name a file that does not exist yet" in again.stderr


def test_a_note_is_kept(path: Path) -> None:
    before = time.time()
    assert run("note", "called", "the database team").exit_code == 0
    (entry,) = Journal(path).read().entries
    assert entry.note is not None
    assert (entry.note.text, entry.note.context) == ("called the database team", "command line")
    assert before <= entry.note.at <= time.time()


def test_an_empty_note_is_wrong_usage(path: Path) -> None:
    done = run("note", " ")
    assert done.exit_code == 2
    assert "hint: " in done.stderr
    assert not path.exists()


@pytest.mark.parametrize("arguments", [("show",), ("export",), ("note", "x")])
def test_a_journal_that_cannot_be_used_is_said(path: Path, arguments: tuple[str, ...]) -> None:
    path.mkdir(parents=True)
    done = run(*arguments)
    assert done.exit_code == 2
    assert str(path) in done.stderr
    assert "hint: " in done.stderr
