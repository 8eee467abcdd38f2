"""The journal file: what is in it, who may read it, what survives, and what is read where anybody has written."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles import NOW
from tui.core import journal as core
from tui.core.journal import Journal, default_path, os_user
from tui.model.errors import SourceError
from tui.model.journal import LOST_INTENT, NOT_KNOWN, RUNNING, Intent, Note, Outcome, Record, entries, utc

RESTART = Intent(
    id="",
    at=NOW,
    who="ada",
    profile="staging",
    platform="kubernetes",
    verb="restart",
    target="deployment/celery-worker",
    command="kubectl rollout restart deployment/celery-worker",
)


_NOBODY = 65534


def intent(number: int = 1, **changes: str) -> Intent:
    return msgspec.structs.replace(RESTART, id=f"i{number}", at=NOW + number, **changes)


def outcome(number: int = 1) -> Outcome:
    return Outcome(id=f"i{number}", at=NOW + number + 0.5, state="ok", message="restarted", took_s=0.5)


@pytest.fixture(name="journal")
def _journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state" / "ops-center" / "journal.jsonl")


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_is_one_line_of_json_that_only_its_owner_may_read(journal: Journal) -> None:
    before = os.umask(0)
    try:
        journal.append(intent())
    finally:
        os.umask(before)
    (line,) = journal.path.read_text().splitlines()
    assert json.loads(line)["record"] == "intent"
    assert json.loads(line)["v"] == 1
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_a_file_and_folder_open_to_others_are_closed(journal: Journal) -> None:
    journal.path.parent.mkdir(parents=True)
    journal.path.touch()
    journal.path.parent.chmod(0o755)
    journal.path.chmod(0o644)
    journal.append(intent())
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_what_is_written_is_read_in_order(journal: Journal) -> None:
    note = journal.note("looks better", context="Overview", at=NOW + 1.2)
    for record in (intent(1), outcome(1), intent(2)):
        journal.append(record)
    first, second, third = journal.read().entries
    assert (first.note, second.intent, second.outcome) == (note, intent(1), outcome(1))
    assert (third.intent, third.outcome) == (intent(2), None)
    assert note.who == os_user()


def test_file_and_folders_are_made_durable_and_every_record_is(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    journal.append(intent(1))
    assert synced == ["ops-center", "state", "journal.jsonl"]
    journal.append(outcome(1))
    assert synced[3:] == ["journal.jsonl"]


def test_no_secret_gets_into_the_file(journal: Journal) -> None:
    value = "p4ss/w&rd — 9"
    hostile = intent(
        target=f"deployment/{value}", argument=value, notices=f"users see {value}", command=f"psql password={value}"
    )
    journal.append(hostile, secrets=[value])
    journal.append(Outcome(id="i1", at=NOW, state="failed", message="x" * 3_998 + value), secrets=[value])
    journal.append(Note(at=NOW, who="ada", text="use --token abcdefgh and API_KEY=abcdefgh"))
    data = journal.path.read_text()
    assert "p4ss" not in data
    assert "abcdefgh" not in data


def test_texts_are_made_harmless_and_bounded(journal: Journal) -> None:
    written = journal.append(intent(target="a\x1b]52;c;x\x07\nb\u202e", command="first\nsecond\x9b", who="w" * 9_999))
    assert written.target == "a␛]52;c;x␇ b‹U+202E›"
    assert written.command == "first\nsecond‹9B›"
    assert len(written.who) == 300
    journal.append(Note(at=NOW, who="ada", text="n" * 1_000_000))
    assert journal.path.stat().st_size < 10_000


def test_the_next_record_after_a_torn_one_begins_on_a_line_of_its_own(journal: Journal) -> None:
    journal.append(intent(1))
    journal.append(outcome(1))
    whole = journal.path.read_bytes()
    for length in range(len(whole)):
        journal.path.write_bytes(whole[:length])
        journal.append(intent(2))
        reading = journal.read()
        kept = whole[:length].count(b"\n") + (whole[length : length + 1] == b"\n")
        assert reading.entries[-1].intent == intent(2)
        assert reading.torn == (1 if length and whole[length - 1 : length + 1].count(b"\n") == 0 else 0)
        assert len(reading.entries) == 1 + (kept >= 1)
        assert kept < 2 or reading.entries[0].outcome == outcome(1)


@pytest.mark.parametrize("where", ["folder", "file"])
def test_an_unwritable_place_is_said_with_what_to_try(journal: Journal, where: str) -> None:
    if where == "folder":
        journal.path.parent.parent.mkdir()
        journal.path.parent.touch()
    else:
        journal.path.mkdir(parents=True)
    with pytest.raises(SourceError) as caught:
        journal.append(intent())
    assert str(journal.path) in caught.value.what
    assert "XDG_STATE_HOME" in caught.value.hint


@pytest.fixture(name="read_only_folder")
def _read_only_folder() -> Iterator[Path]:
    """A folder that this process may not write; root may write everything, so it is somebody else meanwhile."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if root:
            os.chown(folder, _NOBODY, -1)
            os.seteuid(_NOBODY)
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        if root:
            os.seteuid(0)


def test_a_read_only_folder_is_said(read_only_folder: Path) -> None:
    with pytest.raises(SourceError, match="Permission denied"):
        Journal(read_only_folder / "journal.jsonl").append(intent())
    with pytest.raises(SourceError, match="Permission denied"):
        Journal(read_only_folder / "ops-center" / "journal.jsonl").append(intent())


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = tmp_path / "journal.jsonl"
    full.symlink_to("/dev/full")
    with pytest.raises(SourceError, match="No space left"):
        Journal(full).append(intent())


@contextlib.contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, not even the one pytest reports to: so only for as long as it takes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_record_that_does_not_fit_whole_is_taken_back(journal: Journal) -> None:
    written = 0
    with small_files(700), pytest.raises(SourceError, match="File too large"):  # noqa: PT012 - which one fails is the point
        for number in range(10):
            journal.append(intent(number))
            written = number + 1
    assert 0 < written < 10
    reading = journal.read()
    assert (len(reading.entries), reading.torn) == (written, 0)
    assert journal.path.stat().st_size < 700


def test_a_writer_that_holds_the_lock_for_ever_is_given_up_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "_LOCK_WAIT_S", 0.05)
    journal.append(intent(1))
    with journal.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SourceError, match="another program has held the journal"):
            journal.append(intent(2))
    journal.append(intent(3))
    assert len(journal.read().entries) == 2


def test_many_processes_write_at_once_and_nothing_is_mixed_up(journal: Journal) -> None:
    code = (
        "import sys; from pathlib import Path; from tui.core.journal import Journal; j = Journal(Path(sys.argv[1]))\n"
        "for n in range(60): j.note(f'{sys.argv[2]} {n} ' + 'x' * (n * 50), context='', at=float(n))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(journal.path), str(who)]) for who in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    reading = journal.read()
    said = [entry.title.split()[:2] for entry in reading.entries]
    assert reading.torn == 0
    for who in range(4):
        assert [number for writer, number in said if writer == str(who)] == [str(n) for n in range(60)]


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_journal_that_was_never_written_is_empty_and_not_made_by_reading(journal: Journal) -> None:
    assert journal.read().entries == ()
    assert journal.stamp() == (0, 0)
    assert not journal.path.parent.exists()


def test_an_unreadable_journal_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"read .*directory"):
        Journal(tmp_path).read()


def test_reading_is_bounded_and_says_what_is_left_out(journal: Journal) -> None:
    for number in range(100):
        journal.append(intent(number))
    size = journal.path.stat().st_size
    reading = journal.read(limit=size // 4)
    assert reading.entries[-1].intent == intent(99)
    assert 20 <= len(reading.entries) <= 25
    assert reading.torn == 0
    assert (
        reading.cut
        + sum(len(line) for line in journal.path.read_bytes().splitlines(keepends=True)[-len(reading.entries) :])
        == size
    )
    assert "not shown" in reading.remarks[0]
    assert len(journal.read(limit=None).entries) == len(journal.read(limit=size).entries) == 100


def test_a_line_of_a_hundred_megabytes_is_one_torn_line(journal: Journal) -> None:
    journal.append(intent(1))
    with journal.path.open("r+b") as stream:  # sparse: NULs, as a power failure leaves them
        stream.truncate(100_000_000)
    journal.append(intent(2))
    reading = journal.read(limit=None)
    assert [entry.intent for entry in reading.entries] == [intent(1), intent(2)]
    assert reading.torn == 1
    assert [entry.intent for entry in journal.read().entries] == [intent(2)]


def test_what_a_newer_version_wrote_is_left_alone_and_counted(journal: Journal) -> None:
    journal.append(intent(1))
    with journal.path.open("a") as stream:
        stream.write('{"record":"approval","v":2,"by":"grace"}\n{"record":"intent","v":7}\n')
    reading = journal.read()
    assert (len(reading.entries), reading.newer, reading.torn) == (1, 2, 0)
    assert reading.remarks == ("2 lines are written by a newer version of this program",)


LINES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b'{"record":"intent"',
            b'{"record":"note","at":1e400,"who":"a","text":"b"}',
            b'{"record":"note","at":1e300,"who":"\\u001b[2J","text":"b"}',
            b'{"record":"note","at":-1e17,"who":"a","text":"[/x]"}',
            b'{"record":"note","at":1,"who":"a","text":"\\ud800"}',
            b'{"record":"note","at":1,"who":"a","text":"\xff"}',
            b'{"record":"note","v":1' + b"0" * 400 + b"}",
            b'{"record":"note","x":' + b"[" * 100_000,
            b'{"record":"outcome","id":"zz","at":3,"state":"ok"}',
            b'{"record":"outcome","id":"zz","at":3,"state":"??"}',
            b"null",
            b"[]",
            b'{"v":-1}',
        ]
    ),
)


@settings(deadline=None)
@given(lines=st.lists(LINES, max_size=12), where=st.integers(0, 12))
def test_reading_never_raises_and_never_loses_a_neighbour(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], where: int
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal") / "journal.jsonl")
    journal.path.write_bytes(b"\n".join(lines[:where]))
    journal.append(intent(1))
    with journal.path.open("ab") as stream:
        stream.write(b"\n".join(lines[where:]))
    journal.append(outcome(1))
    ours = [entry for entry in journal.read(limit=None).entries if entry.intent is not None]
    assert [(entry.intent, entry.outcome) for entry in ours if entry.intent == intent(1)] == [(intent(1), outcome(1))]
    for entry in journal.read(limit=None).entries:
        assert "\x1b" not in entry.title + entry.said(NOW)
        assert utc(entry.at)


def test_an_intent_without_outcome_runs_while_its_process_does_and_then_nobody_knows(journal: Journal) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        journal.append(msgspec.structs.replace(intent(0), pid=process.pid))
        (entry,) = journal.read().entries
        assert (entry.state(NOW + 5), entry.said(NOW + 5)) == ("running", RUNNING)
        assert entry.state(NOW + 3_600) == "unknown"
        assert entry.state(NOW - 300) == "unknown"
        process.kill()
    (entry,) = journal.read().entries
    assert (entry.state(NOW + 5), entry.said(NOW + 5)) == ("unknown", NOT_KNOWN)


@pytest.mark.parametrize("pid", [0, -1, 2**31, 2**63 - 1])
def test_a_process_that_cannot_be_does_not_run(journal: Journal, pid: int) -> None:
    journal.append(msgspec.structs.replace(intent(0), pid=pid))
    (entry,) = journal.read().entries
    assert entry.state(NOW) == "unknown"


def test_an_outcome_whose_intent_is_lost_is_still_an_entry() -> None:
    records: list[Record] = [outcome(1), intent(2), outcome(2), outcome(2)]
    first, second, third = entries(records, lambda _pid: True)
    assert (first.title, first.state(NOW)) == (LOST_INTENT, "ok")
    assert second.outcome == outcome(2)
    assert third.intent is None


def test_the_default_place_is_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path({"XDG_STATE_HOME": "/var/x"}) == Path("/var/x/ops-center/journal.jsonl")
    assert default_path({"XDG_STATE_HOME": "relative"}) == tmp_path / ".local/state/ops-center/journal.jsonl"
    assert default_path({}, demo=True).name == "journal-demo.jsonl"
